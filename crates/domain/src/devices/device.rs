//! A device: what is monitored, what was found out about it, and how it is.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::Access;
use crate::query::{Field, FieldKind, Relation, Schema, ScopeRule, Value};
use crate::store::Entity;
use crate::system::Beyond;
use crate::topology::LayoutPoint;
use crate::{Id, Timestamp};

/// How a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceStatus {
    /// It answers.
    Up,
    /// It answers, but something on it is wrong.
    Degraded,
    /// It does not answer.
    Down,
    /// It does not answer, and lies behind something that is down.
    Unreachable,
    /// Nobody asked to watch it.
    Unmonitored,
    /// It was never polled.
    Pending,
    /// It was taken out of service; its history is kept.
    Decommissioned,
}

impl DeviceStatus {
    /// All of them, as the API writes them.
    pub const WORDS: &'static [&'static str] = &["up", "degraded", "down", "unreachable", "unmonitored", "pending", "decommissioned"];

    /// Its word in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Unreachable => "unreachable",
            Self::Unmonitored => "unmonitored",
            Self::Pending => "pending",
            Self::Decommissioned => "decommissioned",
        }
    }
}

/// What a device does in the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Role {
    Firewall,
    Router,
    Core,
    Distribution,
    Access,
    AccessPoint,
    Server,
    Storage,
    Printer,
    Phone,
    Camera,
    Ups,
    Other,
}

impl Role {
    /// All of them, as the API writes them.
    pub const WORDS: &'static [&'static str] = &[
        "firewall",
        "router",
        "core",
        "distribution",
        "access",
        "access_point",
        "server",
        "storage",
        "printer",
        "phone",
        "camera",
        "ups",
        "other",
    ];

    /// Its word in the API.
    pub fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }
}

/// What was found out about a device (SNMPv2-MIB system group, ENTITY-MIB, LLDP-MIB, profiles).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Identity {
    /// Maker, such as `Cisco`.
    pub vendor: Option<String>,
    /// Model, such as `WS-C3750X-48P`.
    pub model: Option<String>,
    /// Operating system, such as `ios`.
    pub os: Option<String>,
    /// Its version.
    pub os_version: Option<String>,
    /// Serial number of the chassis.
    pub serial: Option<String>,
    /// sysName.
    pub sys_name: Option<String>,
    /// sysDescr.
    pub sys_descr: Option<String>,
    /// sysObjectID, without leading dot.
    pub sys_object_id: Option<String>,
    /// sysLocation.
    pub sys_location: Option<String>,
    /// sysContact.
    pub sys_contact: Option<String>,
    /// LLDP chassis id, a MAC as `aa:bb:cc:dd:ee:ff`.
    pub chassis_id: Option<String>,
    /// snmpEngineID in hex.
    pub engine_id: Option<String>,
    /// Role as detected.
    pub role: Option<Role>,
}

/// A device.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Device {
    /// Its id.
    pub id: Id,
    /// Version of its writable fields.
    pub version: i64,
    /// Name; unique within its realm is not asked.
    pub name: String,
    /// The address it is monitored at.
    pub address: IpAddr,
    /// The realm its addresses belong to.
    pub realm_id: Id,
    /// Its site.
    pub site_id: Option<Id>,
    /// Names of its tags, sorted.
    pub tags: Vec<String>,
    /// Its credentials, tried in this order.
    pub credentials: Vec<Id>,
    /// Seconds between polls.
    pub poll_interval_seconds: u32,
    /// Whether it is polled.
    pub monitored: bool,
    /// Whether it was taken out of service.
    pub decommissioned: bool,
    /// Notes.
    pub notes: Option<String>,
    /// Role set by a person; the detected one stands in `identity`.
    pub role: Option<Role>,
    /// UDP port of its SNMP agent.
    pub snmp_port: u16,
    /// What was found out about it.
    pub identity: Identity,
    /// How it is.
    pub status: DeviceStatus,
    /// Since when.
    pub status_since: Option<Timestamp>,
    /// Why, in one sentence.
    pub status_reason: Option<String>,
    /// The same with the device behind which it lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_beyond: Option<Beyond>,
    /// How it answers.
    pub access: Vec<Access>,
    /// Where the map shows it.
    pub position: Option<LayoutPoint>,
    /// When it was last read whole (identity, interfaces, addresses, neighbours).
    pub identified_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a writable field was last changed.
    pub updated_at: Timestamp,
}

impl Device {
    /// The role a person set, else the detected one.
    pub fn effective_role(&self) -> Option<Role> {
        self.role.or(self.identity.role)
    }
}

impl Entity for Device {
    const SCHEMA: &'static Schema = &Schema {
        kind: "device",
        table: "devices",
        fields: &[
            Field::indexed("name", FieldKind::Name, "name").sortable(),
            Field::indexed("primary_ip", FieldKind::Ip, "address it is monitored at"),
            Field::indexed("status", FieldKind::Enum(DeviceStatus::WORDS), "how it is").sortable().volatile(),
            Field::indexed("site_id", FieldKind::Id, "its site"),
            Field::indexed("realm_id", FieldKind::Id, "its realm"),
            Field::indexed("role", FieldKind::Enum(Role::WORDS), "what it does in the network"),
            Field::indexed("vendor", FieldKind::Text, "maker"),
            Field::residual("model", FieldKind::Text, "model"),
            Field::indexed("os", FieldKind::Text, "operating system"),
            Field::residual("os_version", FieldKind::Text, "version of the operating system"),
            Field::indexed("serial", FieldKind::Text, "serial number of the chassis"),
            Field::indexed("chassis_id", FieldKind::Text, "LLDP chassis id"),
            Field::indexed("sys_name", FieldKind::Text, "sysName"),
            Field::residual("sys_location", FieldKind::Text, "sysLocation"),
            Field::residual("engine_id", FieldKind::Text, "snmpEngineID in hex"),
            Field::residual("monitored", FieldKind::Bool, "whether it is polled"),
            Field::residual("tags", FieldKind::Text, "names of its tags, each between | signs: use tags__contains=|core|"),
            Field::indexed("created_at", FieldKind::Time, "when it was made").sortable(),
            Field::indexed("updated_at", FieldKind::Time, "when a writable field was last changed").sortable(),
        ],
        relations: &[
            Relation { name: "site", column: "site_id", schema: || super::Site::SCHEMA },
            Relation { name: "realm", column: "realm_id", schema: || super::Realm::SCHEMA },
        ],
        search: &["name", "vendor", "model", "os", "serial", "sys_name", "sys_location", "tags"],
        default_ordering: "name",
        scope: ScopeRule::Device,
    };

    fn id(&self) -> Id {
        self.id
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn columns(&self) -> Vec<Value> {
        let i = &self.identity;
        vec![
            (&self.name).into(),
            self.address.into(),
            self.status.word().into(),
            self.site_id.into(),
            self.realm_id.into(),
            self.effective_role().map(Role::word).into(),
            i.vendor.as_deref().into(),
            i.model.as_deref().into(),
            i.os.as_deref().into(),
            i.os_version.as_deref().into(),
            i.serial.as_deref().into(),
            i.chassis_id.as_deref().into(),
            i.sys_name.as_deref().into(),
            i.sys_location.as_deref().into(),
            i.engine_id.as_deref().into(),
            self.monitored.into(),
            tag_column(&self.tags).into(),
            self.created_at.into(),
            self.updated_at.into(),
        ]
    }
}

fn tag_column(tags: &[String]) -> String {
    if tags.is_empty() { String::new() } else { format!("|{}|", tags.join("|")) }
}
