//! Views of interfaces, addresses and neighbours.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vigie_domain::devices::{Address, AdminStatus, Interface, Neighbour, NeighbourProtocol, OperStatus, Peer, Thresholds};

use crate::{Named, Time, Uid};

/// Limits of one interface.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ThresholdsView {
    /// Utilisation that warns, 0 to 1.
    pub utilisation_warning_ratio: Option<f64>,
    /// Utilisation that is critical, 0 to 1.
    pub utilisation_critical_ratio: Option<f64>,
}

/// What hangs on the other end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PeerView {
    /// The device, where it is known.
    #[schema(inline)]
    pub device_id: Option<Uid>,
    /// Its name.
    pub device_name: Option<String>,
    /// Its interface, where it is known.
    #[schema(inline)]
    pub interface_id: Option<Uid>,
    /// Name of that port.
    pub interface_name: Option<String>,
}

/// Rates over the last poll interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InterfaceStateView {
    /// When they were read.
    #[schema(inline)]
    pub at: Option<Time>,
    /// Bits per second received.
    pub in_bps: Option<f64>,
    /// Bits per second sent.
    pub out_bps: Option<f64>,
    /// Packets per second received.
    pub in_pps: Option<f64>,
    /// Packets per second sent.
    pub out_pps: Option<f64>,
    /// Multicast packets per second received, part of `in_pps`; `null` for agents without ifXTable (RFC 2863).
    pub in_multicast_pps: Option<f64>,
    /// Multicast packets per second sent.
    pub out_multicast_pps: Option<f64>,
    /// Broadcast packets per second received, part of `in_pps`.
    pub in_broadcast_pps: Option<f64>,
    /// Broadcast packets per second sent.
    pub out_broadcast_pps: Option<f64>,
    /// Errors received.
    pub in_errors_per_second: Option<f64>,
    /// Errors sent.
    pub out_errors_per_second: Option<f64>,
    /// Discards received.
    pub in_discards_per_second: Option<f64>,
    /// Discards sent.
    pub out_discards_per_second: Option<f64>,
    /// Share of the speed received, 0 to 1.
    pub in_utilisation_ratio: Option<f64>,
    /// Share of the speed sent, 0 to 1.
    pub out_utilisation_ratio: Option<f64>,
    /// The busier of both.
    pub utilisation_ratio: Option<f64>,
    /// Raw counter of octets received, decimal.
    pub in_octets: Option<String>,
    /// Raw counter of octets sent, decimal.
    pub out_octets: Option<String>,
}

/// An interface.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InterfaceView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// Version of its writable fields; the `ETag`.
    pub version: i64,
    /// Its device.
    #[schema(inline)]
    pub device_id: Uid,
    /// Its device by name.
    pub device: Named,
    /// ifIndex.
    pub if_index: u32,
    /// ifName, else ifDescr.
    pub name: String,
    /// ifAlias.
    pub alias: Option<String>,
    /// ifDescr.
    pub description: Option<String>,
    /// ifType by its IANA name.
    pub kind: Option<String>,
    /// ifPhysAddress.
    pub mac: Option<String>,
    /// ifMtu.
    pub mtu: Option<u32>,
    /// Bits per second.
    pub speed_bps: Option<u64>,
    /// ifAdminStatus: `up`, `down`, `testing` or `unknown`.
    #[schema(value_type = String, example = "up")]
    pub admin_status: AdminStatus,
    /// ifOperStatus: `up`, `down`, `testing`, `unknown`, `dormant`, `not_present` or `lower_layer_down`.
    #[schema(value_type = String, example = "up")]
    pub oper_status: OperStatus,
    /// Since when the operational status holds.
    #[schema(inline)]
    pub status_since: Option<Time>,
    /// A person's note.
    pub note: Option<String>,
    /// Whether its state raises alerts.
    pub monitored: bool,
    /// Limits of its own.
    pub thresholds: Option<ThresholdsView>,
    /// What hangs on it.
    pub peer: Option<PeerView>,
    /// Rates over the last poll interval.
    pub state: InterfaceStateView,
    /// When it was first seen.
    #[schema(inline)]
    pub created_at: Time,
    /// When a writable field was last changed.
    #[schema(inline)]
    pub updated_at: Time,
}

/// An address that a device holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AddressView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// The device.
    #[schema(inline)]
    pub device_id: Uid,
    /// The device by name.
    pub device: Named,
    /// The interface, where it is known.
    #[schema(inline)]
    pub interface_id: Option<Uid>,
    /// Its name.
    pub interface_name: Option<String>,
    /// The address.
    pub address: String,
    /// Length of its prefix.
    pub prefix_length: Option<u8>,
    /// The network it lies in.
    pub network: Option<String>,
    /// The realm in which it is unique.
    #[schema(inline)]
    pub realm_id: Uid,
    /// When it was first seen.
    #[schema(inline)]
    pub first_seen: Time,
    /// When it was last seen.
    #[schema(inline)]
    pub last_seen: Time,
}

