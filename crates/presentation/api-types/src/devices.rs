//! Views of devices.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vigie_domain::devices::{
    Access, AccessProtocol, AccessState, Cause, Device, DeviceState, DeviceStatus, Likelihood, Role, Site, StorageUse,
};

use crate::{Named, Time, Uid};

/// A possible cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CauseView {
    /// What it would be.
    pub cause: String,
    /// How probable it is: `likely`, `possible`, `unlikely`.
    #[schema(value_type = String, example = "likely")]
    pub likelihood: Likelihood,
}

/// How a device answers one protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AccessView {
    /// `snmp`, `icmp` or `tcp`.
    #[schema(value_type = String, example = "snmp")]
    pub protocol: AccessProtocol,
    /// `ok`, `no_answer`, `refused`, `wrong_credentials`, `wrong_privacy_key`, `authorization_denied`, `unsupported` or `error`.
    #[schema(value_type = String, example = "ok")]
    pub state: AccessState,
    /// Since when it has been so.
    #[schema(inline)]
    pub since: Time,
    /// The credential it was tried with.
    #[schema(inline)]
    pub credential_id: Option<Uid>,
    /// Ranked causes, most probable first.
    pub causes: Vec<CauseView>,
    /// What to do.
    pub solution: Option<String>,
}

/// Use of one storage area.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StorageUseView {
    /// hrStorageDescr, such as `/var`.
    pub name: String,
    /// Used bytes.
    pub used_bytes: u64,
    /// Size in bytes.
    pub total_bytes: u64,
}

/// What polling writes about a device; it never raises its version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeviceStateView {
    /// Since when the status holds.
    #[schema(inline)]
    pub status_since: Option<Time>,
    /// Why, in one sentence.
    pub status_reason: Option<String>,
    /// sysUpTime when it last answered.
    pub uptime_seconds: Option<f64>,
    /// When it started, as far as sysUpTime tells.
    #[schema(inline)]
    pub rebooted_at: Option<Time>,
    /// When it was last polled.
    #[schema(inline)]
    pub last_polled_at: Option<Time>,
    /// How long that took.
    pub last_poll_duration_ms: Option<f64>,
    /// When it is polled next.
    #[schema(inline)]
    pub next_poll_at: Option<Time>,
    /// When it last answered.
    #[schema(inline)]
    pub last_answer_at: Option<Time>,
    /// Round trip of the last echo.
    pub latency_ms: Option<f64>,
    /// Share of echoes lost, 0 to 1.
    pub loss_ratio: Option<f64>,
    /// Busy share of its processors, 0 to 1.
    pub cpu_ratio: Option<f64>,
    /// Memory in use.
    pub memory_used_bytes: Option<u64>,
    /// Memory there is.
    pub memory_total_bytes: Option<u64>,
    /// Its storage areas.
    pub storage: Vec<StorageUseView>,
    /// Interfaces known.
    pub interfaces_total: u32,
    /// Of these, how many are up.
    pub interfaces_up: u32,
    /// Of these, how many should be up and are not.
    pub interfaces_down: u32,
    /// Open alerts about it.
    pub alerts_active: u32,
}

/// A device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeviceView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// Version of its writable fields; the `ETag`.
    pub version: i64,
    /// Name.
    pub name: String,
    /// IP address it is monitored at.
    #[schema(example = "192.0.2.7")]
    pub address: String,
    /// The same address, as filters call it.
    #[schema(example = "192.0.2.7")]
    pub primary_ip: String,
    /// Its realm.
    #[schema(inline)]
    pub realm_id: Uid,
    /// Its site.
    #[schema(inline)]
    pub site_id: Option<Uid>,
    /// Its site by name.
    pub site: Option<Named>,
    /// Names of its tags.
    pub tags: Vec<String>,
    /// Its credentials, tried in this order.
    #[schema(inline)]
    pub credentials: Vec<Uid>,
    /// Seconds between polls.
    pub poll_interval_seconds: u32,
    /// Whether it is polled.
    pub monitored: bool,
    /// Whether it was taken out of service.
    pub decommissioned: bool,
    /// Notes.
    pub notes: Option<String>,
    /// What it does in the network: set by a person, else detected.
    #[schema(value_type = Option<String>, example = "access")]
    pub role: Option<Role>,
    /// UDP port of its SNMP agent.
    pub snmp_port: u16,
    /// Maker.
    pub vendor: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Operating system.
    pub os: Option<String>,
    /// Its version.
    pub os_version: Option<String>,
    /// Serial number of the chassis.
    pub serial: Option<String>,
    /// sysName.
    pub sys_name: Option<String>,
    /// sysDescr.
    pub sys_descr: Option<String>,
    /// sysObjectID.
    pub sys_object_id: Option<String>,
    /// sysLocation.
    pub sys_location: Option<String>,
    /// sysContact.
    pub sys_contact: Option<String>,
    /// LLDP chassis id.
    pub chassis_id: Option<String>,
    /// snmpEngineID in hex.
    pub engine_id: Option<String>,
    /// `up`, `degraded`, `down`, `unreachable`, `unmonitored`, `pending` or `decommissioned`.
    #[schema(value_type = String, example = "up")]
    pub status: DeviceStatus,
    /// How it answers.
    pub access: Vec<AccessView>,
    /// What polling writes about it.
    pub state: DeviceStateView,
    /// When it was made.
    #[schema(inline)]
    pub created_at: Time,
    /// When a writable field was last changed.
    #[schema(inline)]
    pub updated_at: Time,
}

