//! Ids and capabilities of LLDP (IEEE 802.1AB, sections 8.5.2, 8.5.3, 8.5.8).

use vigie_domain::devices::SnmpValue;

use super::text::{address, mac_or_text, text_or_hex};

/// LldpChassisIdSubtype, from 1.
const CHASSIS: [&str; 7] =
    ["chassis_component", "interface_alias", "port_component", "mac_address", "network_address", "interface_name", "local"];
/// LldpPortIdSubtype, from 1.
const PORT: [&str; 7] =
    ["interface_alias", "port_component", "mac_address", "network_address", "interface_name", "agent_circuit_id", "local"];
/// LldpSystemCapabilitiesMap, from bit 0.
const CAPABILITIES: [&str; 8] =
    ["other", "repeater", "bridge", "wlan_access_point", "router", "telephone", "docsis_cable_device", "station"];

/// The word of a chassis id subtype.
pub(super) fn chassis_kind(number: Option<u64>) -> Option<&'static str> {
    word(&CHASSIS, number)
}

/// The word of a port id subtype.
pub(super) fn port_kind(number: Option<u64>) -> Option<&'static str> {
    word(&PORT, number)
}

fn word(words: &[&'static str], number: Option<u64>) -> Option<&'static str> {
    let place = usize::try_from(number?).ok()?.checked_sub(1)?;
    words.get(place).copied()
}

/// A chassis or port id as text.
pub(super) fn id(kind: Option<&str>, value: Option<&SnmpValue>) -> Option<String> {
    let octets = value?.as_bytes()?;
    let read = match kind {
        Some("mac_address") => mac_or_text(octets),
        // the first octet is the family, as IANA numbers them
        Some("network_address") if matches!(octets.first(), Some(1 | 2)) => {
            let rest: Vec<u32> = octets[1..].iter().map(|b| u32::from(*b)).collect();
            address(rest.into_iter()).map(|a| a.to_string())
        }
        _ => None,
    };
    read.or_else(|| text_or_hex(octets))
}

/// What is enabled; where the agent leaves that empty, what is supported.
pub(super) fn capabilities(enabled: Option<&SnmpValue>, supported: Option<&SnmpValue>) -> Vec<&'static str> {
    let bits = |value: Option<&SnmpValue>| value.and_then(SnmpValue::as_bytes).and_then(|b| b.first().copied()).unwrap_or(0);
    let map = match bits(enabled) {
        0 => bits(supported),
        map => map,
    };
    CAPABILITIES.iter().enumerate().filter(|(place, _)| map & (0x80 >> place) != 0).map(|(_, word)| *word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn ids_are_read_by_their_subtype() {
        let bytes = |b: &'static [u8]| SnmpValue::Bytes(Bytes::from_static(b));
        let mac = bytes(&[0x1e, 0x6d, 0xe0, 0x11, 0x3d, 0xcf]);
        assert_eq!(id(chassis_kind(Some(4)), Some(&mac)).as_deref(), Some("1e:6d:e0:11:3d:cf"));
        assert_eq!(id(port_kind(Some(5)), Some(&bytes(b"ge0-1"))).as_deref(), Some("ge0-1"));
        assert_eq!(id(port_kind(Some(4)), Some(&bytes(&[1, 192, 0, 2, 7]))).as_deref(), Some("192.0.2.7"));
        assert_eq!(id(chassis_kind(Some(9)), Some(&mac)).as_deref(), Some("1e6de0113dcf"));
    }

    #[test]
    fn capabilities_are_bits_from_the_left() {
        let map = |b: &'static [u8]| SnmpValue::Bytes(Bytes::from_static(b));
        assert_eq!(capabilities(Some(&map(&[0x28])), None), ["bridge", "router"]);
        assert_eq!(capabilities(Some(&map(&[0, 0])), Some(&map(&[0x01]))), ["station"]);
    }
}