/// A neighbour as a device tells of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NeighbourView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// The device that tells.
    #[schema(inline)]
    pub device_id: Uid,
    /// Its interface, where it is known.
    #[schema(inline)]
    pub interface_id: Option<Uid>,
    /// Name of its port.
    pub local_port: String,
    /// `lldp` or `cdp`.
    #[schema(value_type = String, example = "lldp")]
    pub protocol: NeighbourProtocol,
    /// `device`, `neighbour` (no device of ours) or `hidden` (outside the caller's scope: nothing else is told of it).
    #[schema(example = "device")]
    pub kind: String,
    /// Chassis id.
    pub chassis_id: Option<String>,
    /// Its subtype.
    pub chassis_id_kind: Option<String>,
    /// Port id.
    pub port_id: Option<String>,
    /// Its subtype.
    pub port_id_kind: Option<String>,
    /// Description of the port.
    pub port_description: Option<String>,
    /// Name of the neighbour.
    pub system_name: Option<String>,
    /// Its description.
    pub system_description: Option<String>,
    /// Addresses at which it can be managed.
    pub management_addresses: Vec<String>,
    /// What it does.
    pub capabilities: Vec<String>,
    /// The device this is, where it is known.
    pub remote_device: Option<Named>,
    /// Its interface, where it is known.
    pub remote_interface: Option<Named>,
    /// When it was first seen.
    #[schema(inline)]
    pub first_seen: Time,
    /// When it was last seen.
    #[schema(inline)]
    pub last_seen: Time,
}

impl From<Thresholds> for ThresholdsView {
    fn from(x: Thresholds) -> Self {
        Self { utilisation_warning_ratio: x.utilisation_warning_ratio, utilisation_critical_ratio: x.utilisation_critical_ratio }
    }
}

impl From<Peer> for PeerView {
    fn from(x: Peer) -> Self {
        Self {
            device_id: x.device_id.map(Into::into),
            device_name: x.device_name,
            interface_id: x.interface_id.map(Into::into),
            interface_name: x.interface_name,
        }
    }
}

impl InterfaceView {
    /// Out of an interface, the name of its device and its last rates.
    pub fn new(x: Interface, device_name: &str, state: InterfaceStateView) -> Self {
        Self {
            id: x.id.into(),
            version: x.version,
            device_id: x.device_id.into(),
            device: Named::new(x.device_id, device_name),
            if_index: x.if_index,
            name: x.name,
            alias: x.alias,
            description: x.description,
            kind: x.kind,
            mac: x.mac,
            mtu: x.mtu,
            speed_bps: x.speed_bps,
            admin_status: x.admin_status,
            oper_status: x.oper_status,
            status_since: x.status_since.map(Into::into),
            note: x.note,
            monitored: x.monitored,
            thresholds: x.thresholds.map(Into::into),
            peer: x.peer.map(Into::into),
            state,
            created_at: x.created_at.into(),
            updated_at: x.updated_at.into(),
        }
    }
}

impl AddressView {
    /// Out of an address and the name of its device.
    pub fn new(x: &Address, device_name: &str) -> Self {
        let network = x.prefix_length.and_then(|length| ipnet::IpNet::new(x.address, length).ok());
        Self {
            id: x.id.into(),
            device_id: x.device_id.into(),
            device: Named::new(x.device_id, device_name),
            interface_id: x.interface_id.map(Into::into),
            interface_name: x.interface_name.clone(),
            address: x.address.to_string(),
            prefix_length: x.prefix_length,
            network: network.map(|n| n.trunc().to_string()),
            realm_id: x.realm_id.into(),
            first_seen: x.first_seen.into(),
            last_seen: x.last_seen.into(),
        }
    }
}

impl NeighbourView {
    /// Out of a neighbour and what it was found to be.
    pub fn new(x: Neighbour, hidden: bool, remote_device: Option<Named>, remote_interface: Option<Named>) -> Self {
        Self {
            id: x.id.into(),
            device_id: x.device_id.into(),
            interface_id: x.interface_id.map(Into::into),
            local_port: x.local_port,
            protocol: x.protocol,
            kind: kind(hidden, remote_device.is_some()).to_owned(),
            chassis_id: x.chassis_id,
            chassis_id_kind: x.chassis_id_kind,
            port_id: x.port_id,
            port_id_kind: x.port_id_kind,
            port_description: x.port_description,
            system_name: x.system_name,
            system_description: x.system_description,
            management_addresses: x.management_addresses.iter().map(ToString::to_string).collect(),
            capabilities: x.capabilities,
            remote_device,
            remote_interface,
            first_seen: x.first_seen.into(),
            last_seen: x.last_seen.into(),
        }
    }
}

fn kind(hidden: bool, is_device: bool) -> &'static str {
    match (hidden, is_device) {
        (true, _) => "hidden",
        (false, true) => "device",
        (false, false) => "neighbour",
    }
}
