//! Reading what the map is made of.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use vigie_domain::alerts::Alert;
use vigie_domain::devices::{Address, Device, Interface, Neighbour};
use vigie_domain::query::Filter;
use vigie_domain::store::{Entity, Read};
use vigie_domain::topology::Link;
use vigie_domain::{Error, Id, Result, Scope};

use super::{Keeper, Stale};
use crate::topology::links::{Claim, RemotePort};
use crate::topology::node::DeviceNode;

/// Objects asked for at a time.
const CHUNK: usize = 500;
/// Portions asked for side by side.
const ABREAST: usize = 3;

impl Keeper {
    /// Reads the map as it is stored: devices, links, the ports at their ends, alerts.
    pub(super) async fn load_map(&mut self) -> Result<()> {
        // read side by side: the map is waited for at a start, and reading documents is most of the work
        let (devices, links) = tokio::try_join!(self.every::<Device>(), self.every::<Link>())?;
        self.graph.devices = devices.into_iter().map(|d| (d.id, Arc::new(DeviceNode::new(d, [])))).collect();
        self.graph.links = links.into_iter().map(|l| (l.id, Arc::new(l))).collect();
        self.graph.ports.clear();
        self.load_ports(&Stale::default()).await?;
        self.load_alerts().await
    }

    /// Reads what devices tell of themselves and their neighbours, out of which links are made.
    pub(super) async fn load_claims(&mut self) -> Result<()> {
        let (told, neighbours) = tokio::try_join!(self.every::<Address>(), self.every::<Neighbour>())?;
        for address in told {
            if let Some(node) = self.graph.devices.get_mut(&address.device_id) {
                Arc::make_mut(node).tells(address.address);
            }
        }
        let names = self.names(neighbours.iter().filter_map(|n| n.remote_interface_id)).await?;
        let mut claims: HashMap<Id, Vec<Claim>> = HashMap::new();
        for told in neighbours {
            let mut claim = Claim::new(told);
            // what was resolved before holds until one of the two is read again
            claim.remote = claim.told.remote_device_id;
            claim.remote_port = claim.told.remote_interface_id.and_then(|id| Some(RemotePort { id, name: names.get(&id)?.clone() }));
            claim.tried = claim.remote.is_some() && claim.remote_port.is_some() == claim.told.remote_interface_id.is_some();
            claims.entry(claim.told.device_id).or_default().push(claim);
        }
        self.claims = claims;
        self.peers = self.peers_of_links();
        Ok(())
    }

    /// All objects of a kind, read in a task of their own.
    async fn every<E: Entity>(&self) -> Result<Vec<E>> {
        let store = self.core.store.clone();
        tokio::spawn(async move { store.all::<E>(&Scope::system(), Vec::new()).await }).await.map_err(Error::storage)?
    }

    /// Reads these devices, and with `neighbours` what they tell of theirs. Those that are gone are forgotten.
    pub(super) async fn load_devices(&mut self, ids: &HashSet<Id>, neighbours: bool) -> Result<()> {
        let (store, system) = (self.core.store.clone(), Scope::system());
        for id in ids {
            let Some(device) = store.get::<Device>(&system, *id).await? else {
                self.forget(*id);
                continue;
            };
            let of_device = Filter::eq(Address::SCHEMA, "device_id", *id)?;
            let addresses: Vec<Address> = store.all(&system, vec![of_device]).await?;
            self.graph.devices.insert(*id, Arc::new(DeviceNode::new(device, addresses.into_iter().map(|a| a.address))));
            if neighbours {
                let of_device = Filter::eq(Neighbour::SCHEMA, "device_id", *id)?;
                let told: Vec<Neighbour> = store.all(&system, vec![of_device]).await?;
                let before = self.claims.remove(id).unwrap_or_default();
                self.claims.insert(*id, told.into_iter().map(|told| carried(&before, Claim::new(told))).collect());
            }
        }
        Ok(())
    }

    /// The store let go of what hung on the device; so does the map.
    fn forget(&mut self, id: Id) {
        self.graph.devices.remove(&id);
        self.graph.alerts.remove(&id);
        self.claims.remove(&id);
        self.graph.links.retain(|_, l| l.source.device_id != Some(id) && l.target.device_id != Some(id));
    }

    /// Counts the open alerts of each device.
    pub(super) async fn load_alerts(&mut self) -> Result<()> {
        let open = Filter::eq(Alert::SCHEMA, "open", true)?;
        let alerts: Vec<Alert> = self.core.store.all(&Scope::system(), vec![open]).await?;
        self.graph.alerts.clear();
        for device in alerts.iter().filter_map(|a| a.device_id) {
            *self.graph.alerts.entry(device).or_default() += 1;
        }
        Ok(())
    }

    async fn names(&self, ids: impl Iterator<Item = Id>) -> Result<HashMap<Id, String>> {
        let ids: HashSet<Id> = ids.collect();
        Ok(self.interfaces(ids).await?.into_iter().map(|i| (i.id, i.name)).collect())
    }

    /// These interfaces, asked for in portions side by side.
    pub(super) async fn interfaces(&self, ids: impl IntoIterator<Item = Id>) -> Result<Vec<Interface>> {
        let ids: Vec<Id> = ids.into_iter().collect();
        let portions: Vec<Vec<Id>> = ids.chunks(CHUNK).map(<[Id]>::to_vec).collect();
        let read = |portion: Vec<Id>| {
            let store = self.core.store.clone();
            async move {
                let reading = tokio::spawn(async move { store.get_many::<Interface>(&Scope::system(), &portion).await });
                reading.await.map_err(Error::storage)?
            }
        };
        stream::iter(portions.into_iter().map(read)).buffer_unordered(ABREAST).try_concat().await
    }
}

/// With what the same claim was resolved to before.
fn carried(before: &[Claim], claim: Claim) -> Claim {
    let port = |c: &Claim| (c.told.port_id.clone(), c.told.port_id_kind.clone(), c.told.port_description.clone());
    match before.iter().find(|b| b.told.id == claim.told.id && port(b) == port(&claim)) {
        Some(known) => Claim { remote: known.remote, remote_port: known.remote_port.clone(), tried: known.tried, ..claim },
        None => claim,
    }
}
