//! What hangs on each port, as interfaces tell it.

use std::collections::HashMap;

use vigie_domain::Id;
use vigie_domain::devices::Peer;
use vigie_domain::topology::LinkEnd;

use super::Keeper;

impl Keeper {
    /// The other end of each port that has a link; of several links on one port the surest.
    pub(super) fn peers_of_links(&self) -> HashMap<Id, Peer> {
        let mut present: Vec<_> = self.graph.links.values().filter(|l| l.present).collect();
        present.sort_unstable_by(|a, b| a.confidence.total_cmp(&b.confidence).then(b.id.cmp(&a.id)));
        let mut peers = HashMap::with_capacity(present.len() * 2);
        for link in present {
            for (near, far) in [(&link.source, &link.target), (&link.target, &link.source)] {
                if let Some(port) = near.interface_id {
                    peers.insert(port, self.peer(far));
                }
            }
        }
        peers
    }

    fn peer(&self, far: &LinkEnd) -> Peer {
        let device = far.device_id.and_then(|id| self.graph.devices.get(&id));
        Peer {
            device_id: far.device_id,
            device_name: device.map(|d| d.name.clone()).or_else(|| far.name.clone()),
            interface_id: far.interface_id,
            interface_name: far.interface_name.clone(),
        }
    }
}
