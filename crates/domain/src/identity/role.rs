//! Roles: named sets of permissions.

use serde::{Deserialize, Serialize};

use crate::query::{Field, FieldKind, Schema, ScopeRule, Value};
use crate::store::Entity;
use crate::{Id, PermissionSet, Timestamp};

/// A role.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Role {
    /// Its id.
    pub id: Id,
    /// Version of its writable fields.
    pub version: i64,
    /// Name; unique.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it allows.
    pub permissions: PermissionSet,
    /// Whether Vigie shipped it: then it cannot be changed.
    pub built_in: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Entity for Role {
    const SCHEMA: &'static Schema = &Schema {
        kind: "role",
        table: "roles",
        fields: &[
            Field::indexed("name", FieldKind::Text, "name").sortable(),
            Field::residual("created_at", FieldKind::Time, "when it was made").sortable(),
        ],
        relations: &[],
        search: &["name"],
        default_ordering: "name",
        scope: ScopeRule::Unscoped,
    };

    fn id(&self) -> Id {
        self.id
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn columns(&self) -> Vec<Value> {
        vec![(&self.name).into(), self.created_at.into()]
    }
}
