//! Ports: which one a neighbour means, and how those at the ends of links are.

use std::collections::{HashMap, HashSet};

use vigie_domain::devices::Interface;
use vigie_domain::query::Filter;
use vigie_domain::store::{Entity, Read};
use vigie_domain::{Id, Result, Scope};

use super::{Keeper, Stale};
use crate::devices::identify::port_index::{PortIndex, PortKey};
use crate::topology::graph::{PortState, ports};
use crate::topology::links::RemotePort;

impl Keeper {
    /// Resolves the ports of these claims (owner and place), by the device they mean.
    pub(super) async fn resolve_ports(&mut self, open: HashMap<Id, Vec<(Id, usize)>>) -> Result<()> {
        for (remote, claims) in open {
            let of_device = Filter::eq(Interface::SCHEMA, "device_id", remote)?;
            let interfaces: Vec<Interface> = self.core.store.all(&Scope::system(), vec![of_device]).await?;
            let index = PortIndex::new(interfaces.iter().map(key));
            for (owner, place) in claims {
                let Some(claim) = self.claims.get_mut(&owner).and_then(|c| c.get_mut(place)) else { continue };
                let told = &claim.told;
                let found = index.resolve(told.port_id_kind.as_deref(), told.port_id.as_deref(), told.port_description.as_deref());
                claim.remote_port = found.map(|at| RemotePort { id: interfaces[at].id, name: interfaces[at].name.clone() });
            }
        }
        Ok(())
    }

    /// Reads the states of ports at the ends of links: those that are new there, and those that may have changed.
    pub(super) async fn load_ports(&mut self, stale: &Stale) -> Result<()> {
        let mut wanted = HashSet::new();
        let mut ends = HashSet::new();
        for link in self.graph.links.values() {
            let touched = [&link.source, &link.target].into_iter().any(|e| e.device_id.is_some_and(|d| stale.read.contains(&d)));
            for port in ports(link) {
                ends.insert(port);
                if touched || stale.ports.contains(&port) || !self.graph.ports.contains_key(&port) {
                    wanted.insert(port);
                }
            }
        }
        self.graph.ports.retain(|port, _| ends.contains(port));
        for interface in self.interfaces(wanted).await? {
            self.graph.ports.insert(interface.id, PortState::from(&interface));
        }
        Ok(())
    }
}

fn key(i: &Interface) -> PortKey<'_> {
    PortKey {
        if_index: i.if_index,
        name: &i.name,
        description: i.description.as_deref(),
        alias: i.alias.as_deref(),
        mac: i.mac.as_deref(),
        kind: i.kind.as_deref(),
        lldp_port_id: i.lldp_port_id.as_deref(),
    }
}
