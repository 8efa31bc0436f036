//! Which addresses a guarded client may reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Why an address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefusal {
    /// This host itself.
    #[error("it is this host")]
    Loopback,
    /// Link-local, where clouds keep their metadata.
    #[error("it is a link-local address")]
    LinkLocal,
    /// The metadata service of a cloud.
    #[error("it is the metadata service of a cloud")]
    Metadata,
    /// Private, and not on the list of allowed networks.
    #[error("it is a private address that is not on the list of allowed networks")]
    Private,
    /// Not an address of one host: unspecified, multicast, broadcast, reserved.
    #[error("it is not the address of one host")]
    Special,
    /// The name has no address.
    #[error("the name has no address")]
    NoAddress,
}

/// A resolved target that is refused, as it travels through reqwest's errors.
#[derive(Debug, thiserror::Error)]
#[error("{target}: {refusal}")]
pub(super) struct RefusedTarget {
    pub target: String,
    pub refusal: AddressRefusal,
}

/// Which addresses may be reached: public ones, and private ones on the list. Loopback, link-local and metadata never are, listed or not.
#[derive(Debug, Clone, Default)]
pub struct AddressPolicy {
    allowed: Vec<IpNet>,
    #[cfg(test)]
    loopback: bool,
}

impl AddressPolicy {
    /// Public addresses, and the private networks listed.
    pub fn new(allowed: Vec<IpNet>) -> Self {
        Self {
            allowed,
            #[cfg(test)]
            loopback: false,
        }
    }

    /// A policy for tests, whose servers stand on this host.
    #[cfg(test)]
    pub(super) fn with_loopback() -> Self {
        Self { loopback: true, ..Self::default() }
    }

    /// Whether an address may be reached. IPv4 inside IPv6 (mapped, NAT64, 6to4) is judged as what it becomes.
    pub fn check(&self, address: IpAddr) -> Result<(), AddressRefusal> {
        let address = unwrap_v4(address);
        #[cfg(test)]
        if self.loopback && address.is_loopback() {
            return Ok(());
        }
        let verdict = match address {
            IpAddr::V4(address) => judge_v4(address),
            IpAddr::V6(address) => judge_v6(address),
        };
        match verdict {
            Err(AddressRefusal::Private) if self.allowed.iter().any(|network| network.contains(&address)) => Ok(()),
            other => other,
        }
    }
}

/// Metadata services that stand outside link-local: Alibaba, Azure, Oracle.
const METADATA_V4: [Ipv4Addr; 3] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16), Ipv4Addr::new(192, 0, 0, 192)];
/// That of AWS in IPv6, and of Google.
const METADATA_V6: [Ipv6Addr; 2] = [Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)];

/// IANA's registry of special addresses, RFC 6890.
fn judge_v4(address: Ipv4Addr) -> Result<(), AddressRefusal> {
    let [a, b, c, _] = address.octets();
    match (a, b, c) {
        _ if METADATA_V4.contains(&address) => Err(AddressRefusal::Metadata),
        (127, ..) => Err(AddressRefusal::Loopback),
        (169, 254, _) => Err(AddressRefusal::LinkLocal),
        (0 | 224.., ..) => Err(AddressRefusal::Special),
        // RFC 1918, carrier-grade NAT (RFC 6598), protocol assignments, benchmarks (RFC 2544)
        (10, ..) | (172, 16..=31, _) | (192, 168, _) | (100, 64..=127, _) | (192, 0, 0) | (198, 18..=19, _) => Err(AddressRefusal::Private),
        _ => Ok(()),
    }
}

