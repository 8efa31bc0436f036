//! Scope: applied in the query, to every kind of row (API, section 9).

use std::sync::Arc;

use vigie_domain::alerts::Alert;
use vigie_domain::devices::{Device, DeviceGroup, DeviceState, Ignored, Interface, Realm, Site, Tag};
use vigie_domain::query::{Filter, ListQuery, parse_filter};
use vigie_domain::store::{Entity, Read as _, Store, Write as _};
use vigie_domain::system::{AuditEntry, Event, Job};
use vigie_domain::{Id, ObjectScope, Scope};

use super::put;
use crate::make;

/// Two buildings with rooms, two realms, a group; a device in each corner.
struct World {
    france: Site,
    lyon: Site,
    room: Site,
    berlin: Site,
    customer: Realm,
    devices: Vec<Device>,
    group: DeviceGroup,
}

async fn world(store: &dyn Store) -> World {
    let france = make::site("france", None);
    let lyon = make::site("lyon", Some(&france));
    let room = make::site("room", Some(&lyon));
    let berlin = make::site("berlin", None);
    let customer = make::realm("customer");
    put(store, &[france.clone(), lyon.clone(), room.clone(), berlin.clone()]).await;
    put(store, std::slice::from_ref(&customer)).await;
    let devices = vec![
        Device { site_id: Some(room.id), ..make::device("in-room", 1) },
        Device { site_id: Some(berlin.id), ..make::device("in-berlin", 2) },
        make::device("nowhere", 3),
        Device { realm_id: customer.id, ..make::device("of-customer", 4) },
    ];
    put(store, &devices).await;
    let group = make::group("some", &[&devices[1], &devices[2]]);
    put(store, std::slice::from_ref(&group)).await;
    World { france, lyon, room, berlin, customer, devices, group }
}

fn sites(ids: &[Id]) -> Scope {
    Scope::of(Some(ObjectScope { sites: ids.to_vec(), ..ObjectScope::default() }))
}

fn groups(ids: &[Id]) -> Scope {
    Scope::of(Some(ObjectScope { device_groups: ids.to_vec(), ..ObjectScope::default() }))
}

fn realms(ids: &[Id]) -> Scope {
    Scope::of(Some(ObjectScope { realms: ids.to_vec(), ..ObjectScope::default() }))
}

/// A grant names places, groups, realms, or several.
pub async fn devices_are_seen_by_site_group_or_realm(store: Arc<dyn Store>) {
    let w = world(&*store).await;
    let mixed = ObjectScope { sites: vec![w.lyon.id], device_groups: vec![w.group.id], realms: vec![w.customer.id] };
    let cases = [
        (Scope::system(), "in-berlin in-room nowhere of-customer"),
        (Scope::of(Some(ObjectScope::default())), ""),
        (sites(&[w.france.id]), "in-room"),
        (sites(&[w.room.id]), "in-room"),
        (sites(&[w.berlin.id, w.lyon.id]), "in-berlin in-room"),
        (groups(&[w.group.id]), "in-berlin nowhere"),
        (realms(&[w.customer.id]), "of-customer"),
        (realms(&[Id::new()]), ""),
        (Scope::of(Some(mixed)), "in-berlin in-room nowhere of-customer"),
    ];
    for (scope, expected) in cases {
        let query = ListQuery { count: true, ..ListQuery::all(100).order("name", false) };
        let page = store.list::<Device>(&scope, &query).await.unwrap();
        let names: Vec<_> = page.results.iter().map(|d| d.name.as_str()).collect();
        assert_eq!(names.join(" "), expected, "{scope:?}");
        assert_eq!(page.total, Some(names.len() as u64));
        assert_eq!(store.count(Device::SCHEMA, &scope, &[]).await.unwrap(), names.len() as u64);
        let by_status = store.count_by(Device::SCHEMA, &scope, "status", &[]).await.unwrap();
        assert_eq!(by_status.iter().map(|(_, n)| n).sum::<u64>(), names.len() as u64);
        let all: Vec<Id> = w.devices.iter().map(|d| d.id).collect();
        assert_eq!(store.documents(Device::SCHEMA, &scope, &all).await.unwrap().len(), names.len());
        for device in &w.devices {
            let seen = store.get::<Device>(&scope, device.id).await.unwrap().is_some();
            assert_eq!(seen, names.contains(&device.name.as_str()), "{} {scope:?}", device.name);
        }
    }
}

