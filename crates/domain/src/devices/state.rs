//! What polling writes about a device: kept apart from it, so that it never raises its version.

use serde::{Deserialize, Serialize};

use crate::query::{Schema, ScopeRule, Value};
use crate::store::Entity;
use crate::{Id, Timestamp};

/// Use of one storage area (HOST-RESOURCES-MIB hrStorageTable).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StorageUse {
    /// hrStorageDescr, such as `/var`.
    pub name: String,
    /// Used bytes.
    pub used_bytes: u64,
    /// Size in bytes.
    pub total_bytes: u64,
}

/// The last values that polling saw. Its id is the device's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceState {
    /// The device.
    pub id: Id,
    /// sysUpTime in seconds at `last_answer_at`.
    pub uptime_seconds: Option<f64>,
    /// When it started, as far as sysUpTime tells.
    pub rebooted_at: Option<Timestamp>,
    /// When it was last polled.
    pub last_polled_at: Option<Timestamp>,
    /// How long that took.
    pub last_poll_duration_ms: Option<f64>,
    /// When it is polled next.
    pub next_poll_at: Option<Timestamp>,
    /// When it last answered.
    pub last_answer_at: Option<Timestamp>,
    /// Round trip of the last echo, milliseconds.
    pub latency_ms: Option<f64>,
    /// Share of echoes lost in the last burst, 0 to 1.
    pub loss_ratio: Option<f64>,
    /// Busy share of its processors, 0 to 1.
    pub cpu_ratio: Option<f64>,
    /// Memory in use.
    pub memory_used_bytes: Option<u64>,
    /// Memory there is.
    pub memory_total_bytes: Option<u64>,
    /// Its storage areas.
    pub storage: Vec<StorageUse>,
    /// Interfaces known.
    pub interfaces_total: u32,
    /// Of these, how many are up.
    pub interfaces_up: u32,
    /// Of these, how many should be up and are not.
    pub interfaces_down: u32,
    /// Polls in a row without answer.
    pub failures: u32,
}

impl Entity for DeviceState {
    const SCHEMA: &'static Schema = &Schema {
        kind: "device state",
        table: "device_states",
        fields: &[],
        relations: &[],
        search: &[],
        default_ordering: "id",
        scope: ScopeRule::OfDevice("id"),
    };

    fn id(&self) -> Id {
        self.id
    }

    fn columns(&self) -> Vec<Value> {
        Vec::new()
    }
}
