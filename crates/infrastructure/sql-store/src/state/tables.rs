//! Every table, and what is known of the amounts it holds: the one place that says where an index pays.

use vigie_domain::alerts::{Alert, AlertRule, Channel, Delivery};
use vigie_domain::devices::{
    Address, Check, Credential, Device, DeviceGroup, DeviceState, Ignored, Interface, Neighbour, Realm, Site, Tag,
};
use vigie_domain::identity::{ApiKey, Role, Session, User};
use vigie_domain::query::Schema;
use vigie_domain::store::Entity;
use vigie_domain::system::{AuditEntry, Event, IdempotencyRecord, Job};
use vigie_domain::topology::{Discovery, Layout, Link, Run, RunResult};

/// How a table grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    /// As people type: some hundred rows, which are sorted as fast as they are read.
    Small,
    /// With the network or with time: each indexed filter is served in each ordering without sorting.
    Grows,
}

/// A table.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) schema: &'static Schema,
    pub(crate) size: Size,
    /// Filters whose values few rows share (a serial number, the ports of one device): what they leave is sorted at once.
    pub(crate) few: &'static [&'static str],
    /// Orders with one index for both directions: going down it, pages step from place to place.
    pub(crate) one_way: &'static [&'static str],
    /// Filters of few rows that an index of the migrations serves already, as it keeps them unique.
    pub(crate) unique: &'static [&'static str],
    /// Columns that name the device with which a row goes.
    pub(crate) of_device: &'static [&'static str],
}

impl Table {
    const fn small(schema: &'static Schema) -> Self {
        Self { schema, size: Size::Small, few: &[], one_way: &[], unique: &[], of_device: &[] }
    }

    const fn growing(schema: &'static Schema, few: &'static [&'static str]) -> Self {
        Self { schema, size: Size::Grows, few, one_way: &[], unique: &[], of_device: &[] }
    }

    const fn one_way(mut self, columns: &'static [&'static str]) -> Self {
        self.one_way = columns;
        self
    }

    const fn unique(mut self, columns: &'static [&'static str]) -> Self {
        self.unique = columns;
        self
    }

    const fn of_device(mut self, columns: &'static [&'static str]) -> Self {
        self.of_device = columns;
        self
    }

    /// The table of this schema.
    pub(crate) fn of(schema: &'static Schema) -> Option<&'static Self> {
        TABLES.iter().find(|t| t.schema.table == schema.table)
    }
}

/// All of them.
pub(crate) static TABLES: &[Table] = &[
    Table::growing(Device::SCHEMA, &["name", "primary_ip", "serial", "chassis_id", "sys_name"]),
    Table::growing(Interface::SCHEMA, &["device_id", "name", "if_index", "mac"]).one_way(&["name", "if_index"]).of_device(&["device_id"]),
    Table::growing(Address::SCHEMA, &["device_id", "address"]).unique(&["device_id"]).of_device(&["device_id"]),
    Table::growing(Neighbour::SCHEMA, &["device_id", "remote_device_id"]).of_device(&["device_id"]),
    Table::growing(DeviceState::SCHEMA, &[]).of_device(&["id"]),
    Table::growing(Link::SCHEMA, &["source_device_id", "target_device_id", "told_by_source_id", "told_by_target_id"])
        .of_device(&["source_device_id", "target_device_id"]),
    Table::growing(Alert::SCHEMA, &["interface_id", "dedup_key"]),
    Table::growing(Delivery::SCHEMA, &["alert_id"]),
    Table::growing(Event::SCHEMA, &["peer_device_id"]),
    Table::growing(AuditEntry::SCHEMA, &[]),
    Table::growing(Job::SCHEMA, &[]),
    Table::growing(Run::SCHEMA, &[]),
    Table::growing(RunResult::SCHEMA, &[]),
    Table::growing(Session::SCHEMA, &["user_id", "hash", "refresh_hash"]).unique(&["hash", "refresh_hash"]),
    Table::growing(IdempotencyRecord::SCHEMA, &["key"]).unique(&["key"]),
    Table::small(Check::SCHEMA).of_device(&["device_id"]),
    Table::small(Site::SCHEMA),
    Table::small(Tag::SCHEMA),
    Table::small(DeviceGroup::SCHEMA),
    Table::small(Realm::SCHEMA),
    Table::small(Ignored::SCHEMA),
    Table::small(Credential::SCHEMA),
    Table::small(Discovery::SCHEMA),
    Table::small(Layout::SCHEMA),
    Table::small(AlertRule::SCHEMA),
    Table::small(Channel::SCHEMA),
    Table::small(User::SCHEMA),
    Table::small(Role::SCHEMA),
    Table::small(ApiKey::SCHEMA),
];
