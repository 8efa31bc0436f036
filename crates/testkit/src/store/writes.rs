//! Inserting, replacing, deleting.

use std::sync::Arc;

use vigie_domain::alerts::{Alert, AlertStatus};
use vigie_domain::devices::{Address, Device, DeviceGroup, DeviceState, DeviceStatus, Interface, Neighbour, Realm, Site, Tag};
use vigie_domain::query::{Filter, ListQuery, Operator};
use vigie_domain::store::{Entity, Read as _, Store, Write as _};
use vigie_domain::system::Event;
use vigie_domain::{Error, ErrorKind, Id, Scope};

use super::put;
use crate::make;

/// What is written is what is read.
pub async fn objects_are_read_back_whole(store: Arc<dyn Store>) {
    let mut device = make::device("core-1", 1);
    device.tags = vec!["core".into(), "lyon".into()];
    device.identity.vendor = Some("Zürich \"Networks\" \u{1f9ed}".into());
    let mut unit = store.begin().await.unwrap();
    unit.insert(&device).await.unwrap();
    let inside: Device = unit.require(&Scope::system(), device.id).await.unwrap();
    assert_eq!(inside.identity, device.identity);
    unit.commit().await.unwrap();
    let read: Device = store.require(&Scope::system(), device.id).await.unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), serde_json::to_value(&device).unwrap());
    assert!(store.get::<Device>(&Scope::system(), Id::new()).await.unwrap().is_none());
    let many: Vec<Device> = store.get_many(&Scope::system(), &[Id::new(), device.id]).await.unwrap();
    assert_eq!(many.iter().map(|d| d.id).collect::<Vec<_>>(), [device.id]);
}

/// A device may tell more than an index holds, and a NUL: the object keeps it whole, and lists have it.
pub async fn text_that_devices_tell_is_kept_however_long(store: Arc<dyn Store>) {
    let device = make::device("core-1", 1);
    put(&*store, std::slice::from_ref(&device)).await;
    // text that does not pack
    let letter = |i: u32| char::from(b'a' + ((i.wrapping_mul(2_654_435_761) >> 11) % 26) as u8);
    let long: String = std::iter::once('\0').chain((0..20_000).map(letter)).collect();
    let mut port = Interface { alias: Some(long.clone()), ..make::interface(&device, &long, 1) };
    put(&*store, std::slice::from_ref(&port)).await;
    port.version += 1;
    let mut unit = store.begin().await.unwrap();
    unit.upsert(&[port.clone(), make::interface(&device, "Gi1/0/2", 2)]).await.unwrap();
    unit.commit().await.unwrap();
    let query = ListQuery::all(10).order("name", false);
    let ports: Vec<Interface> = store.list(&Scope::system(), &query).await.unwrap().results;
    assert_eq!(ports.len(), 2);
    let read = ports.iter().find(|p| p.id == port.id).unwrap();
    assert!(read.name == long && read.alias.as_ref() == Some(&long));
}

/// A conflict says which field is taken.
pub async fn a_taken_name_is_refused_naming_the_field(store: Arc<dyn Store>) {
    put(&*store, &[make::tag("core")]).await;
    let mut unit = store.begin().await.unwrap();
    let error = unit.insert(&make::tag("core")).await.unwrap_err();
    assert_taken(&error, "name");
    unit.insert(&make::tag("Core")).await.unwrap();
}

/// Addresses are unique within a realm.
pub async fn a_taken_address_is_refused_naming_the_field(store: Arc<dyn Store>) {
    let other = make::realm("customer");
    put(&*store, std::slice::from_ref(&other)).await;
    put(&*store, &[make::device("a", 1)]).await;
    put(&*store, &[Device { realm_id: other.id, ..make::device("a", 1) }]).await;
    let mut unit = store.begin().await.unwrap();
    let error = unit.insert(&make::device("b", 1)).await.unwrap_err();
    assert_taken(&error, "address");
}

/// Two rooms of one name, in two buildings; not in one, and not two buildings.
pub async fn sites_are_unique_below_their_parent(store: Arc<dyn Store>) {
    let (lyon, paris) = (make::site("lyon", None), make::site("paris", None));
    put(&*store, &[lyon.clone(), paris.clone(), make::site("room", Some(&lyon)), make::site("room", Some(&paris))]).await;
    let mut unit = store.begin().await.unwrap();
    assert_taken(&unit.insert(&make::site("room", Some(&lyon))).await.unwrap_err(), "name");
    assert_taken(&unit.insert(&make::site("lyon", None)).await.unwrap_err(), "name");
}

