//! IP-MIB: ipAddressTable (RFC 4293), else ipAddrTable (RFC 1213).

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use vigie_domain::devices::{SnmpError, SnmpValue};

use super::agent::{Agent, cell, cell_number};
use super::text::{address, family_address};

const IP_ADDRESS_ENTRY: &[u32] = &[1, 3, 6, 1, 2, 1, 4, 34, 1];
/// ipAddressIfIndex, ipAddressType, ipAddressPrefix.
const IP_ADDRESS_COLUMNS: &[u32] = &[3, 4, 5];
/// ipAddressPrefixOrigin, which ipAddressPrefix points at: ifIndex, family, prefix and its length follow.
const PREFIX_ROW: [u32; 10] = [1, 3, 6, 1, 2, 1, 4, 32, 1, 5];
const IP_ADDR_ENTRY: &[u32] = &[1, 3, 6, 1, 2, 1, 4, 20, 1];
/// ipAdEntIfIndex, ipAdEntNetMask.
const IP_ADDR_COLUMNS: &[u32] = &[2, 3];
/// ipAddressType unicast(1); anycast(2) and broadcast(3) are no addresses of this device alone.
const UNICAST: u64 = 1;

/// An address that the device holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The address.
    pub address: IpAddr,
    /// ifIndex of its interface.
    pub if_index: Option<u32>,
    /// Length of its prefix.
    pub prefix_length: Option<u8>,
}

/// Reads the addresses. Agents fill both tables, one of them, or the newer one without prefixes: what one lacks the other gives.
pub(super) async fn read(agent: &Agent<'_>) -> Result<Vec<Held>, SnmpError> {
    let mut held: BTreeMap<IpAddr, Held> = BTreeMap::new();
    let newer = new_table(agent).await;
    let older = old_table(agent).await;
    if let (Err(error), Err(_)) = (&newer, &older) {
        return Err(error.clone());
    }
    let masks: HashMap<IpAddr, Held> = older.unwrap_or_default().into_iter().map(|h| (h.address, h)).collect();
    for mut one in newer.unwrap_or_default() {
        if let Some(old) = masks.get(&one.address) {
            one.prefix_length = one.prefix_length.or(old.prefix_length);
            one.if_index = one.if_index.or(old.if_index);
        }
        held.entry(one.address).or_insert(one);
    }
    for one in masks.into_values() {
        held.entry(one.address).or_insert(one);
    }
    Ok(held.into_values().filter(|h| is_own(h.address)).collect())
}

/// Addresses that every host has say nothing.
fn is_own(address: IpAddr) -> bool {
    let everywhere = match address {
        IpAddr::V4(v4) => v4.is_unspecified() || v4.is_broadcast() || v4 == std::net::Ipv4Addr::LOCALHOST,
        IpAddr::V6(v6) => v6.is_unspecified() || v6.is_loopback(),
    };
    !everywhere && !address.is_multicast()
}

async fn new_table(agent: &Agent<'_>) -> Result<Vec<Held>, SnmpError> {
    let (rows, _) = agent.table(IP_ADDRESS_ENTRY, IP_ADDRESS_COLUMNS).await?;
    let unicast = rows.iter().filter(|row| cell_number(row, 1).is_none_or(|kind| kind == UNICAST));
    let held = unicast.filter_map(|row| {
        let (address, _) = family_address(row.index.arcs())?;
        let prefix_length = match cell(row, 2) {
            Some(SnmpValue::Oid(pointer)) => pointer.arcs().strip_prefix(PREFIX_ROW.as_slice()).and_then(pointed_length),
            _ => None,
        };
        Some(Held { address, if_index: if_index(cell_number(row, 0)), prefix_length })
    });
    Ok(held.collect())
}

/// ifIndex, family, prefix, length.
fn pointed_length(arcs: &[u32]) -> Option<u8> {
    let (_, taken) = family_address(arcs.get(1..)?)?;
    length(*arcs.get(1 + taken)?, arcs[1] == 1)
}

fn length(bits: u32, is_v4: bool) -> Option<u8> {
    u8::try_from(bits).ok().filter(|bits| *bits <= if is_v4 { 32 } else { 128 })
}

async fn old_table(agent: &Agent<'_>) -> Result<Vec<Held>, SnmpError> {
    let (rows, _) = agent.table(IP_ADDR_ENTRY, IP_ADDR_COLUMNS).await?;
    let held = rows.iter().filter_map(|row| {
        let address = address(row.index.arcs().iter().copied())?;
        let prefix_length = match cell(row, 1) {
            Some(SnmpValue::Ip(IpAddr::V4(mask))) => mask_length(u32::from(*mask)),
            _ => None,
        };
        Some(Held { address, if_index: if_index(cell_number(row, 0)), prefix_length })
    });
    Ok(held.collect())
}

fn if_index(number: Option<u64>) -> Option<u32> {
    number.and_then(|v| u32::try_from(v).ok()).filter(|v| *v > 0)
}

/// The length of a mask whose ones come first; `None` for any other.
fn mask_length(mask: u32) -> Option<u8> {
    (mask.leading_ones() + mask.trailing_zeros().min(32) == 32 || mask == u32::MAX).then(|| mask.count_ones() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_and_pointers_give_the_length() {
        assert_eq!(mask_length(0xffff_ff00), Some(24));
        assert_eq!(mask_length(u32::MAX), Some(32));
        assert_eq!(mask_length(0), Some(0));
        assert_eq!(mask_length(0xff00_ff00), None);
        assert_eq!(pointed_length(&[3, 1, 4, 10, 0, 0, 0, 30]), Some(30));
        assert_eq!(pointed_length(&[3, 1, 4, 10, 0, 0, 0, 33]), None);
        assert_eq!(pointed_length(&[3]), None);
    }
}
