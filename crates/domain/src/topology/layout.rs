//! Where the map shows things.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::query::{Field, FieldKind, Schema, ScopeRule, Value};
use crate::store::Entity;
use crate::{Id, Timestamp};

/// A place on the map, in its own units.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayoutPoint {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
    /// Whether a person put it there, so that tidying leaves it.
    #[serde(default)]
    pub pinned: bool,
}

/// Positions under a name; the one called `default` is what `GET topology` shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Layout {
    /// Its id.
    pub id: Id,
    /// Version of its writable fields.
    pub version: i64,
    /// Name; unique.
    pub name: String,
    /// Place of each node.
    pub positions: BTreeMap<Id, LayoutPoint>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Layout {
    /// Name of the layout that `GET topology` shows.
    pub const DEFAULT: &'static str = "default";
}

impl Entity for Layout {
    const SCHEMA: &'static Schema = &Schema {
        kind: "layout",
        table: "layouts",
        fields: &[
            Field::indexed("name", FieldKind::Name, "name").sortable(),
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