/// Resolved alerts do not stand in the way of a new one.
pub async fn one_alert_a_key_is_open(store: Arc<dyn Store>) {
    let mut first = make::alert(None, "rule/port");
    put(&*store, &[first.clone()]).await;
    let mut unit = store.begin().await.unwrap();
    assert_taken(&unit.insert(&make::alert(None, "rule/port")).await.unwrap_err(), "dedup_key");
    drop(unit);
    first.status = AlertStatus::Resolved;
    put(&*store, &[first]).await;
    put(&*store, &[make::alert(None, "rule/port")]).await;
    assert_eq!(store.count(Alert::SCHEMA, &Scope::system(), &[]).await.unwrap(), 2);
}

/// Rows alike, rows that differ, new rows and repeated ones in one call.
pub async fn upserts_insert_replace_and_keep_the_last(store: Arc<dyn Store>) {
    let mut devices: Vec<Device> = (0..700).map(|i| make::device(&format!("sw-{i}"), i)).collect();
    put(&*store, &devices).await;
    for (i, device) in devices.iter_mut().enumerate() {
        match i % 4 {
            0 => device.status = DeviceStatus::Down,
            1 => device.notes = Some("only the document differs".into()),
            2 => device.name = format!("renamed-{i}"),
            _ => {}
        }
    }
    devices.extend((700..800).map(|i| make::device(&format!("sw-{i}"), i)));
    let last = Device { name: "last".into(), ..devices[0].clone() };
    devices.push(last.clone());
    put(&*store, &devices).await;
    devices[0] = last;
    devices.pop();
    let by = |name: &'static str, value: &str| Filter::eq(Device::SCHEMA, name, value).unwrap();
    assert_eq!(store.count(Device::SCHEMA, &Scope::system(), &[]).await.unwrap(), 800);
    assert_eq!(store.count(Device::SCHEMA, &Scope::system(), &[by("status", "down")]).await.unwrap(), 175);
    assert_eq!(store.count(Device::SCHEMA, &Scope::system(), &[by("name", "renamed-2")]).await.unwrap(), 1);
    assert_eq!(store.count(Device::SCHEMA, &Scope::system(), &[by("name", "sw-2")]).await.unwrap(), 0);
    let read: Vec<Device> = store.all(&Scope::system(), Vec::new()).await.unwrap();
    let by_id: std::collections::HashMap<Id, &Device> = devices.iter().map(|d| (d.id, d)).collect();
    for device in &read {
        assert_eq!(serde_json::to_value(device).unwrap(), serde_json::to_value(by_id[&device.id]).unwrap());
    }
}

/// An update of what is not there is `false`, and 404 when typed.
pub async fn updates_tell_whether_there_was_something(store: Arc<dyn Store>) {
    let mut tag = make::tag("core");
    let mut unit = store.begin().await.unwrap();
    assert_eq!(unit.update(&tag).await.unwrap_err().kind(), ErrorKind::ResourceNotFound);
    assert!(!unit.delete(Tag::SCHEMA, tag.id).await.unwrap());
    unit.insert(&tag).await.unwrap();
    tag.version = 2;
    tag.name = "edge".into();
    unit.update(&tag).await.unwrap();
    unit.commit().await.unwrap();
    let found: Tag = store.find(&Scope::system(), "name", "edge".into()).await.unwrap().unwrap();
    assert_eq!(found.version, 2);
    let mut unit = store.begin().await.unwrap();
    assert!(unit.delete(Tag::SCHEMA, tag.id).await.unwrap());
    unit.commit().await.unwrap();
    assert!(store.get::<Tag>(&Scope::system(), tag.id).await.unwrap().is_none());
}