/// IANA's registry of special addresses, RFC 6890.
fn judge_v6(address: Ipv6Addr) -> Result<(), AddressRefusal> {
    let [first, second, ..] = address.segments();
    match first {
        _ if METADATA_V6.contains(&address) => Err(AddressRefusal::Metadata),
        _ if address.is_loopback() => Err(AddressRefusal::Loopback),
        0xfe80..=0xfebf => Err(AddressRefusal::LinkLocal),
        // unique local (RFC 4193), and site-local that it replaced
        0xfc00..=0xfdff | 0xfec0..=0xfeff => Err(AddressRefusal::Private),
        // Teredo (RFC 4380) hides an IPv4 address behind a relay
        0x2001 if second == 0 => Err(AddressRefusal::Special),
        0x2000..=0x3fff => Ok(()),
        // nothing else is global unicast (RFC 4291)
        _ => Err(AddressRefusal::Special),
    }
}

/// The IPv4 address that an IPv6 one stands for: mapped and compatible (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056).
fn unwrap_v4(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let embedded = |high: u16, low: u16| IpAddr::V4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)));
    match v6.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => embedded(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => embedded(high, low),
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(policy: &AddressPolicy, text: &str) -> Result<(), AddressRefusal> {
        policy.check(text.parse().unwrap())
    }

    #[test]
    fn public_addresses_pass_and_special_ones_do_not() {
        let policy = AddressPolicy::default();
        for text in ["1.1.1.1", "192.0.1.1", "100.63.0.1", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "64:ff9b::101:101"] {
            assert_eq!(check(&policy, text), Ok(()), "{text}");
        }
        for (text, refusal) in [
            ("127.0.0.1", AddressRefusal::Loopback),
            ("127.9.9.9", AddressRefusal::Loopback),
            ("::1", AddressRefusal::Loopback),
            ("::ffff:127.0.0.1", AddressRefusal::Loopback),
            ("64:ff9b::7f00:1", AddressRefusal::Loopback),
            ("2002:7f00:1::", AddressRefusal::Loopback),
            ("169.254.169.254", AddressRefusal::LinkLocal),
            ("::ffff:169.254.169.254", AddressRefusal::LinkLocal),
            ("fe80::1", AddressRefusal::LinkLocal),
            ("100.100.100.200", AddressRefusal::Metadata),
            ("168.63.129.16", AddressRefusal::Metadata),
            ("fd00:ec2::254", AddressRefusal::Metadata),
            ("10.0.0.1", AddressRefusal::Private),
            ("172.16.0.1", AddressRefusal::Private),
            ("192.168.1.1", AddressRefusal::Private),
            ("fd12::1", AddressRefusal::Private),
            ("0.0.0.0", AddressRefusal::Special),
            ("::", AddressRefusal::Special),
            ("224.0.0.1", AddressRefusal::Special),
            ("255.255.255.255", AddressRefusal::Special),
            ("ff02::1", AddressRefusal::Special),
        ] {
            assert_eq!(check(&policy, text), Err(refusal), "{text}");
        }
    }

    #[test]
    fn a_list_opens_private_networks_and_nothing_else() {
        let everything = vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()];
        let policy = AddressPolicy::new(everything);
        assert_eq!(check(&policy, "10.1.2.3"), Ok(()));
        assert_eq!(check(&policy, "fd12::1"), Ok(()));
        for text in ["127.0.0.1", "::1", "169.254.169.254", "fe80::1", "100.100.100.200", "fd00:ec2::254", "::ffff:127.0.0.1", "224.0.0.1"]
        {
            assert!(check(&policy, text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn ipv4_inside_ipv6_is_judged_alike(bits in any::<u32>()) {
            let policy = AddressPolicy::new(vec!["10.0.0.0/8".parse().unwrap()]);
            let v4 = Ipv4Addr::from(bits);
            let verdict = policy.check(IpAddr::V4(v4));
            prop_assert_eq!(policy.check(IpAddr::V6(v4.to_ipv6_mapped())), verdict);
            let [a, b] = [(bits >> 16) as u16, bits as u16];
            prop_assert_eq!(policy.check(IpAddr::V6(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, a, b))), verdict);
            prop_assert_eq!(policy.check(IpAddr::V6(Ipv6Addr::new(0x2002, a, b, 0, 0, 0, 0, 1))), verdict);
        }
    }
}
