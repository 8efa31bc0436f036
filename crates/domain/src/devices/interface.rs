//! Interfaces of devices (IF-MIB, RFC 2863).

use serde::{Deserialize, Serialize};

use crate::query::{Field, FieldKind, Relation, Schema, ScopeRule, Value};
use crate::store::Entity;
use crate::{Id, Timestamp};

/// ifAdminStatus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of the MIB")]
pub enum AdminStatus {
    Up,
    Down,
    Testing,
    Unknown,
}

impl AdminStatus {
    /// From the MIB's number.
    pub fn from_mib(number: Option<u64>) -> Self {
        match number {
            Some(1) => Self::Up,
            Some(2) => Self::Down,
            Some(3) => Self::Testing,
            _ => Self::Unknown,
        }
    }

    /// Its word in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Testing => "testing",
            Self::Unknown => "unknown",
        }
    }
}

/// ifOperStatus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of the MIB")]
pub enum OperStatus {
    Up,
    Down,
    Testing,
    Unknown,
    Dormant,
    NotPresent,
    LowerLayerDown,
}

impl OperStatus {
    /// All of them, as the API writes them.
    pub const WORDS: &'static [&'static str] = &["up", "down", "testing", "unknown", "dormant", "not_present", "lower_layer_down"];

    /// From the MIB's number.
    pub fn from_mib(number: Option<u64>) -> Self {
        match number {
            Some(1) => Self::Up,
            Some(2) => Self::Down,
            Some(3) => Self::Testing,
            Some(5) => Self::Dormant,
            Some(6) => Self::NotPresent,
            Some(7) => Self::LowerLayerDown,
            _ => Self::Unknown,
        }
    }

    /// Its word in the API.
    pub fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }
}

/// What hangs on the other end, as the topology knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// The device, where it is a known one.
    pub device_id: Option<Id>,
    /// Its name.
    pub device_name: Option<String>,
    /// Its interface, where it is a known one.
    pub interface_id: Option<Id>,
    /// Name of that port.
    pub interface_name: Option<String>,
}

/// Limits of one interface, in place of a rule's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// Utilisation that warns, 0 to 1.
    pub utilisation_warning_ratio: Option<f64>,
    /// Utilisation that is critical, 0 to 1.
    pub utilisation_critical_ratio: Option<f64>,
}

/// An interface.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Interface {
    /// Its id: kept while the device keeps the port's name, whatever becomes of ifIndex.
    pub id: Id,
    /// Version of its writable fields.
    pub version: i64,
    /// Its device.
    pub device_id: Id,
    /// ifIndex.
    pub if_index: u32,
    /// ifName, else ifDescr.
    pub name: String,
    /// ifAlias.
    pub alias: Option<String>,
    /// ifDescr.
    pub description: Option<String>,
    /// ifType, by its IANA name.
    pub kind: Option<String>,
    /// ifPhysAddress as `aa:bb:cc:dd:ee:ff`.
    pub mac: Option<String>,
    /// ifMtu.
    pub mtu: Option<u32>,
    /// ifHighSpeed or ifSpeed, bits per second.
    pub speed_bps: Option<u64>,
    /// ifAdminStatus.
    pub admin_status: AdminStatus,
    /// ifOperStatus.
    pub oper_status: OperStatus,
    /// Since when the operational status holds.
    pub status_since: Option<Timestamp>,
    /// A person's note.
    pub note: Option<String>,
    /// Whether its state raises alerts.
    pub monitored: bool,
    /// Limits of its own.
    pub thresholds: Option<Thresholds>,
    /// What hangs on it.
    pub peer: Option<Peer>,
    /// The port id under which the device announces it over LLDP (lldpLocPortId): what neighbours tell is matched with this first.
    #[serde(default)]
    pub lldp_port_id: Option<String>,
    /// When it was first seen.
    pub created_at: Timestamp,
    /// When a writable field was last changed.
    pub updated_at: Timestamp,
}

impl Interface {
    /// Whether it should be up and is not.
    pub fn is_faulty(&self) -> bool {
        self.admin_status == AdminStatus::Up && matches!(self.oper_status, OperStatus::Down | OperStatus::LowerLayerDown)
    }
}

impl Entity for Interface {
    const SCHEMA: &'static Schema = &Schema {
        kind: "interface",
        table: "interfaces",
        fields: &[
            Field::indexed("device_id", FieldKind::Id, "its device"),
            Field::indexed("name", FieldKind::Name, "ifName").sortable(),
            Field::indexed("if_index", FieldKind::Int, "ifIndex").sortable(),
            Field::residual("alias", FieldKind::Text, "ifAlias"),
            Field::residual("kind", FieldKind::Text, "ifType by its IANA name"),
            Field::indexed("mac", FieldKind::Text, "ifPhysAddress"),
            Field::indexed("speed_bps", FieldKind::Int, "bits per second"),
            Field::indexed("admin_status", FieldKind::Enum(&["up", "down", "testing", "unknown"]), "ifAdminStatus"),
            Field::indexed("oper_status", FieldKind::Enum(OperStatus::WORDS), "ifOperStatus").sortable().volatile(),
            Field::residual("monitored", FieldKind::Bool, "whether its state raises alerts"),
        ],
        relations: &[Relation { name: "device", column: "device_id", schema: || super::Device::SCHEMA }],
        search: &["name", "alias", "mac"],
        default_ordering: "id",
        scope: ScopeRule::OfDevice("device_id"),
    };

    fn id(&self) -> Id {
        self.id
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn columns(&self) -> Vec<Value> {
        vec![
            self.device_id.into(),
            (&self.name).into(),
            self.if_index.into(),
            self.alias.as_deref().into(),
            self.kind.as_deref().into(),
            self.mac.as_deref().into(),
            self.speed_bps.map(|v| v as i64).into(),
            self.admin_status.word().into(),
            self.oper_status.word().into(),
            self.monitored.into(),
        ]
    }
}
