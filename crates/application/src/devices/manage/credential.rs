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
    #[schema(value_type = String, example = "snmp_v2c", pattern = "^(snmp_v1|snmp_v2c|snmp_v3|ssh)$")]
    pub kind: CredentialKind,
    /// Community of v1 and v2c. Write-only.
    #[serde(default, skip_serializing_if = "write_only")]
    #[schema(write_only, min_length = 1, max_length = 255, example = "a-community")]
    pub community: Option<String>,
    /// User of v3 (at most 32 octets) and of SSH.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 255)]
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
    /// Password of SSH. Write-only.
    #[serde(default, skip_serializing_if = "write_only")]
    #[schema(write_only, min_length = 1, max_length = 1024)]
    pub password: Option<String>,
    /// Private key of SSH in PEM or OpenSSH form; one of both opens. Write-only.
    #[serde(default, skip_serializing_if = "write_only")]
    #[schema(write_only, min_length = 1, max_length = 16384)]
    pub private_key: Option<String>,
    /// What raises privileges after an SSH sign-in, as `enable` asks for. Write-only.
    #[serde(default, skip_serializing_if = "write_only")]
    #[schema(write_only, min_length = 1, max_length = 1024)]
    pub enable_secret: Option<String>,
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
            password: None,
            private_key: None,
            enable_secret: None,
            description: self.description.clone(),
        }
    }

    fn audit(&self) -> Json {
        let mut shown = serde_json::to_value(self.input()).unwrap_or(Json::Null);
        // a changed secret shows as a changed mark, never as itself
        shown["secrets"] = json!(self.secrets().map(|s| s.map(|_| self.version)));
        shown
    }

    async fn build(current: Option<&Self>, input: CredentialInput, draft: &mut Draft<'_, '_>) -> Result<Self> {
        let name = draft.text("name", &input.name, 100);
        let description = draft.note("description", input.description.clone(), 2_000);
        let kept = current.filter(|c| c.kind == input.kind);
        check_fields(&input, draft);
        match input.kind {
            CredentialKind::SnmpV1 | CredentialKind::SnmpV2c => check_community(kept, &input, draft),
            CredentialKind::SnmpV3 => check_v3(kept, &input, draft),
            CredentialKind::Ssh => check_ssh(kept, &input, draft),
        }
        draft.finish()?;
        let now = draft.now();
        let entity = Self {
            id: current.map_or_else(Id::new, |c| c.id),
            version: current.map_or(1, |c| c.version),
            name,
            kind: input.kind,
            username: input.username,
            auth_protocol: input.auth_protocol,
            privacy_protocol: input.privacy_protocol,
            context: input.context.filter(|c| !c.is_empty()),
            description,
            community: sealed(input.community, kept.and_then(|c| c.community.clone()), draft)?,
            auth_secret: sealed(input.auth_secret, kept.and_then(|c| c.auth_secret.clone()), draft)?
                .filter(|_| input.auth_protocol.is_some()),
            privacy_secret: sealed(input.privacy_secret, kept.and_then(|c| c.privacy_secret.clone()), draft)?
                .filter(|_| input.privacy_protocol.is_some()),
            password: sealed(input.password, kept.and_then(|c| c.password.clone()), draft)?,
            private_key: sealed(input.private_key, kept.and_then(|c| c.private_key.clone()), draft)?,
            enable_secret: sealed(input.enable_secret, kept.and_then(|c| c.enable_secret.clone()), draft)?,
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

/// Refuses fields that belong to other kinds.
fn check_fields(input: &CredentialInput, draft: &mut Draft<'_, '_>) {
    use CredentialKind::{SnmpV1, SnmpV2c, SnmpV3, Ssh};
    let fields: [(&str, bool, &[CredentialKind]); 10] = [
        ("community", input.community.is_some(), &[SnmpV1, SnmpV2c]),
        ("username", input.username.is_some(), &[SnmpV3, Ssh]),
        ("auth_protocol", input.auth_protocol.is_some(), &[SnmpV3]),
        ("auth_secret", input.auth_secret.is_some(), &[SnmpV3]),
        ("privacy_protocol", input.privacy_protocol.is_some(), &[SnmpV3]),
        ("privacy_secret", input.privacy_secret.is_some(), &[SnmpV3]),
        ("context", input.context.as_deref().is_some_and(|context| !context.is_empty()), &[SnmpV3]),
        ("password", input.password.is_some(), &[Ssh]),
        ("private_key", input.private_key.is_some(), &[Ssh]),
        ("enable_secret", input.enable_secret.is_some(), &[Ssh]),
    ];
    for (field, _, kinds) in fields.iter().filter(|(_, given, kinds)| *given && !kinds.contains(&input.kind)) {
        let kinds: Vec<&str> = kinds.iter().map(|kind| kind.word()).collect();
        draft.fault(field, "not_applicable", format!("{field} belongs to {} only", kinds.join(" and ")));
    }
}

fn check_ssh(kept: Option<&Credential>, input: &CredentialInput, draft: &mut Draft<'_, '_>) {
    match input.username.as_deref() {
        None | Some("") => draft.fault("username", "required", "an SSH credential needs a username"),
        Some(name) if name.len() > 255 => draft.fault("username", "too_long", "a user name has at most 255 octets"),
        Some(_) => {}
    }
    let kept_any = kept.is_some_and(|c| c.password.is_some() || c.private_key.is_some());
    if input.password.is_none() && input.private_key.is_none() && !kept_any {
        draft.fault("password", "required", "an SSH credential needs a password or a private_key");
    }
    for (field, given, most) in
        [("password", &input.password, 1024), ("private_key", &input.private_key, 16_384), ("enable_secret", &input.enable_secret, 1024)]
    {
        match given.as_deref() {
            Some("") => draft.fault(field, "too_short", format!("{field} is empty: leave it out")),
            Some(secret) if secret.len() > most => draft.fault(field, "too_long", format!("{field} has more than {most} octets")),
            _ => {}
        }
    }
    if let Some(key) = input.private_key.as_deref().filter(|key| !key.is_empty())
        && !key.trim_start().starts_with("-----BEGIN ")
    {
        draft.fault("private_key", "invalid_key", "private_key does not begin with -----BEGIN …: give the whole file, not its name");
    }
}

fn check_community(kept: Option<&Credential>, input: &CredentialInput, draft: &mut Draft<'_, '_>) {
    match input.community.as_deref() {
        None if kept.is_some_and(|c| c.community.is_some()) => {}
        None | Some("") => draft.fault("community", "required", "a v1 or v2c credential needs a community"),
        Some(community) if community.len() > 255 => draft.fault("community", "too_long", "a community has at most 255 octets"),
        Some(_) => {}
    }
}

fn check_v3(kept: Option<&Credential>, input: &CredentialInput, draft: &mut Draft<'_, '_>) {
    match input.username.as_deref() {
        None | Some("") => draft.fault("username", "required", "a v3 credential needs a username"),
        Some(name) if name.len() > 32 => draft.fault("username", "too_long", "a user name has at most 32 octets (RFC 3414, section 5)"),
        Some(_) => {}
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
