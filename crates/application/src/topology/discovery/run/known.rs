//! Whether a device is known: by chassis id, by serial number and maker, by engine id, by address. No sign counts against a stronger one.

use std::net::IpAddr;

use vigie_domain::devices::{Address, Device, Identity};
use vigie_domain::query::{Filter, ListQuery, Value};
use vigie_domain::store::{Entity, Read, UnitOfWork};
use vigie_domain::{Id, Result, Scope};

use crate::topology::node::names_one_host;

/// Shorter serial numbers are no serial numbers.
const SHORTEST_SERIAL: usize = 5;

/// The device of this realm that was seen at this address.
pub(super) async fn known(work: &dyn UnitOfWork, realm: Id, address: IpAddr, identity: &Identity) -> Result<Option<Device>> {
    if let Some(device) = monitored_at(work, realm, address).await? {
        return Ok(Some(device));
    }
    if let Some(chassis) = identity.chassis_id.as_deref().filter(|c| !is_common(c)) {
        let found = with(work, realm, "chassis_id", chassis).await?;
        if let Some(device) = found.into_iter().find(|d| !differ(d.identity.serial.as_ref(), identity.serial.as_ref())) {
            return Ok(Some(device));
        }
    }
    if let Some(serial) = identity.serial.as_deref().filter(|s| s.len() >= SHORTEST_SERIAL && !is_common(s)) {
        let same = |d: &Device| d.identity.vendor == identity.vendor && !differ(d.identity.model.as_ref(), identity.model.as_ref());
        if let Some(device) = with(work, realm, "serial", serial).await?.into_iter().find(same) {
            return Ok(Some(device));
        }
    }
    if let Some(engine) = identity.engine_id.as_deref() {
        // images that were cloned share their engine id: the name has to agree too
        let same = |d: &Device| compatible(&d.identity, identity) && d.identity.sys_name == identity.sys_name;
        if let Some(device) = with(work, realm, "engine_id", engine).await?.into_iter().find(same) {
            return Ok(Some(device));
        }
    }
    if names_one_host(address) { holder(work, realm, address, identity).await } else { Ok(None) }
}

/// The device that is monitored at this address: no two are.
pub(super) async fn monitored_at(work: &dyn UnitOfWork, realm: Id, address: IpAddr) -> Result<Option<Device>> {
    let at = Filter::eq(Device::SCHEMA, "primary_ip", address)?;
    let of_realm = Filter::eq(Device::SCHEMA, "realm_id", realm)?;
    let page = work.list::<Device>(&Scope::system(), &ListQuery::all(1).filter(at).filter(of_realm)).await?;
    Ok(page.results.into_iter().next())
}

/// The device that told that it holds this address.
async fn holder(work: &dyn UnitOfWork, realm: Id, address: IpAddr, identity: &Identity) -> Result<Option<Device>> {
    let at = Filter::eq(Address::SCHEMA, "address", address)?;
    let held: Vec<Address> = work.all(&Scope::system(), vec![at]).await?;
    let ids: Vec<Id> = held.into_iter().filter(|a| a.realm_id == realm).map(|a| a.device_id).collect();
    let devices: Vec<Device> = work.get_many(&Scope::system(), &ids).await?;
    // two that share an address, as gateways do, are told apart by the rest
    Ok(devices.into_iter().find(|d| compatible(&d.identity, identity) && d.identity.sys_name == identity.sys_name))
}

async fn with(work: &dyn UnitOfWork, realm: Id, field: &str, value: &str) -> Result<Vec<Device>> {
    let filters = vec![Filter::eq(Device::SCHEMA, field, Value::from(value))?, Filter::eq(Device::SCHEMA, "realm_id", realm)?];
    work.all(&Scope::system(), filters).await
}

/// Nothing that both tell of themselves differs.
fn compatible(a: &Identity, b: &Identity) -> bool {
    !differ(a.serial.as_ref(), b.serial.as_ref())
        && !differ(a.chassis_id.as_ref(), b.chassis_id.as_ref())
        && !differ(a.model.as_ref(), b.model.as_ref())
}

fn differ(a: Option<&String>, b: Option<&String>) -> bool {
    a.zip(b).is_some_and(|(a, b)| a != b)
}

/// Values that makers left as they were.
fn is_common(text: &str) -> bool {
    let plain: String = text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let one_digit = plain.chars().all(|c| plain.starts_with(c));
    one_digit
        || ["0123456789", "123456789", "1234567890", "defaultstring", "notspecified", "none", "serialnumber"].contains(&plain.as_str())
}

#[cfg(test)]
mod tests {
    use super::is_common;

    #[test]
    fn serial_numbers_that_many_have_are_none() {
        for common in ["00000000", "FF:FF:FF:FF:FF:FF", "123456789", "Default string", ""] {
            assert!(is_common(common), "{common}");
        }
        assert!(!is_common("FOC1234ABCD"));
    }
}