impl From<Cause> for CauseView {
    fn from(x: Cause) -> Self {
        Self { cause: x.cause, likelihood: x.likelihood }
    }
}

impl From<Access> for AccessView {
    fn from(x: Access) -> Self {
        Self {
            protocol: x.protocol,
            state: x.state,
            since: x.since.into(),
            credential_id: x.credential_id.map(Into::into),
            causes: x.causes.into_iter().map(Into::into).collect(),
            solution: x.solution,
        }
    }
}

impl From<StorageUse> for StorageUseView {
    fn from(x: StorageUse) -> Self {
        Self { name: x.name, used_bytes: x.used_bytes, total_bytes: x.total_bytes }
    }
}

impl DeviceStateView {
    /// Out of what polling wrote, the device's status and its open alerts.
    pub fn new(device: &Device, x: DeviceState, alerts_active: u32) -> Self {
        Self {
            status_since: device.status_since.map(Into::into),
            status_reason: device.status_reason.clone(),
            uptime_seconds: x.uptime_seconds,
            rebooted_at: x.rebooted_at.map(Into::into),
            last_polled_at: x.last_polled_at.map(Into::into),
            last_poll_duration_ms: x.last_poll_duration_ms,
            next_poll_at: x.next_poll_at.map(Into::into),
            last_answer_at: x.last_answer_at.map(Into::into),
            latency_ms: x.latency_ms,
            loss_ratio: x.loss_ratio,
            cpu_ratio: x.cpu_ratio,
            memory_used_bytes: x.memory_used_bytes,
            memory_total_bytes: x.memory_total_bytes,
            storage: x.storage.into_iter().map(Into::into).collect(),
            interfaces_total: x.interfaces_total,
            interfaces_up: x.interfaces_up,
            interfaces_down: x.interfaces_down,
            alerts_active,
        }
    }
}

impl DeviceView {
    /// Out of a device, its site and what polling wrote.
    pub fn new(x: Device, site: Option<&Site>, state: DeviceState, alerts_active: u32) -> Self {
        let state = DeviceStateView::new(&x, state, alerts_active);
        let role = x.effective_role();
        let i = x.identity;
        Self {
            id: x.id.into(),
            version: x.version,
            name: x.name,
            address: x.address.to_string(),
            primary_ip: x.address.to_string(),
            realm_id: x.realm_id.into(),
            site_id: x.site_id.map(Into::into),
            site: site.map(|s| Named::new(s.id, &s.name)),
            tags: x.tags,
            credentials: x.credentials.into_iter().map(Into::into).collect(),
            poll_interval_seconds: x.poll_interval_seconds,
            monitored: x.monitored,
            decommissioned: x.decommissioned,
            notes: x.notes,
            role,
            snmp_port: x.snmp_port,
            vendor: i.vendor,
            model: i.model,
            os: i.os,
            os_version: i.os_version,
            serial: i.serial,
            sys_name: i.sys_name,
            sys_descr: i.sys_descr,
            sys_object_id: i.sys_object_id,
            sys_location: i.sys_location,
            sys_contact: i.sys_contact,
            chassis_id: i.chassis_id,
            engine_id: i.engine_id,
            status: x.status,
            access: x.access.into_iter().map(Into::into).collect(),
            state,
            created_at: x.created_at.into(),
            updated_at: x.updated_at.into(),
        }
    }
}
