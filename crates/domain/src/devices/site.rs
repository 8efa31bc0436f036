//! Places.

use serde::{Deserialize, Serialize};

use crate::query::{Field, FieldKind, Schema, ScopeRule, Value};
use crate::store::Entity;
use crate::{Id, Timestamp};

/// A place; one within another is a building or a room.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Site {
    /// Its id.
    pub id: Id,
    /// Version of its writable fields.
    pub version: i64,
    /// Name; unique below its parent.
    pub name: String,
    /// The place it lies in.
    pub parent_id: Option<Id>,
    /// Postal address.
    pub address: Option<String>,
    /// Degrees north, -90 to 90.
    pub latitude: Option<f64>,
    /// Degrees east, -180 to 180.
    pub longitude: Option<f64>,
    /// Notes.
    pub notes: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Entity for Site {
    const SCHEMA: &'static Schema = &Schema {
        kind: "site",
        table: "sites",
        fields: &[
            Field::indexed("name", FieldKind::Name, "name").sortable(),
            Field::indexed("parent_id", FieldKind::Id, "the place it lies in"),
            Field::residual("created_at", FieldKind::Time, "when it was made").sortable(),
        ],
        relations: &[],
        search: &["name"],
        default_ordering: "name",
        scope: ScopeRule::Site,
    };

    fn id(&self) -> Id {
        self.id
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn columns(&self) -> Vec<Value> {
        vec![(&self.name).into(), self.parent_id.into(), self.created_at.into()]
    }
}
