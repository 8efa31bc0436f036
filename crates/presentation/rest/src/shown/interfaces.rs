//! Interfaces, addresses and neighbours.

use async_trait::async_trait;
use vigie_api_types::{AddressView, InterfaceStateView, InterfaceView, Named, NeighbourView};
use vigie_application::CallContext;
use vigie_application::onlooker::Onlooker;
use vigie_application::telemetry::InterfaceRates;
use vigie_domain::devices::{Address, Interface, Neighbour};
use vigie_domain::store::{Read, Reader};
use vigie_domain::{Id, Result};

use crate::app::App;
use crate::resource::{Shown, Verbs, mount as mount_resource, named_devices};
use crate::routes::Routes;

pub(super) fn mount(routes: &mut Routes) {
    mount_resource::<Interface>(routes, Verbs::ReadPatch);
    mount_resource::<Address>(routes, Verbs::Read);
}

#[async_trait]
impl Shown for Interface {
    type View = InterfaceView;
    const TAG: &'static str = "devices";
    const NOUN: &'static str = "an interface";

    async fn show(app: &App, reader: &dyn Reader, cx: &CallContext, entities: Vec<Self>) -> Result<Vec<InterfaceView>> {
        let names = named_devices(reader, entities.iter().map(|i| i.device_id)).await?;
        let peers = entities.iter().filter_map(|i| i.peer.as_ref()?.device_id);
        let onlooker = Onlooker::of(&cx.principal.scope(), reader, peers).await?;
        let show = |mut interface: Self| {
            let name = names.get(&interface.device_id).map_or("", String::as_str);
            interface.peer = interface.peer.filter(|peer| onlooker.sees(peer.device_id));
            let state = rates(app.env.live.interface(interface.id), interface.speed_bps);
            InterfaceView::new(interface, name, state)
        };
        Ok(entities.into_iter().map(show).collect())
    }
}

fn rates(rates: Option<InterfaceRates>, speed_bps: Option<u64>) -> InterfaceStateView {
    let r = rates.unwrap_or_default();
    let share = |bps: Option<f64>| Some(bps? / speed_bps.filter(|s| *s > 0)? as f64);
    InterfaceStateView {
        at: rates.map(|r| r.at.into()),
        in_bps: r.in_bps,
        out_bps: r.out_bps,
        in_pps: r.in_pps,
        out_pps: r.out_pps,
        in_multicast_pps: r.in_multicast_pps,
        out_multicast_pps: r.out_multicast_pps,
        in_broadcast_pps: r.in_broadcast_pps,
        out_broadcast_pps: r.out_broadcast_pps,
        in_errors_per_second: r.in_errors,
        out_errors_per_second: r.out_errors,
        in_discards_per_second: r.in_discards,
        out_discards_per_second: r.out_discards,
        in_utilisation_ratio: share(r.in_bps),
        out_utilisation_ratio: share(r.out_bps),
        utilisation_ratio: r.utilisation,
        in_octets: r.in_octets.map(|v| v.to_string()),
        out_octets: r.out_octets.map(|v| v.to_string()),
    }
}

#[async_trait]
impl Shown for Address {
    type View = AddressView;
    const TAG: &'static str = "devices";
    const NOUN: &'static str = "an address";

    async fn show(_app: &App, reader: &dyn Reader, _cx: &CallContext, entities: Vec<Self>) -> Result<Vec<AddressView>> {
        let names = named_devices(reader, entities.iter().map(|a| a.device_id)).await?;
        Ok(entities.iter().map(|a| AddressView::new(a, names.get(&a.device_id).map_or("", String::as_str))).collect())
    }
}

#[async_trait]
impl Shown for Neighbour {
    type View = NeighbourView;
    const TAG: &'static str = "devices";
    const NOUN: &'static str = "a neighbour";

    async fn show(_app: &App, reader: &dyn Reader, cx: &CallContext, entities: Vec<Self>) -> Result<Vec<NeighbourView>> {
        let scope = cx.principal.scope();
        let device_ids: Vec<Id> = entities.iter().filter_map(|n| n.remote_device_id).collect();
        let devices: Vec<vigie_domain::devices::Device> = reader.get_many(&scope, &device_ids).await?;
        let port_ids: Vec<Id> = entities.iter().filter_map(|n| n.remote_interface_id).collect();
        let ports: Vec<Interface> = reader.get_many(&scope, &port_ids).await?;
        let show = |mut neighbour: Self| {
            let device = neighbour.remote_device_id.and_then(|id| devices.iter().find(|d| d.id == id)).map(|d| Named::new(d.id, &d.name));
            let port = neighbour.remote_interface_id.and_then(|id| ports.iter().find(|p| p.id == id)).map(|p| Named::new(p.id, &p.name));
            let hidden = device.is_none() && !scope.is_everything();
            if hidden {
                hide(&mut neighbour);
            }
            NeighbourView::new(neighbour, hidden, device, port)
        };
        Ok(entities.into_iter().map(show).collect())
    }
}

/// A neighbour outside the caller's scope: that something is there, and nothing of what it is; the same whether that is a device of
/// somebody else's or none of ours.
fn hide(neighbour: &mut Neighbour) {
    (neighbour.chassis_id, neighbour.chassis_id_kind) = (None, None);
    (neighbour.port_id, neighbour.port_id_kind) = (None, None);
    neighbour.port_description = None;
    neighbour.system_name = None;
    neighbour.system_description = None;
    neighbour.management_addresses.clear();
    neighbour.capabilities.clear();
}
