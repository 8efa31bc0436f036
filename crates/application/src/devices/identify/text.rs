//! How octets of MIBs become text.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::hex::hex;

/// Six octets as `aa:bb:cc:dd:ee:ff`; `None` for another length or all zeros.
pub(super) fn mac(octets: &[u8]) -> Option<String> {
    let is_mac = octets.len() == 6 && octets.iter().any(|octet| *octet != 0);
    is_mac.then(|| octets.iter().map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().join(":"))
}

/// A MAC address: six octets, or their text in one of the ways agents write it (`0:1c:73:…`, `00-1c-73-…`, `001c.7300.0000`).
pub(super) fn mac_or_text(octets: &[u8]) -> Option<String> {
    if octets.len() == 6 {
        return mac(octets);
    }
    mac_text(std::str::from_utf8(octets).ok()?)
}

/// A MAC address out of its text.
pub(super) fn mac_text(text: &str) -> Option<String> {
    let text = text.trim();
    let parts: Vec<&str> = text.split([':', '-']).collect();
    let mut octets = Vec::with_capacity(6);
    if parts.len() == 6 && parts.iter().all(|part| (1..=2).contains(&part.len())) {
        for part in parts {
            octets.push(u8::from_str_radix(part, 16).ok()?);
        }
        return mac(&octets);
    }
    let digits: String = text.chars().filter(|c| !matches!(c, '.' | ' ' | ':' | '-')).collect();
    if digits.len() != 12 || !digits.is_ascii() {
        return None;
    }
    for place in (0..12).step_by(2) {
        octets.push(u8::from_str_radix(digits.get(place..place + 2)?, 16).ok()?);
    }
    mac(&octets)
}

/// Printable text, or hex where it is none.
pub(super) fn text_or_hex(octets: &[u8]) -> Option<String> {
    let cut = octets.split(|b| *b == 0).next().unwrap_or_default();
    let rest_is_padding = octets[cut.len()..].iter().all(|b| *b == 0);
    let text = std::str::from_utf8(cut).ok().filter(|t| rest_is_padding && !t.chars().any(char::is_control));
    match text {
        Some(text) => Some(text.trim().to_owned()).filter(|t| !t.is_empty()),
        None if octets.is_empty() => None,
        None => Some(hex(octets)),
    }
}

/// An address out of arcs of an index or octets of a value.
pub(super) fn address(octets: impl ExactSizeIterator<Item = u32>) -> Option<IpAddr> {
    let bytes: Vec<u8> = octets.map(u8::try_from).collect::<Result<_, _>>().ok()?;
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(|b| IpAddr::V4(Ipv4Addr::from(b))),
        16 => <[u8; 16]>::try_from(bytes).ok().map(|b| IpAddr::V6(Ipv6Addr::from(b))),
        _ => None,
    }
}

/// Address family (IANA: 1 is IPv4, 2 is IPv6), length and octets at the start of arcs; some agents leave the length out. With how many
/// arcs it took.
pub(super) fn family_address(arcs: &[u32]) -> Option<(IpAddr, usize)> {
    let (family, rest) = arcs.split_first()?;
    let length = match family {
        1 => 4,
        2 => 16,
        _ => return None,
    };
    let counted = rest.first() == Some(&(length as u32)) && rest.len() > length;
    let octets = if counted { rest.get(1..=length)? } else { rest.get(..length)? };
    Some((address(octets.iter().copied())?, 1 + usize::from(counted) + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_is_read_however_it_is_written() {
        let wanted = Some("00:1c:73:0a:0b:0c".to_owned());
        assert_eq!(mac_or_text(&[0, 0x1c, 0x73, 10, 11, 12]), wanted);
        for text in ["0:1c:73:a:b:c", "00-1C-73-0A-0B-0C", "001c.730a.0b0c", "001C730A0B0C", "00 1c 73 0a 0b 0c"] {
            assert_eq!(mac_or_text(text.as_bytes()), wanted, "{text}");
        }
        assert_eq!(mac(&[0; 6]), None);
        assert_eq!(mac_or_text(b"ge-0/0/1"), None);
    }

    #[test]
    fn octets_that_are_no_text_become_hex() {
        assert_eq!(text_or_hex(b"Gi1/0/1\0\0").as_deref(), Some("Gi1/0/1"));
        assert_eq!(text_or_hex(&[1, 2, 0xff]).as_deref(), Some("0102ff"));
        assert_eq!(text_or_hex(b"\0\0"), None);
    }

    #[test]
    fn addresses_come_with_and_without_their_length() {
        let v4: IpAddr = "198.51.100.2".parse().unwrap();
        assert_eq!(family_address(&[1, 4, 198, 51, 100, 2]), Some((v4, 6)));
        assert_eq!(family_address(&[1, 198, 51, 100, 2]), Some((v4, 5)));
        assert_eq!(family_address(&[1, 300, 51, 100, 2]), None);
        assert_eq!(family_address(&[6, 6, 0, 1, 2, 3, 4, 5]), None);
    }
}