/// Interfaces, addresses, neighbours and state go; alerts and events stay; groups forget their member.
pub async fn what_belongs_to_a_device_goes_with_it(store: Arc<dyn Store>) {
    let (gone, stays) = (make::device("gone", 1), make::device("stays", 2));
    put(&*store, &[gone.clone(), stays.clone()]).await;
    for device in [&gone, &stays] {
        put(&*store, &[make::interface(device, "eth0", 1)]).await;
        put(&*store, &[make::address(device, 9)]).await;
        put(&*store, &[make::neighbour(device, "eth0")]).await;
        put(&*store, &[make::state(device)]).await;
        put(&*store, &[make::alert(Some(device), &device.name)]).await;
        put(&*store, &[make::event(Some(device))]).await;
    }
    let group = make::group("all", &[&gone, &stays]);
    put(&*store, std::slice::from_ref(&group)).await;
    let mut unit = store.begin().await.unwrap();
    assert!(unit.delete(Device::SCHEMA, gone.id).await.unwrap());
    unit.commit().await.unwrap();
    let counts = [
        (Interface::SCHEMA, 1),
        (Address::SCHEMA, 1),
        (Neighbour::SCHEMA, 1),
        (DeviceState::SCHEMA, 1),
        (Alert::SCHEMA, 2),
        (Event::SCHEMA, 2),
    ];
    for (schema, expected) in counts {
        assert_eq!(store.count(schema, &Scope::system(), &[]).await.unwrap(), expected, "{}", schema.table);
    }
    let group: DeviceGroup = store.require(&Scope::system(), group.id).await.unwrap();
    assert_eq!((group.device_ids, group.version), (vec![stays.id], 2));
}

/// A poll that ends after its device was deleted does not fail the others.
pub async fn what_belongs_to_a_missing_device_is_left_out(store: Arc<dyn Store>) {
    let (there, missing) = (make::device("there", 1), make::device("missing", 2));
    put(&*store, std::slice::from_ref(&there)).await;
    put(&*store, &[make::state(&missing), make::state(&there)]).await;
    put(&*store, &[make::interface(&missing, "eth0", 1), make::interface(&there, "eth0", 1)]).await;
    assert_eq!(store.count(DeviceState::SCHEMA, &Scope::system(), &[]).await.unwrap(), 1);
    assert_eq!(store.count(Interface::SCHEMA, &Scope::system(), &[]).await.unwrap(), 1);
    let mut unit = store.begin().await.unwrap();
    let error = unit.insert(&make::interface(&missing, "eth0", 1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

/// A site with devices, a realm with devices, a place that holds another.
pub async fn what_is_in_use_is_not_deleted(store: Arc<dyn Store>) {
    let site = make::site("lyon", None);
    put(&*store, std::slice::from_ref(&site)).await;
    put(&*store, &[Device { site_id: Some(site.id), ..make::device("a", 1) }]).await;
    let mut unit = store.begin().await.unwrap();
    for (schema, id) in [(Site::SCHEMA, site.id), (Realm::SCHEMA, Realm::DEFAULT)] {
        let error = unit.delete(schema, id).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::Conflict, "conflict"));
    }
}

/// At most `limit` go at a time.
pub async fn deletes_by_filter_are_bounded(store: Arc<dyn Store>) {
    let events: Vec<_> = (0..10).map(|_| make::event(None)).collect();
    put(&*store, &events).await;
    let old = || [Filter::on(Event::SCHEMA, "occurred_at", Operator::Lte, [make::NOW.into()]).unwrap()];
    let mut unit = store.begin().await.unwrap();
    assert_eq!(unit.delete_where(Event::SCHEMA, &old(), 7).await.unwrap(), 7);
    assert_eq!(unit.delete_where(Event::SCHEMA, &old(), 7).await.unwrap(), 3);
    unit.commit().await.unwrap();
    put(&*store, &[make::device("a", 1), make::device("b", 2)]).await;
    let mut unit = store.begin().await.unwrap();
    assert_eq!(unit.delete_where(Device::SCHEMA, &[Filter::eq(Device::SCHEMA, "name", "a").unwrap()], 9).await.unwrap(), 1);
    unit.commit().await.unwrap();
    assert_eq!(store.count(Device::SCHEMA, &Scope::system(), &[]).await.unwrap(), 1);
}

/// Devices can be written to a store that nobody touched.
pub async fn the_default_realm_is_there(store: Arc<dyn Store>) {
    let realm: Realm = store.require(&Scope::system(), Realm::DEFAULT).await.unwrap();
    assert!(realm.is_default);
    assert_eq!(realm.name, "default");
}

fn assert_taken(error: &Error, field: &str) {
    assert_eq!((error.kind(), error.code()), (ErrorKind::Conflict, "already_exists"));
    assert_eq!(error.fields().iter().map(|f| f.field.as_str()).collect::<Vec<_>>(), [field]);
}