/// Interfaces, states, alerts, events; those of no device need an unscoped grant.
pub async fn what_belongs_to_a_device_is_seen_with_it(store: Arc<dyn Store>) {
    let w = world(&*store).await;
    for device in &w.devices {
        put(&*store, &[make::interface(device, "eth0", 1)]).await;
        put(&*store, &[make::state(device)]).await;
        put(&*store, &[make::alert(Some(device), &device.name)]).await;
        put(&*store, &[make::event(Some(device))]).await;
    }
    put(&*store, &[make::alert(None, "collector")]).await;
    put(&*store, &[make::event(None)]).await;
    let scope = sites(&[w.lyon.id, w.berlin.id]);
    for schema in [Interface::SCHEMA, DeviceState::SCHEMA, Alert::SCHEMA, Event::SCHEMA] {
        assert_eq!(store.count(schema, &scope, &[]).await.unwrap(), 2, "{}", schema.table);
    }
    assert_eq!(store.count(Alert::SCHEMA, &Scope::system(), &[]).await.unwrap(), 5);
    let mut unit = store.begin().await.unwrap();
    unit.delete(Device::SCHEMA, w.devices[0].id).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(store.count(Alert::SCHEMA, &scope, &[]).await.unwrap(), 1, "what a deleted device left is not seen by scoped callers");
}

/// A place with its rooms, and not the place around it.
pub async fn sites_are_seen_with_what_lies_below(store: Arc<dyn Store>) {
    let w = world(&*store).await;
    let cases = [(sites(&[w.lyon.id]), "lyon room"), (sites(&[w.france.id]), "france lyon room"), (groups(&[w.group.id]), "")];
    for (scope, expected) in cases {
        let page = store.list::<Site>(&scope, &ListQuery::all(9).order("name", false)).await.unwrap();
        assert_eq!(page.results.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join(" "), expected);
    }
}

/// A place does not show the realms; that the default one exists is no secret.
pub async fn realms_are_seen_by_realm_grants_alone(store: Arc<dyn Store>) {
    let w = world(&*store).await;
    let ignored = |number, realm_id| Ignored {
        id: Id::new(),
        version: 1,
        address: make::ip(number),
        realm_id,
        reason: None,
        created_at: make::NOW,
        updated_at: make::NOW,
    };
    put(&*store, &[ignored(1, Realm::DEFAULT), ignored(2, w.customer.id)]).await;
    let cases = [
        (Scope::system(), 2, 2),
        (sites(&[w.lyon.id]), 1, 0),
        (groups(&[w.group.id]), 1, 0),
        (realms(&[w.customer.id]), 2, 1),
        (realms(&[Realm::DEFAULT]), 1, 1),
    ];
    for (scope, realms, rows) in cases {
        assert_eq!(store.count(Realm::SCHEMA, &scope, &[]).await.unwrap(), realms, "{scope:?}");
        assert_eq!(store.count(Ignored::SCHEMA, &scope, &[]).await.unwrap(), rows, "{scope:?}");
    }
}

/// Audit and jobs; a tag that nobody wears is of the house.
pub async fn the_rest_needs_an_unscoped_grant(store: Arc<dyn Store>) {
    let w = world(&*store).await;
    put(&*store, &[make::audit(&w.devices[0])]).await;
    put(&*store, &[make::job("device.poll", make::NOW)]).await;
    put(&*store, &[make::tag("core")]).await;
    for (schema, scoped) in [(AuditEntry::SCHEMA, 0), (Job::SCHEMA, 0), (Tag::SCHEMA, 0)] {
        assert_eq!(store.count(schema, &sites(&[w.lyon.id]), &[]).await.unwrap(), scoped, "{}", schema.table);
        assert_eq!(store.count(schema, &Scope::system(), &[]).await.unwrap(), 1, "{}", schema.table);
    }
}

/// A filter on the site's name does not spell out the name of a hidden site.
pub async fn relations_do_not_look_behind_the_scope(store: Arc<dyn Store>) {
    let w = world(&*store).await;
    let by_site: [Filter; 1] = [parse_filter(Device::SCHEMA, "site__name__startswith", "berl", make::NOW).unwrap()];
    assert_eq!(store.count(Device::SCHEMA, &groups(&[w.group.id]), &by_site).await.unwrap(), 0);
    assert_eq!(store.count(Device::SCHEMA, &sites(&[w.berlin.id]), &by_site).await.unwrap(), 1);
}

/// A device that leaves a group is no longer seen through it; nor is anything when the group is gone.
pub async fn members_follow_their_group(store: Arc<dyn Store>) {
    let mut w = world(&*store).await;
    let scope = groups(&[w.group.id]);
    w.group.device_ids = vec![w.devices[0].id];
    let mut unit = store.begin().await.unwrap();
    unit.update(&w.group).await.unwrap();
    unit.commit().await.unwrap();
    let seen: Vec<Device> = store.all(&scope, Vec::new()).await.unwrap();
    assert_eq!(seen.iter().map(|d| d.id).collect::<Vec<_>>(), [w.devices[0].id]);
    let mut unit = store.begin().await.unwrap();
    unit.delete(DeviceGroup::SCHEMA, w.group.id).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(store.count(Device::SCHEMA, &scope, &[]).await.unwrap(), 0);
}
