//! API keys as users manage them.

use async_trait::async_trait;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vigie_domain::identity::{ApiKey, User};
use vigie_domain::store::{Read, Write};
use vigie_domain::system::AuditResource;
use vigie_domain::{Error, Id, Permission, Result, Scope, Secret, Timestamp};

use super::role::permission_set;
use super::user::check_scope;
use super::{Identity, READ_KEYS, ScopeInput, WRITE_KEYS, secrets};
use crate::CallContext;
use crate::resources::{Draft, Resource, touched};

/// Writable fields of an API key.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"name": "inventory export", "permissions": ["devices:read"]}))]
pub struct ApiKeyInput {
    /// Name.
    #[schema(required, format = "name", max_length = 100)]
    pub name: String,
    /// What it may do: never more than its maker.
    #[schema(required, format = "permission", max_items = 200)]
    pub permissions: Vec<String>,
    /// On what; everything its maker sees when absent.
    pub scope: Option<ScopeInput>,
    /// When it ends; never when absent.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// Addresses and networks it may be used from; any when empty.
    #[schema(format = "network", max_items = 100)]
    pub allowed_addresses: Vec<String>,
}

#[async_trait]
impl Resource for ApiKey {
    const PATH: &'static str = "api-keys";
    const READ: Permission = READ_KEYS;
    const WRITE: Permission = WRITE_KEYS;

    type Input = ApiKeyInput;

    fn label(&self) -> String {
        self.name.clone()
    }

    fn input(&self) -> ApiKeyInput {
        ApiKeyInput {
            name: self.name.clone(),
            permissions: self.permissions.0.iter().cloned().collect(),
            scope: self.scope.clone().map(Into::into),
            expires_at: self.expires_at,
            allowed_addresses: self.allowed_addresses.clone(),
        }
    }

    async fn build(current: Option<&Self>, input: ApiKeyInput, draft: &mut Draft<'_, '_>) -> Result<Self> {
        let name = draft.text("name", &input.name, 100);
        let permissions = permission_set("permissions", &input.permissions, draft);
        let scope = input.scope.map(Into::into);
        if let Some(scope) = &scope {
            check_scope(scope, draft).await?;
        }
        let now = draft.now();
        if input.expires_at.is_some_and(|end| end <= now) && current.is_none_or(|c| c.expires_at != input.expires_at) {
            draft.fault("expires_at", "in_the_past", "the key would have expired already");
        }
        for (i, text) in input.allowed_addresses.iter().enumerate() {
            if text.parse::<IpNet>().is_err() && text.parse::<std::net::IpAddr>().is_err() {
                draft.fault(&format!("allowed_addresses[{i}]"), "invalid_cidr", format!("{text} is neither an address nor a network"));
            }
        }
        draft.finish()?;
        let owner = owner(current, draft).await?;
        let entity = Self {
            id: current.map_or_else(Id::new, |k| k.id),
            version: current.map_or(1, |k| k.version),
            name,
            permissions,
            scope,
            expires_at: input.expires_at,
            allowed_addresses: input.allowed_addresses,
            hint: current.map(|k| k.hint.clone()).unwrap_or_default(),
            hash: current.map(|k| k.hash.clone()).unwrap_or_default(),
            issued: None,
            owner_id: owner.id,
            created_by: owner.username,
            last_used_at: current.and_then(|k| k.last_used_at),
            created_at: current.map_or(now, |k| k.created_at),
            updated_at: current.map_or(now, |k| k.updated_at),
        };
        if current.is_none() {
            return Ok(entity.issue());
        }
        Ok(touched(current, entity, |k| {
            k.version += 1;
            k.updated_at = now;
        }))
    }

    async fn after_write(&self, _before: Option<&Self>, draft: &mut Draft<'_, '_>) -> Result<()> {
        draft.unit.touch_identity();
        Ok(())
    }

    async fn before_delete(&self, draft: &mut Draft<'_, '_>) -> Result<()> {
        draft.unit.touch_identity();
        Ok(())
    }
}

/// Gives a key its secret.
trait Issue {
    fn issue(self) -> Self;
}

impl Issue for ApiKey {
    fn issue(self) -> Self {
        let secret = secrets::token("vgk_");
        let hint = secret[secret.len() - 4..].to_owned();
        Self { hint, hash: secrets::hash(&secret), issued: Some(Secret::new(secret)), ..self }
    }
}

async fn owner(current: Option<&ApiKey>, draft: &mut Draft<'_, '_>) -> Result<User> {
    let id = match current {
        Some(key) => Some(key.owner_id),
        None => draft.cx.principal.user_id,
    };
    let id = id.ok_or_else(|| Error::permission_denied("api_keys:write").cause("a key belongs to a user, and this caller is none"))?;
    draft.unit.work().require(&Scope::system(), id).await
}

impl Identity {
    /// A new secret for a key; the old one ceases to hold at once.
    pub async fn rotate_key(&self, cx: &CallContext, id: Id) -> Result<ApiKey> {
        let scope = cx.require_unscoped(WRITE_KEYS)?;
        let mut unit = self.core.unit(cx).await?;
        let key: ApiKey = unit.work().require(&scope, id).await?;
        if !cx.principal.permissions.covers(&key.permissions, crate::permissions::all()) {
            return Err(Error::permission_denied("api_keys:write").cause("the key may more than you"));
        }
        let issued = ApiKey { version: key.version + 1, updated_at: cx.now, ..key }.issue();
        unit.work().update(&issued).await?;
        let resource = AuditResource { kind: "api key".to_owned(), id: Some(id), name: Some(issued.name.clone()) };
        unit.audit("api-keys.rotate", resource, None, None).await?;
        unit.touch_identity();
        unit.commit().await?;
        Ok(issued)
    }
}
