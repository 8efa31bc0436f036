//! Credentials as users manage them: secrets go in, and never come back.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use utoipa::ToSchema;
use vigie_domain::devices::{AuthProtocol, Credential, CredentialKind, Device, PrivacyProtocol};
use vigie_domain::query::ListQuery;
use vigie_domain::store::Read;
use vigie_domain::{Error, Id, Permission, Result, Scope, Sealed, Secret};

use crate::devices::env::CREDENTIAL_PURPOSE;
use crate::resources::{Draft, Resource, touched, write_only};

/// Writable fields of a credential. Secrets are write-only: one left out of a change stays as it is.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "campus v2c", "kind": "snmp_v2c", "community": "a-community"}))]
pub struct CredentialInput {
    /// Name; unique.
    #[schema(format = "name", max_length = 100)]
    pub name: String,
    /// What it is.
    #[schema(value_type = String, example = "snmp_v2c", pattern = "^(snmp_v1|snmp_v2c|snmp_v3)$")]
    pub kind: CredentialKind,
    /// Community of v1 and v2c. Write-only.
    #[serde(default, skip_serializing_if = "write_only")]
    #[schema(write_only, min_length = 1, max_length = 255, example = "a-community")]
    pub community: Option<String>,
    /// User of v3.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 32)]
    pub username: Option<String>,
    /// Authentication protocol of v3.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "sha256", pattern = "^(md5|sha1|sha224|sha256|sha384|sha512)$")]
    pub auth_protocol: Option<AuthProtocol>,
    /// Authentication passphrase of v3, 8 characters or more (RFC 3414, section 11.2). Write-only.
    #[serde(default, skip_serializing_if = "write_only")]
    #[schema(write_only, min_length = 8, max_length = 1024)]
    pub auth_secret: Option<String>,
    /// Privacy protocol of v3.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "aes128", pattern = "^(des|aes128|aes192|aes256|aes192c|aes256c)$")]
    pub privacy_protocol: Option<PrivacyProtocol>,
    /// Privacy passphrase of v3, 8 characters or more. Write-only.
    #[serde(default, skip_serializing_if = "write_only")]
    #[schema(write_only, min_length = 8, max_length = 1024)]
    pub privacy_secret: Option<String>,
    /// Context of v3.
    #[serde(default)]
    #[schema(max_length = 255)]
    pub context: Option<String>,
    /// Notes.
    #[serde(default)]
    #[schema(format = "note", max_length = 2000)]
    pub description: Option<String>,
}

#[async_trait]
impl Resource for Credential {
    const PATH: &'static str = "credentials";
    const READ: Permission = Permission::new("credentials", "read");
    const WRITE: Permission = Permission::new("credentials", "write");
    const GUARDED: bool = true;

    type Input = CredentialInput;

    fn label(&self) -> String {
        self.name.clone()
    }

    fn input(&self) -> CredentialInput {
        CredentialInput {
            name: self.name.clone(),
            kind: self.kind,
            community: None,
            username: self.username.clone(),
            auth_protocol: self.auth_protocol,
            auth_secret: None,
            privacy_protocol: self.privacy_protocol,
            privacy_secret: None,
            context: self.context.clone(),
            description: self.description.clone(),
        }
    }

    fn audit(&self) -> Json {
        let mut shown = serde_json::to_value(self.input()).unwrap_or(Json::Null);
        // a changed secret shows as a changed mark, never as itself
        shown["secrets"] = json!([&self.community, &self.auth_secret, &self.privacy_secret].map(|s| s.as_ref().map(|_| self.version)));
        shown
    }

    async fn build(current: Option<&Self>, input: CredentialInput, draft: &mut Draft<'_, '_>) -> Result<Self> {
        let name = draft.text("name", &input.name, 100);
        let description = draft.note("description", input.description.clone(), 2_000);
        let kept = current.filter(|c| c.kind == input.kind);
        match input.kind {
            CredentialKind::SnmpV1 | CredentialKind::SnmpV2c => check_community(kept, &input, draft),
            CredentialKind::SnmpV3 => check_v3(kept, &input, draft),
        }
        draft.finish()?;
        let v3 = input.kind == CredentialKind::SnmpV3;
        let now = draft.now();
        let entity = Self {
            id: current.map_or_else(Id::new, |c| c.id),
            version: current.map_or(1, |c| c.version),
            name,
            kind: input.kind,
            username: input.username.filter(|_| v3),
            auth_protocol: input.auth_protocol.filter(|_| v3),
            privacy_protocol: input.privacy_protocol.filter(|_| v3),
            context: input.context.filter(|c| v3 && !c.is_empty()),
            description,
            community: sealed(input.community, kept.and_then(|c| c.community.clone()), draft)?.filter(|_| !v3),
            auth_secret: sealed(input.auth_secret, kept.and_then(|c| c.auth_secret.clone()), draft)?
                .filter(|_| input.auth_protocol.is_some()),
            privacy_secret: sealed(input.privacy_secret, kept.and_then(|c| c.privacy_secret.clone()), draft)?
                .filter(|_| input.privacy_protocol.is_some()),
            owner_id: current.map_or_else(|| draft.cx.principal.owner(), |c| c.owner_id),
            created_at: current.map_or(now, |c| c.created_at),
            updated_at: current.map_or(now, |c| c.updated_at),
        };
        Ok(touched(current, entity, |c| {
            c.version += 1;
            c.updated_at = now;
        }))
    }

