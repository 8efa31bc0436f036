//! Devices as the map knows them.

use std::net::IpAddr;

use vigie_domain::Id;
use vigie_domain::devices::{Device, DeviceStatus, Role};

/// What the map shows of a device, and what neighbours know it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeviceNode {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) address: IpAddr,
    pub(crate) realm_id: Id,
    pub(crate) site_id: Option<Id>,
    pub(crate) role: Option<Role>,
    pub(crate) status: DeviceStatus,
    pub(crate) vendor: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) chassis_id: Option<String>,
    pub(crate) sys_name: Option<String>,
    /// Addresses that are its alone within the realm: the one it is monitored at, and those it told of.
    pub(crate) addresses: Vec<IpAddr>,
}

impl DeviceNode {
    /// Out of a device and the addresses it told of.
    pub(crate) fn new(device: Device, told: impl IntoIterator<Item = IpAddr>) -> Self {
        let mut node = Self {
            id: device.id,
            address: device.address,
            realm_id: device.realm_id,
            site_id: device.site_id,
            role: device.effective_role(),
            status: device.status,
            name: device.name,
            vendor: device.identity.vendor,
            model: device.identity.model,
            chassis_id: device.identity.chassis_id,
            sys_name: device.identity.sys_name,
            addresses: vec![device.address],
        };
        told.into_iter().for_each(|address| node.tells(address));
        node
    }

    /// It tells of an address of its own.
    pub(crate) fn tells(&mut self, address: IpAddr) {
        if names_one_host(address) && address != self.address {
            self.addresses.push(address);
        }
    }
}

/// Loopback and link-local addresses are everybody's.
pub(crate) fn names_one_host(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !v4.is_loopback() && !v4.is_link_local() && !v4.is_unspecified(),
        IpAddr::V6(v6) => !v6.is_loopback() && !v6.is_unicast_link_local() && !v6.is_unspecified(),
    }
}
