//! What devices say of their neighbours (LLDP-MIB, CISCO-CDP-MIB).

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::query::{Field, FieldKind, Relation, Schema, ScopeRule, Value};
use crate::store::Entity;
use crate::{Id, Timestamp};

/// Where a neighbour was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NeighbourProtocol {
    /// IEEE 802.1AB.
    Lldp,
    /// Cisco Discovery Protocol.
    Cdp,
}

impl NeighbourProtocol {
    /// Its word in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Lldp => "lldp",
            Self::Cdp => "cdp",
        }
    }
}

/// A neighbour as a device tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbour {
    /// Its id.
    pub id: Id,
    /// The device that tells.
    pub device_id: Id,
    /// Its interface, where it is known.
    pub interface_id: Option<Id>,
    /// Name of its port.
    pub local_port: String,
    /// Where it was heard.
    pub protocol: NeighbourProtocol,
    /// Chassis id: a MAC as `aa:bb:…`, else text.
    pub chassis_id: Option<String>,
    /// Its subtype, such as `mac_address` (IEEE 802.1AB, 8.5.2.2).
    pub chassis_id_kind: Option<String>,
    /// Port id.
    pub port_id: Option<String>,
    /// Its subtype, such as `interface_name` (IEEE 802.1AB, 8.5.3.2).
    pub port_id_kind: Option<String>,
    /// lldpRemPortDesc.
    pub port_description: Option<String>,
    /// Name of the neighbour.
    pub system_name: Option<String>,
    /// Its description.
    pub system_description: Option<String>,
    /// Addresses at which it can be managed.
    pub management_addresses: Vec<IpAddr>,
    /// What it does: `bridge`, `router`, `wlan_access_point`, `station`…
    pub capabilities: Vec<String>,
    /// The device this is, where it is a known one.
    pub remote_device_id: Option<Id>,
    /// Its interface, where it is a known one.
    pub remote_interface_id: Option<Id>,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was last seen.
    pub last_seen: Timestamp,
}

impl Entity for Neighbour {
    const SCHEMA: &'static Schema = &Schema {
        kind: "neighbour",
        table: "neighbours",
        fields: &[
            Field::indexed("device_id", FieldKind::Id, "the device that tells"),
            Field::indexed("remote_device_id", FieldKind::Id, "the device this is").seen_with(&["remote_device_id"]),
            Field::residual("protocol", FieldKind::Enum(&["lldp", "cdp"]), "where it was heard"),
            Field::residual("local_port", FieldKind::Name, "port of the device that tells").sortable(),
            Field::residual("system_name", FieldKind::Text, "name of the neighbour").seen_with(&["remote_device_id"]),
            Field::residual("last_seen", FieldKind::Time, "when it was last seen"),
        ],
        relations: &[Relation { name: "device", column: "device_id", schema: || super::Device::SCHEMA }],
        search: &["local_port", "system_name"],
        default_ordering: "id",
        scope: ScopeRule::OfDevice("device_id"),
    };

    fn id(&self) -> Id {
        self.id
    }

    fn columns(&self) -> Vec<Value> {
        vec![
            self.device_id.into(),
            self.remote_device_id.into(),
            self.protocol.word().into(),
            (&self.local_port).into(),
            self.system_name.as_deref().into(),
            self.last_seen.into(),
        ]
    }
}
