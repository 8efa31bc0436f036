//! Users as administrators manage them.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;
use vigie_domain::devices::{DeviceGroup, Realm, Site};
use vigie_domain::identity::{ApiKey, Role, Session, User};
use vigie_domain::query::{Filter, Value};
use vigie_domain::store::{Entity, Read};
use vigie_domain::{Error, Id, ObjectScope, Permission, PermissionSet, Result, Scope};

use super::account::hash_password;
use super::{READ_USERS, WRITE_USERS};
use crate::permissions;
use crate::resources::{Draft, Resource, touched, write_only};

/// What a grant is limited to.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScopeInput {
    /// Sites, with what lies below them.
    #[schema(value_type = Vec<Uuid>)]
    pub sites: Vec<Id>,
    /// Device groups.
    #[schema(value_type = Vec<Uuid>)]
    pub device_groups: Vec<Id>,
    /// Realms.
    #[schema(value_type = Vec<Uuid>)]
    pub realms: Vec<Id>,
}

impl From<ObjectScope> for ScopeInput {
    fn from(scope: ObjectScope) -> Self {
        Self { sites: scope.sites, device_groups: scope.device_groups, realms: scope.realms }
    }
}

impl From<ScopeInput> for ObjectScope {
    fn from(scope: ScopeInput) -> Self {
        Self { sites: scope.sites, device_groups: scope.device_groups, realms: scope.realms }
    }
}

/// Writable fields of a user.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"username": "nadia", "password": "a long sentence of hers", "roles": ["operator"]}))]
pub struct UserInput {
    /// Name to sign in with: letters, digits and . _ - @; kept in lower case.
    #[schema(required, pattern = "^[A-Za-z0-9._@-]{1,64}$", max_length = 64, example = "nadia")]
    pub username: String,
    /// Name to show.
    #[schema(format = "note", max_length = 100)]
    pub display_name: Option<String>,
    /// Mail address.
    #[schema(format = Email, max_length = 254)]
    pub email: Option<String>,
    /// Names of their roles.
    #[schema(format = "name")]
    pub roles: Vec<String>,
    /// What they see; everything when absent.
    pub scope: Option<ScopeInput>,
    /// Whether they may not sign in.
    pub disabled: bool,
    /// Whether they must set a password before anything else.
    pub must_change_password: bool,
    /// `en` or `fr`.
    #[schema(pattern = "^(en|fr)$")]
    pub language: Option<String>,
    /// Password, 12 characters or more. Write-only: left out of a change it stays.
    #[serde(skip_serializing_if = "write_only")]
    #[schema(write_only, min_length = 12, max_length = 1024)]
    pub password: Option<String>,
}

#[async_trait]
impl Resource for User {
    const PATH: &'static str = "users";
    const READ: Permission = READ_USERS;
    const WRITE: Permission = WRITE_USERS;

    type Input = UserInput;

    fn label(&self) -> String {
        self.username.clone()
    }

    fn input(&self) -> UserInput {
        UserInput {
            username: self.username.clone(),
            display_name: self.display_name.clone(),
            email: self.email.clone(),
            roles: self.roles.clone(),
            scope: self.scope.clone().map(Into::into),
            disabled: self.disabled,
            must_change_password: self.must_change_password,
            language: self.language.clone(),
            password: None,
        }
    }

    fn audit(&self) -> Json {
        serde_json::to_value(self.input()).unwrap_or(Json::Null)
    }

    async fn build(current: Option<&Self>, input: UserInput, draft: &mut Draft<'_, '_>) -> Result<Self> {
        let username = draft.text("username", &input.username, 64).to_lowercase();
        if username.chars().any(|c| !(c.is_ascii_alphanumeric() || "._-@".contains(c))) {
            draft.fault("username", "invalid_text", "a user name holds letters, digits and . _ - @ only");
        }
        let display_name = draft.note("display_name", input.display_name, 100);
        let email = draft.note("email", input.email, 254);
        if email.as_ref().is_some_and(|e| !is_mail_address(e)) {
            draft.fault("email", "invalid_email", "this is not a mail address such as nadia@example.net");
        }
        if input.language.as_deref().is_some_and(|l| l != "en" && l != "fr") {
            draft.fault("language", "invalid_value", "language is en or fr");
        }
        check_roles(current, &input.roles, draft).await?;
        let scope = input.scope.map(Into::into);
        if let Some(scope) = &scope {
            check_scope(scope, draft).await?;
        }
        if current.is_none() && input.password.is_none() {
            draft.fault("password", "required", "a new user needs a password");
        }
        draft.finish()?;
        if current.is_some_and(|u| Some(u.id) == draft.cx.principal.user_id) && input.disabled {
            return Err(Error::conflict("conflict", "nobody disables themselves"));
        }
        let password_hash = match input.password {
            Some(password) => Some(hash_password(&draft.core.passwords, "password", password).await?),
            None => current.and_then(|u| u.password_hash.clone()),
        };
        let now = draft.now();
        let entity = Self {
            id: current.map_or_else(Id::new, |u| u.id),
            version: current.map_or(1, |u| u.version),
            username,
            display_name,
            email,
            roles: input.roles,
            scope,
            disabled: input.disabled,
            must_change_password: input.must_change_password,
            language: input.language,
            password_hash,
            failed_sign_ins: 0,
            locked_until: None,
            last_sign_in_at: current.and_then(|u| u.last_sign_in_at),
            created_at: current.map_or(now, |u| u.created_at),
            updated_at: current.map_or(now, |u| u.updated_at),
        };
        Ok(touched(current, entity, |u| {
            u.version += 1;
            u.updated_at = now;
        }))
    }

