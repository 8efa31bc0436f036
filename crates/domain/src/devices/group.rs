//! What devices are gathered by: tags, groups, realms; and the addresses that discovery leaves alone.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::query::{Field, FieldKind, Schema, ScopeRule, Use, Value};
use crate::store::Entity;
use crate::{Id, Timestamp};

/// A word on devices.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tag {
    /// Its id.
    pub id: Id,
    /// Version of its writable fields.
    pub version: i64,
    /// Name; unique.
    pub name: String,
    /// Colour as `#rrggbb`.
    pub color: Option<String>,
    /// Notes.
    pub description: Option<String>,
    /// Who made it, where that is a limited caller.
    #[serde(default)]
    pub owner_id: Option<Id>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Entity for Tag {
    const SCHEMA: &'static Schema = &Schema {
        kind: "tag",
        table: "tags",
        fields: &[
            Field::indexed("name", FieldKind::Name, "name").sortable(),
            Field::residual("owner_id", FieldKind::Id, "who made it, where that is a limited caller"),
            Field::residual("created_at", FieldKind::Time, "when it was made").sortable(),
        ],
        relations: &[],
        search: &["name"],
        default_ordering: "name",
        scope: ScopeRule::Used(Use { table: "device_tags", used: "tag", by: "name", owner: "owner_id" }),
    };

    fn id(&self) -> Id {
        self.id
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn columns(&self) -> Vec<Value> {
        vec![(&self.name).into(), self.owner_id.into(), self.created_at.into()]
    }
}

/// A set of devices, for rights and lists.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeviceGroup {
    /// Its id.
    pub id: Id,
    /// Version of its writable fields.
    pub version: i64,
    /// Name; unique.
    pub name: String,
    /// Notes.
    pub description: Option<String>,
    /// Its members, sorted.
    pub device_ids: Vec<Id>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Entity for DeviceGroup {
    const SCHEMA: &'static Schema = &Schema {
        kind: "device group",
        table: "device_groups",
        fields: &[
            Field::indexed("name", FieldKind::Name, "name").sortable(),
            Field::residual("created_at", FieldKind::Time, "when it was made").sortable(),
        ],
        relations: &[],
        search: &["name"],
        default_ordering: "name",
        scope: ScopeRule::Group,
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

/// A space in which addresses are unique: a customer, a VRF. One exists from the start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Realm {
    /// Its id.
    pub id: Id,
    /// Version of its writable fields.
    pub version: i64,
    /// Name; unique.
    pub name: String,
    /// Notes.
    pub description: Option<String>,
    /// Whether it is the one used where none is named.
    pub is_default: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Entity for Realm {
    const SCHEMA: &'static Schema = &Schema {
        kind: "realm",
        table: "realms",
        fields: &[
            Field::indexed("name", FieldKind::Name, "name").sortable(),
            Field::residual("is_default", FieldKind::Bool, "whether it is used where none is named"),
            Field::residual("created_at", FieldKind::Time, "when it was made").sortable(),
        ],
        relations: &[],
        search: &["name"],
        default_ordering: "name",
        scope: ScopeRule::OfRealm("id"),
    };

    fn id(&self) -> Id {
        self.id
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn columns(&self) -> Vec<Value> {
        vec![(&self.name).into(), self.is_default.into(), self.created_at.into()]
    }
}

impl Realm {
    /// The realm that exists from the start.
    pub const DEFAULT: Id = Id::fixed(1);
}

/// An address that discovery leaves alone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ignored {
    /// Its id.
    pub id: Id,
    /// Version of its writable fields.
    pub version: i64,
    /// The address.
    pub address: IpAddr,
    /// Its realm.
    pub realm_id: Id,
    /// Why.
    pub reason: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Entity for Ignored {
    const SCHEMA: &'static Schema = &Schema {
        kind: "ignored address",
        table: "ignored",
        fields: &[
            Field::indexed("address", FieldKind::Ip, "the address").sortable(),
            Field::indexed("realm_id", FieldKind::Id, "its realm"),
            Field::residual("created_at", FieldKind::Time, "when it was made").sortable(),
        ],
        relations: &[],
        search: &[],
        default_ordering: "address",
        scope: ScopeRule::OfRealm("realm_id"),
    };

    fn id(&self) -> Id {
        self.id
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.address.into(), self.realm_id.into(), self.created_at.into()]
    }
}