    async fn before_delete(&self, draft: &mut Draft<'_, '_>) -> Result<()> {
        let mut query = ListQuery::all(1000);
        let mut users = 0;
        loop {
            let page = draft.unit.work().list::<Device>(&Scope::system(), &query).await?;
            users += page.results.iter().filter(|d| d.credentials.contains(&self.id)).count();
            let Some(next) = page.next else { break };
            query.cursor = Some(next);
        }
        if users == 0 {
            return Ok(());
        }
        Err(Error::conflict("conflict", format!("credential {} is used by {users} devices", self.name))
            .solution("give these devices other credentials first"))
    }
}

fn check_community(kept: Option<&Credential>, input: &CredentialInput, draft: &mut Draft<'_, '_>) {
    match input.community.as_deref() {
        None if kept.is_some_and(|c| c.community.is_some()) => {}
        None | Some("") => draft.fault("community", "required", "a v1 or v2c credential needs a community"),
        Some(community) if community.len() > 255 => draft.fault("community", "too_long", "a community has at most 255 octets"),
        Some(_) => {}
    }
    for (field, given) in [
        ("username", input.username.is_some()),
        ("auth_protocol", input.auth_protocol.is_some()),
        ("auth_secret", input.auth_secret.is_some()),
        ("privacy_protocol", input.privacy_protocol.is_some()),
        ("privacy_secret", input.privacy_secret.is_some()),
    ] {
        if given {
            draft.fault(field, "not_applicable", format!("{field} belongs to snmp_v3 only"));
        }
    }
}

fn check_v3(kept: Option<&Credential>, input: &CredentialInput, draft: &mut Draft<'_, '_>) {
    match input.username.as_deref() {
        None | Some("") => draft.fault("username", "required", "a v3 credential needs a username"),
        Some(name) if name.len() > 32 => draft.fault("username", "too_long", "a user name has at most 32 octets (RFC 3414, section 5)"),
        Some(_) => {}
    }
    if input.community.is_some() {
        draft.fault("community", "not_applicable", "community belongs to snmp_v1 and snmp_v2c only");
    }
    if input.privacy_protocol.is_some() && input.auth_protocol.is_none() {
        draft.fault(
            "privacy_protocol",
            "needs_authentication",
            "privacy needs authentication (RFC 3414, section 1.4.3): set auth_protocol too",
        );
    }
    check_passphrase(
        "auth_secret",
        input.auth_secret.as_deref(),
        input.auth_protocol.is_some(),
        kept.is_some_and(|c| c.auth_secret.is_some()),
        draft,
    );
    let has = kept.is_some_and(|c| c.privacy_secret.is_some());
    check_passphrase("privacy_secret", input.privacy_secret.as_deref(), input.privacy_protocol.is_some(), has, draft);
}

fn check_passphrase(field: &str, given: Option<&str>, needed: bool, kept: bool, draft: &mut Draft<'_, '_>) {
    match (given, needed) {
        (None, true) if !kept => draft.fault(field, "required", format!("{field} is needed with its protocol")),
        (Some(_), false) => draft.fault(field, "not_applicable", format!("{field} needs its protocol to be set")),
        (Some(secret), true) if secret.len() < 8 => draft.fault(field, "too_short", format!("{field} has fewer than 8 characters")),
        (Some(secret), true) if secret.len() > 1024 => draft.fault(field, "too_long", format!("{field} has more than 1024 characters")),
        _ => {}
    }
}

fn sealed(given: Option<String>, kept: Option<Sealed>, draft: &Draft<'_, '_>) -> Result<Option<Sealed>> {
    let Some(secret) = given else { return Ok(kept) };
    draft.core.seal(CREDENTIAL_PURPOSE, &Secret::new(secret)).map(Some)
}
