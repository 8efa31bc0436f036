//! Roles as users manage them.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vigie_domain::identity::{Role, User};
use vigie_domain::store::{Read, Write};
use vigie_domain::{Error, Id, Permission, PermissionSet, Result, Scope};

use super::{READ_USERS, WRITE_USERS};
use crate::permissions;
use crate::resources::{Draft, Resource, touched};

/// Writable fields of a role.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"name": "night shift", "permissions": ["alerts:act", "alerts:read", "devices:read"]}))]
pub struct RoleInput {
    /// Name; unique.
    #[schema(required, format = "name", max_length = 64)]
    pub name: String,
    /// What it is for.
    #[schema(format = "note", max_length = 2000)]
    pub description: Option<String>,
    /// What it allows: `area:verb`, out of `meta/permissions`; `*` stands for any area or verb. Nothing when absent.
    #[schema(format = "permission", max_items = 200)]
    pub permissions: Vec<String>,
}

#[async_trait]
impl Resource for Role {
    const PATH: &'static str = "roles";
    const READ: Permission = READ_USERS;
    const WRITE: Permission = WRITE_USERS;

    type Input = RoleInput;

    fn label(&self) -> String {
        self.name.clone()
    }

    fn input(&self) -> RoleInput {
        RoleInput {
            name: self.name.clone(),
            description: self.description.clone(),
            permissions: self.permissions.0.iter().cloned().collect(),
        }
    }

    async fn build(current: Option<&Self>, input: RoleInput, draft: &mut Draft<'_, '_>) -> Result<Self> {
        let name = draft.text("name", &input.name, 64);
        let description = draft.note("description", input.description, 2_000);
        let permissions = permission_set("permissions", &input.permissions, draft);
        draft.finish()?;
        refuse_built_in(current)?;
        let now = draft.now();
        let entity = Self {
            id: current.map_or_else(Id::new, |r| r.id),
            version: current.map_or(1, |r| r.version),
            name,
            description,
            permissions,
            built_in: false,
            created_at: current.map_or(now, |r| r.created_at),
            updated_at: current.map_or(now, |r| r.updated_at),
        };
        Ok(touched(current, entity, |r| {
            r.version += 1;
            r.updated_at = now;
        }))
    }

    /// A renamed role is renamed with its users.
    async fn after_write(&self, before: Option<&Self>, draft: &mut Draft<'_, '_>) -> Result<()> {
        draft.unit.touch_identity();
        let Some(before) = before.filter(|b| b.name != self.name) else { return Ok(()) };
        for mut user in holders(&before.name, draft).await? {
            for role in user.roles.iter_mut().filter(|r| **r == before.name) {
                role.clone_from(&self.name);
            }
            draft.unit.work().update(&user).await?;
        }
        Ok(())
    }

    async fn before_delete(&self, draft: &mut Draft<'_, '_>) -> Result<()> {
        refuse_built_in(Some(self))?;
        let holders = holders(&self.name, draft).await?.len();
        if holders == 0 {
            return Ok(());
        }
        Err(Error::conflict("conflict", format!("role {} is held by {holders} users", self.name)).solution("take it from them first"))
    }
}

fn refuse_built_in(role: Option<&Role>) -> Result<()> {
    match role {
        Some(role) if role.built_in => Err(Error::conflict("conflict", format!("role {} comes with Vigie and stays as it is", role.name))
            .solution("make a role of your own")),
        _ => Ok(()),
    }
}

async fn holders(role: &str, draft: &mut Draft<'_, '_>) -> Result<Vec<User>> {
    let users: Vec<User> = draft.unit.work().all(&Scope::system(), Vec::new()).await?;
    Ok(users.into_iter().filter(|u| u.roles.iter().any(|r| r == role)).collect())
}

/// A set of known permissions, none of which the caller lacks.
pub(super) fn permission_set(field: &str, words: &[String], draft: &mut Draft<'_, '_>) -> PermissionSet {
    let known = |word: &str| {
        let parts = word.split_once(':');
        parts.is_some_and(|(area, verb)| permissions::all().any(|p| (area == "*" || area == p.area) && (verb == "*" || verb == p.verb)))
    };
    for (i, word) in words.iter().enumerate() {
        if !known(word) {
            draft.fault(&format!("{field}[{i}]"), "unknown_permission", format!("{word} is no permission; meta/permissions lists them"));
        }
    }
    let set: PermissionSet = words.iter().cloned().collect();
    if !draft.cx.principal.permissions.covers(&set, permissions::all()) {
        draft.fault(field, "exceeds_own", "nobody grants what they may not do themselves");
    }
    set
}
