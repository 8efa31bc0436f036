//! The map as it travels.

use serde::Serialize;
use utoipa::ToSchema;
use vigie_domain::devices::NeighbourProtocol;
use vigie_domain::{Id, Timestamp};

/// An object by id and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Named {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub id: Id,
    /// Its name.
    pub name: String,
}

/// What a node stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// A device.
    Device,
    /// Something that a device hears of, and that is no device of ours.
    Neighbour,
    /// Something outside the caller's scope.
    Hidden,
    /// A site, with everything in it.
    Site,
}

/// A node of the map.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = TopologyNode)]
pub struct Node {
    /// Its id; a device's own for devices, a site's for sites.
    #[schema(value_type = String, format = Uuid)]
    pub id: Id,
    /// The device.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub device_id: Option<Id>,
    /// Its name; null when hidden.
    pub name: Option<String>,
    /// What it stands for.
    pub kind: NodeKind,
    /// What the device does: `core`, `access`…
    pub role: Option<&'static str>,
    /// How the device is; of a site the worst within it.
    pub status: Option<&'static str>,
    /// The site it stands in.
    pub site: Option<Named>,
    /// The building within the site.
    pub building: Option<Named>,
    /// Address it is monitored at.
    pub address: Option<String>,
    /// Maker.
    pub vendor: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Where the layout `default` puts it, to the right.
    pub x: Option<f64>,
    /// Where the layout `default` puts it, downwards.
    pub y: Option<f64>,
    /// Whether a person put it there.
    pub pinned: bool,
    /// Open alerts.
    pub alerts_active: u32,
    /// How many devices a folded node stands for; null for any other.
    pub devices: Option<u32>,
}

/// An end of a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = TopologyLinkEnd)]
pub struct End {
    /// What the node stands for.
    pub kind: NodeKind,
    /// The node.
    #[schema(value_type = String, format = Uuid)]
    pub node: Id,
    /// The interface, where it is known.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub interface: Option<Id>,
    /// Name of the port.
    pub interface_name: Option<String>,
}

/// Who tells of a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = TopologyEvidence)]
pub struct EvidenceView {
    /// `lldp` or `cdp`.
    #[schema(value_type = String, example = "lldp")]
    pub protocol: NeighbourProtocol,
    /// The device that tells.
    #[schema(value_type = String, format = Uuid)]
    pub seen_by: Id,
    /// Its port.
    pub local_port: Option<String>,
    /// The other's port, as it tells.
    pub remote_port: Option<String>,
    /// When it was first heard.
    #[schema(value_type = String, format = DateTime)]
    pub first_seen: Timestamp,
    /// When it was last heard.
    #[schema(value_type = String, format = DateTime)]
    pub last_seen: Timestamp,
}

/// A link of the map: one a cable.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = TopologyLink)]
pub struct LinkView {
    /// Its id: the same as long as its two ends are the same.
    #[schema(value_type = String, format = Uuid)]
    pub id: Id,
    /// One end.
    pub source: End,
    /// The other end.
    pub target: End,
    /// `up`, `down` or `unknown`, by the states of its ports.
    #[schema(example = "up")]
    pub status: &'static str,
    /// Speed of the slower port, bits per second.
    pub speed_bps: Option<u64>,
    /// Share of the speed in use, the busier direction, 0 to 1.
    pub utilisation_ratio: Option<f64>,
    /// Bits per second from source to target.
    pub source_to_target_bps: Option<f64>,
    /// Bits per second from target to source.
    pub target_to_source_bps: Option<f64>,
    /// Errors per second at both ends.
    pub errors_per_second: Option<f64>,
    /// How sure it is, 0 to 1.
    pub confidence: f64,
    /// How it was heard.
    pub protocols: Vec<&'static str>,
    /// Who tells of it.
    pub evidence: Vec<EvidenceView>,
    /// Whether the last reading of the devices still told of it.
    pub present: bool,
    /// How many links a folded one stands for; null for any other.
    pub links: Option<u32>,
    /// When it was first seen.
    #[schema(value_type = String, format = DateTime)]
    pub first_seen: Timestamp,
    /// When it was last seen.
    #[schema(value_type = String, format = DateTime)]
    pub last_seen: Timestamp,
}

/// The map.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Topology {
    /// Devices, and what they hear of.
    pub nodes: Vec<Node>,
    /// The cables between them.
    pub links: Vec<LinkView>,
    /// When nodes and links were last made out of what is stored; rates are of this moment.
    #[schema(value_type = String, format = DateTime)]
    pub computed_at: Timestamp,
    /// Whether the map was folded by site, since it has more than 5,000 nodes.
    pub folded: bool,
}