    async fn after_write(&self, before: Option<&Self>, draft: &mut Draft<'_, '_>) -> Result<()> {
        draft.unit.touch_identity();
        keep_an_admin(None, draft).await?;
        if before.is_some_and(|b| b.password_hash != self.password_hash || self.disabled) {
            end_sessions(self.id, draft).await?;
        }
        Ok(())
    }

    async fn before_delete(&self, draft: &mut Draft<'_, '_>) -> Result<()> {
        if Some(self.id) == draft.cx.principal.user_id {
            return Err(Error::conflict("conflict", "nobody removes themselves"));
        }
        draft.unit.touch_identity();
        keep_an_admin(Some(self.id), draft).await?;
        let keys: Vec<ApiKey> = draft.unit.work().all(&Scope::system(), vec![Filter::eq(ApiKey::SCHEMA, "owner_id", self.id)?]).await?;
        for key in keys {
            draft.unit.work().delete(ApiKey::SCHEMA, key.id).await?;
        }
        end_sessions(self.id, draft).await
    }
}

async fn check_roles(current: Option<&User>, names: &[String], draft: &mut Draft<'_, '_>) -> Result<()> {
    let mut granted = PermissionSet::default();
    for (i, name) in names.iter().enumerate() {
        match draft.unit.work().find::<Role>(&Scope::system(), "name", Value::from(name)).await? {
            Some(role) => granted.0.extend(role.permissions.0),
            None => draft.fault(&format!("roles[{i}]"), "unknown_reference", format!("there is no role {name}")),
        }
    }
    let unchanged = current.is_some_and(|u| u.roles == names);
    if !unchanged && !draft.cx.principal.permissions.covers(&granted, permissions::all()) {
        draft.fault("roles", "exceeds_own", "nobody grants what they may not do themselves");
    }
    Ok(())
}

/// Every object that a scope names must exist.
pub(super) async fn check_scope(scope: &ObjectScope, draft: &mut Draft<'_, '_>) -> Result<()> {
    for (i, id) in scope.sites.iter().enumerate() {
        draft.reference::<Site>(&format!("scope.sites[{i}]"), *id).await?;
    }
    for (i, id) in scope.device_groups.iter().enumerate() {
        draft.reference::<DeviceGroup>(&format!("scope.device_groups[{i}]"), *id).await?;
    }
    for (i, id) in scope.realms.iter().enumerate() {
        draft.reference::<Realm>(&format!("scope.realms[{i}]"), *id).await?;
    }
    Ok(())
}

/// Somebody must be able to repair what is broken.
async fn keep_an_admin(leaving: Option<Id>, draft: &mut Draft<'_, '_>) -> Result<()> {
    let users: Vec<User> = draft.unit.work().all(&Scope::system(), Vec::new()).await?;
    let admin = |u: &User| !u.disabled && u.scope.is_none() && u.roles.iter().any(|r| r == "admin") && Some(u.id) != leaving;
    if users.iter().any(admin) {
        return Ok(());
    }
    Err(Error::conflict("conflict", "nobody would be left who may administer Vigie").solution("make another user admin first"))
}

async fn end_sessions(user: Id, draft: &mut Draft<'_, '_>) -> Result<()> {
    let sessions: Vec<Session> = draft.unit.work().all(&Scope::system(), vec![Filter::eq(Session::SCHEMA, "user_id", user)?]).await?;
    for session in sessions {
        draft.unit.work().delete(Session::SCHEMA, session.id).await?;
    }
    Ok(())
}

fn is_mail_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    !local.is_empty() && !domain.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control() || "<>(),;:\\\"[]".contains(c))
}
