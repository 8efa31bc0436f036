//! Orders of lists.

use std::sync::Arc;

use vigie_domain::devices::{Address, Device, DeviceStatus};
use vigie_domain::query::ListQuery;
use vigie_domain::store::{Read as _, Store};
use vigie_domain::{Id, Scope};

use super::put;
use crate::make;

/// `Gi1/0/2` before `Gi1/0/10`, in both directions.
pub async fn names_follow_their_natural_order(store: Arc<dyn Store>) {
    let names = ["Gi1/0/10", "Gi1/0/2", "sw-12", "sw-3", "Gi2/0/1"];
    put(&*store, &names.iter().zip(1..).map(|(name, i)| make::device(name, i)).collect::<Vec<_>>()).await;
    let mut expected = vec!["Gi1/0/2", "Gi1/0/10", "Gi2/0/1", "sw-3", "sw-12"];
    assert_eq!(listed(&*store, "name", false, |d| d.name).await, expected);
    expected.reverse();
    assert_eq!(listed(&*store, "name", true, |d| d.name).await, expected);
}

/// Whatever the direction of the order, rows that tie stand by ascending id; ordered by id, the direction holds.
pub async fn ties_are_broken_by_ascending_id(store: Arc<dyn Store>) {
    let mut devices: Vec<_> = (0..8).map(|i| make::device("same", i)).collect();
    for device in devices.iter_mut().skip(5) {
        device.status = DeviceStatus::Down;
    }
    put(&*store, &devices).await;
    let ids: Vec<Id> = devices.iter().map(|d| d.id).collect();
    let (up, down) = ids.split_at(5);
    assert_eq!(listed(&*store, "status", false, |d| d.id).await, [down, up].concat());
    assert_eq!(listed(&*store, "status", true, |d| d.id).await, [up, down].concat());
    assert_eq!(listed(&*store, "name", true, |d| d.id).await, ids);
    assert_eq!(listed(&*store, "id", false, |d| d.id).await, ids);
    assert_eq!(listed(&*store, "id", true, |d| d.id).await, ids.iter().rev().copied().collect::<Vec<_>>());
}

/// `10.0.0.9` before `10.0.0.10`, IPv4 before IPv6 of global scope.
pub async fn addresses_sort_as_numbers(store: Arc<dyn Store>) {
    let device = make::device("sw", 1);
    put(&*store, std::slice::from_ref(&device)).await;
    let texts = ["2001:db8::1", "10.0.0.10", "10.0.0.9"];
    let addresses: Vec<_> = texts.iter().map(|t| Address { address: t.parse().unwrap(), ..make::address(&device, 0) }).collect();
    put(&*store, &addresses).await;
    let page = store.list::<Address>(&Scope::system(), &ListQuery::all(9).order("address", false)).await.unwrap();
    let order: Vec<_> = page.results.iter().map(|a| a.address.to_string()).collect();
    assert_eq!(order, ["10.0.0.9", "10.0.0.10", "2001:db8::1"]);
}

async fn listed<T>(store: &dyn Store, field: &'static str, descending: bool, of: fn(Device) -> T) -> Vec<T> {
    let page = store.list::<Device>(&Scope::system(), &ListQuery::all(100).order(field, descending)).await.unwrap();
    page.results.into_iter().map(of).collect()
}
