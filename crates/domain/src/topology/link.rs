//! Links: one a cable, however many sources tell of it.

use serde::{Deserialize, Serialize};

use crate::devices::NeighbourProtocol;
use crate::query::{Field, FieldKind, Schema, ScopeRule, Value};
use crate::store::Entity;
use crate::{Id, Timestamp};

/// One end of a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkEnd {
    /// The node: a device's id, or the id of a neighbour that is no device of ours.
    pub node: Id,
    /// The device, where it is one.
    pub device_id: Option<Id>,
    /// Name of a node that is no device of ours.
    pub name: Option<String>,
    /// The interface, where it is known.
    pub interface_id: Option<Id>,
    /// Name of the port.
    pub interface_name: Option<String>,
}

/// Who tells of a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// How it was heard.
    pub protocol: NeighbourProtocol,
    /// The device that tells.
    pub seen_by: Id,
    /// Its port.
    pub local_port: Option<String>,
    /// The other's port, as it tells.
    pub remote_port: Option<String>,
    /// When it was first heard.
    pub first_seen: Timestamp,
    /// When it was last heard.
    pub last_seen: Timestamp,
}

/// A cable between two nodes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// Its id: the same as long as its two ends are the same.
    pub id: Id,
    /// The end whose node has the smaller id.
    pub source: LinkEnd,
    /// The other end.
    pub target: LinkEnd,
    /// How sure it is, 0 to 1: both ends tell 1.0, one end 0.8, one end whose remote port is not found 0.6.
    pub confidence: f64,
    /// Who tells of it.
    pub evidence: Vec<Evidence>,
    /// Whether the last reading of the devices still told of it.
    pub present: bool,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was last seen.
    pub last_seen: Timestamp,
}

const BOTH_ENDS: &[&str] = &["source_device_id", "target_device_id"];

impl Link {
    /// The device at this end, if it tells of the link: whoever sees it sees the link. What only the other end tells is that one's.
    pub fn teller(&self, end: &LinkEnd) -> Option<Id> {
        end.device_id.filter(|id| self.evidence.iter().any(|e| e.seen_by == *id))
    }
}

impl Entity for Link {
    const SCHEMA: &'static Schema = &Schema {
        kind: "link",
        table: "links",
        fields: &[
            Field::indexed("source_device_id", FieldKind::Id, "device at the one end").seen_with(&["source_device_id"]),
            Field::indexed("target_device_id", FieldKind::Id, "device at the other end").seen_with(&["target_device_id"]),
            Field::indexed("told_by_source_id", FieldKind::Id, "device at the one end, if it tells of the link")
                .seen_with(&["told_by_source_id"]),
            Field::indexed("told_by_target_id", FieldKind::Id, "device at the other end, if it tells of the link")
                .seen_with(&["told_by_target_id"]),
            Field::residual("confidence", FieldKind::Real, "how sure it is, 0 to 1").seen_with(BOTH_ENDS),
            Field::residual("present", FieldKind::Bool, "whether the last reading still told of it"),
            Field::residual("first_seen", FieldKind::Time, "when it was first seen").sortable().seen_with(BOTH_ENDS),
            Field::residual("last_seen", FieldKind::Time, "when it was last seen").seen_with(BOTH_ENDS),
        ],
        relations: &[],
        search: &[],
        default_ordering: "id",
        scope: ScopeRule::OfDevices(&["told_by_source_id", "told_by_target_id"]),
    };

    fn id(&self) -> Id {
        self.id
    }

    fn columns(&self) -> Vec<Value> {
        vec![
            self.source.device_id.into(),
            self.target.device_id.into(),
            self.teller(&self.source).into(),
            self.teller(&self.target).into(),
            self.confidence.into(),
            self.present.into(),
            self.first_seen.into(),
            self.last_seen.into(),
        ]
    }
}
