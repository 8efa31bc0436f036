//! What a device hears of its neighbours, whatever the protocol.

use std::net::IpAddr;

use vigie_domain::devices::NeighbourProtocol;

/// A neighbour as the device tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// How it was heard.
    pub protocol: NeighbourProtocol,
    /// ifIndex of the local port, where it could be told.
    pub if_index: Option<u32>,
    /// Name of the local port.
    pub local_port: String,
    /// Chassis id: a MAC as `aa:bb:…`, else text.
    pub chassis_id: Option<String>,
    /// Its subtype.
    pub chassis_id_kind: Option<&'static str>,
    /// Port id.
    pub port_id: Option<String>,
    /// Its subtype.
    pub port_id_kind: Option<&'static str>,
    /// Description of the port.
    pub port_description: Option<String>,
    /// Name of the neighbour.
    pub system_name: Option<String>,
    /// Its description.
    pub system_description: Option<String>,
    /// Addresses at which it can be managed, sorted.
    pub management_addresses: Vec<IpAddr>,
    /// What it does.
    pub capabilities: Vec<&'static str>,
}
