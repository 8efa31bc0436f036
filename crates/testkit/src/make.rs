//! Objects to test with: valid, plain, and different from one another.

use std::net::{IpAddr, Ipv4Addr};

use vigie_domain::alerts::{Alert, AlertStatus, Severity};
use vigie_domain::devices::{
    Address, AdminStatus, Device, DeviceGroup, DeviceState, DeviceStatus, Identity, Interface, Neighbour, NeighbourProtocol, OperStatus,
    Realm, Site, Tag,
};
use vigie_domain::identity::Actor;
use vigie_domain::system::{AuditEntry, AuditOutcome, AuditResource, Event, Job, JobProgress, JobStatus, Subject, event_types};
use vigie_domain::{Id, Timestamp};

/// 2026-11-23T09:05:40.123Z, when the tests take place.
pub const NOW: Timestamp = Timestamp(1_795_424_740_123);

/// The address `10.x.y.z` of a number.
pub fn ip(number: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from(0x0a00_0000 | number))
}

/// A device that is up, in the default realm.
pub fn device(name: &str, number: u32) -> Device {
    Device {
        id: Id::new(),
        version: 1,
        name: name.to_owned(),
        address: ip(number),
        realm_id: Realm::DEFAULT,
        site_id: None,
        tags: Vec::new(),
        credentials: Vec::new(),
        poll_interval_seconds: 60,
        monitored: true,
        decommissioned: false,
        notes: None,
        role: None,
        snmp_port: 161,
        identity: Identity::default(),
        status: DeviceStatus::Up,
        status_since: Some(NOW),
        status_reason: None,
        status_beyond: None,
        access: Vec::new(),
        position: None,
        identified_at: None,
        created_at: Timestamp(NOW.0 + i64::from(number)),
        updated_at: Timestamp(NOW.0 + i64::from(number)),
    }
}

/// An interface that is up.
pub fn interface(device: &Device, name: &str, if_index: u32) -> Interface {
    Interface {
        id: Id::new(),
        version: 1,
        device_id: device.id,
        if_index,
        name: name.to_owned(),
        alias: None,
        description: None,
        kind: Some("ethernetCsmacd".to_owned()),
        mac: None,
        lldp_port_id: None,
        mtu: Some(1500),
        speed_bps: Some(1_000_000_000),
        admin_status: AdminStatus::Up,
        oper_status: OperStatus::Up,
        status_since: None,
        note: None,
        monitored: true,
        thresholds: None,
        peer: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

/// An address of a device.
pub fn address(device: &Device, number: u32) -> Address {
    Address {
        id: Id::new(),
        device_id: device.id,
        interface_id: None,
        interface_name: None,
        address: ip(number),
        prefix_length: Some(24),
        realm_id: device.realm_id,
        first_seen: NOW,
        last_seen: NOW,
    }
}

/// A neighbour that a device tells of by LLDP.
pub fn neighbour(device: &Device, local_port: &str) -> Neighbour {
    Neighbour {
        id: Id::new(),
        device_id: device.id,
        interface_id: None,
        local_port: local_port.to_owned(),
        protocol: NeighbourProtocol::Lldp,
        chassis_id: None,
        chassis_id_kind: None,
        port_id: None,
        port_id_kind: None,
        port_description: None,
        system_name: Some("other".to_owned()),
        system_description: None,
        management_addresses: Vec::new(),
        capabilities: Vec::new(),
        remote_device_id: None,
        remote_interface_id: None,
        first_seen: NOW,
        last_seen: NOW,
    }
}

/// What polling saw of a device.
pub fn state(device: &Device) -> DeviceState {
    DeviceState { id: device.id, last_polled_at: Some(NOW), ..DeviceState::default() }
}

/// A place.
pub fn site(name: &str, parent: Option<&Site>) -> Site {
    Site {
        id: Id::new(),
        version: 1,
        name: name.to_owned(),
        parent_id: parent.map(|p| p.id),
        address: None,
        latitude: None,
        longitude: None,
        notes: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

/// A realm.
pub fn realm(name: &str) -> Realm {
    Realm { id: Id::new(), version: 1, name: name.to_owned(), description: None, is_default: false, created_at: NOW, updated_at: NOW }
}

/// A tag.
pub fn tag(name: &str) -> Tag {
    Tag {
        id: Id::new(),
        version: 1,
        name: name.to_owned(),
        color: None,
        description: None,
        owner_id: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

/// A group of devices.
pub fn group(name: &str, members: &[&Device]) -> DeviceGroup {
    let mut device_ids: Vec<Id> = members.iter().map(|d| d.id).collect();
    device_ids.sort_unstable();
    DeviceGroup { id: Id::new(), version: 1, name: name.to_owned(), description: None, device_ids, created_at: NOW, updated_at: NOW }
}

/// An open alert.
pub fn alert(device: Option<&Device>, key: &str) -> Alert {
    let subject = Subject { kind: "device".to_owned(), id: device.map(|d| d.id), name: None };
    Alert {
        id: Id::new(),
        version: 1,
        rule_id: None,
        rule_name: "rule".to_owned(),
        severity: Severity::Warning,
        status: AlertStatus::Active,
        title: format!("alert {key}"),
        detail: None,
        beyond: None,
        subject,
        device_id: device.map(|d| d.id),
        device_name: None,
        interface_id: None,
        interface_name: None,
        site_id: None,
        metric: None,
        value: None,
        threshold: None,
        unit: None,
        dedup_key: key.to_owned(),
        raised_at: NOW,
        changed_at: NOW,
        acknowledged_at: None,
        acknowledged_by: None,
        acknowledged_until: None,
        silenced_until: None,
        resolved_at: None,
        resolved_by: None,
        occurrences: 1,
        comments: Vec::new(),
        deliveries: Vec::new(),
    }
}

/// An event of a device, or of none.
pub fn event(device: Option<&Device>) -> Event {
    let subject = Subject { kind: "device".to_owned(), id: device.map(|d| d.id), name: None };
    Event::new(event_types::DEVICE_CHANGED, NOW, subject, device.map(|d| d.id))
}

/// An audit entry about a device.
pub fn audit(device: &Device) -> AuditEntry {
    AuditEntry {
        id: Id::new(),
        at: NOW,
        actor: Actor::system(),
        action: "devices.update".to_owned(),
        resource: AuditResource { kind: "device".to_owned(), id: Some(device.id), name: Some(device.name.clone()) },
        before: None,
        after: None,
        address: None,
        request_id: None,
        outcome: AuditOutcome::Success,
    }
}

/// A queued job that is due at this time.
pub fn job(kind: &str, run_at: Timestamp) -> Job {
    Job {
        id: Id::new(),
        kind: kind.to_owned(),
        status: JobStatus::Queued,
        progress: JobProgress::default(),
        result: None,
        error: None,
        requested_by: None,
        input: serde_json::Value::Null,
        attempts: 0,
        owner: None,
        lease_until: None,
        fencing: 0,
        cancel_requested: false,
        log: Vec::new(),
        created_at: NOW,
        run_at,
        started_at: None,
        finished_at: None,
    }
}
