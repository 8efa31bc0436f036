//! IP addresses of devices (IP-MIB, RFC 4293).

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::query::{Field, FieldKind, Relation, Schema, ScopeRule, Value};
use crate::store::Entity;
use crate::{Id, Timestamp};

/// An address that a device holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Address {
    /// Its id.
    pub id: Id,
    /// The device.
    pub device_id: Id,
    /// The interface, where it is known.
    pub interface_id: Option<Id>,
    /// Name of that interface.
    pub interface_name: Option<String>,
    /// The address.
    pub address: IpAddr,
    /// Length of its prefix.
    pub prefix_length: Option<u8>,
    /// The realm in which it is unique.
    pub realm_id: Id,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was last seen.
    pub last_seen: Timestamp,
}

impl Entity for Address {
    const SCHEMA: &'static Schema = &Schema {
        kind: "address",
        table: "addresses",
        fields: &[
            Field::indexed("device_id", FieldKind::Id, "the device that holds it"),
            Field::indexed("address", FieldKind::Ip, "the address").sortable(),
            Field::indexed("realm_id", FieldKind::Id, "its realm"),
            Field::residual("first_seen", FieldKind::Time, "when it was first seen"),
            Field::residual("last_seen", FieldKind::Time, "when it was last seen"),
        ],
        relations: &[Relation { name: "device", column: "device_id", schema: || super::Device::SCHEMA }],
        search: &[],
        default_ordering: "address",
        scope: ScopeRule::OfDevice("device_id"),
    };

    fn id(&self) -> Id {
        self.id
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.device_id.into(), self.address.into(), self.realm_id.into(), self.first_seen.into(), self.last_seen.into()]
    }
}
