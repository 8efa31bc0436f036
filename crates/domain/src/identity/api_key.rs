//! API keys.

use serde::{Deserialize, Serialize};

use crate::query::{Field, FieldKind, Schema, ScopeRule, Value};
use crate::store::Entity;
use crate::{Id, ObjectScope, PermissionSet, Secret, Timestamp};

/// A key for programs. Only its SHA-256 is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its id.
    pub id: Id,
    /// Version of its writable fields.
    pub version: i64,
    /// Name.
    pub name: String,
    /// What it may do.
    pub permissions: PermissionSet,
    /// On what; `None` is everything its maker sees.
    pub scope: Option<ObjectScope>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// Networks it may be used from; empty is any.
    pub allowed_addresses: Vec<String>,
    /// Its last four characters, to recognise it by.
    pub hint: String,
    /// SHA-256 of the key, in hex.
    pub hash: String,
    /// The key itself: only between its making and the answer that shows it once.
    #[serde(skip)]
    pub issued: Option<Secret>,
    /// The user who made it: the key never may more than they.
    pub owner_id: Id,
    /// Their name.
    pub created_by: String,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Entity for ApiKey {
    const SCHEMA: &'static Schema = &Schema {
        kind: "api key",
        table: "api_keys",
        fields: &[
            Field::indexed("name", FieldKind::Name, "name").sortable(),
            Field::indexed("hash", FieldKind::Text, "SHA-256 of the key"),
            Field::residual("owner_id", FieldKind::Id, "the user who made it"),
            Field::residual("expires_at", FieldKind::Time, "when it ends"),
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
        vec![(&self.name).into(), (&self.hash).into(), self.owner_id.into(), self.expires_at.into(), self.created_at.into()]
    }
}
