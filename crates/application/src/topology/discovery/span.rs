//! Stretches of addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Addresses of one family from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    is_v4: bool,
    first: u128,
    last: u128,
}

impl Span {
    /// From one address to another of the same family; `None` when they are not in order.
    pub(crate) fn new(first: IpAddr, last: IpAddr) -> Option<Self> {
        let (first, last) = (first.to_canonical(), last.to_canonical());
        let span = Self { is_v4: first.is_ipv4(), first: number(first), last: number(last) };
        (first.is_ipv4() == last.is_ipv4() && span.first <= span.last).then_some(span)
    }

    /// One address.
    pub(crate) fn one(address: IpAddr) -> Self {
        let address = address.to_canonical();
        Self { is_v4: address.is_ipv4(), first: number(address), last: number(address) }
    }

    /// All addresses of a network.
    pub(crate) fn net(net: IpNet) -> Self {
        Self { is_v4: net.addr().is_ipv4(), first: number(net.network()), last: number(net.broadcast()) }
    }

    /// The addresses of a network that hosts may have: not its first and last, where IPv4 keeps these for itself.
    pub(crate) fn hosts(net: IpNet) -> Self {
        let all = Self::net(net);
        if all.is_v4 && net.prefix_len() <= 30 { Self { first: all.first + 1, last: all.last - 1, ..all } } else { all }
    }

    /// How many addresses.
    pub(crate) fn count(&self) -> u128 {
        (self.last - self.first).saturating_add(1)
    }

    /// The address at this place.
    pub(crate) fn nth(&self, place: u128) -> IpAddr {
        address(self.is_v4, self.first + place)
    }

    /// Whether any address is in both.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.is_v4 == other.is_v4 && self.first <= other.last && other.first <= self.last
    }

    /// Whether the address lies in it.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        self.overlaps(&Self::one(address))
    }

    /// What is left of it without another.
    fn without(self, other: &Self) -> impl Iterator<Item = Self> {
        let (before, after) = if self.overlaps(other) {
            let before = (self.first < other.first).then(|| Self { last: other.first - 1, ..self });
            (before, (other.last < self.last).then(|| Self { first: other.last + 1, ..self }))
        } else {
            (Some(self), None)
        };
        before.into_iter().chain(after)
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u32::from(v4).into(),
        IpAddr::V6(v6) => v6.into(),
    }
}

fn address(is_v4: bool, number: u128) -> IpAddr {
    if is_v4 { IpAddr::V4(Ipv4Addr::from(number as u32)) } else { IpAddr::V6(Ipv6Addr::from(number)) }
}

/// The addresses to be looked at, in order, never written out: targets without what is excluded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan(Vec<Span>);

impl Plan {
    pub(crate) fn new(targets: &[Span], exclude: &[Span]) -> Self {
        let mut left: Vec<Span> = targets.to_vec();
        for out in exclude {
            left = left.into_iter().flat_map(|span| span.without(out)).collect();
        }
        Self(left)
    }

    /// How many.
    pub(crate) fn count(&self) -> u128 {
        self.0.iter().map(Span::count).fold(0, u128::saturating_add)
    }

    /// The address at this place.
    pub(crate) fn nth(&self, mut place: u128) -> Option<IpAddr> {
        for span in &self.0 {
            if place < span.count() {
                return Some(span.nth(place));
            }
            place -= span.count();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(text: &str) -> Span {
        Span::hosts(text.parse().unwrap())
    }

    #[test]
    fn a_plan_leaves_out_what_is_excluded() {
        let plan = Plan::new(&[hosts("10.0.0.0/29"), hosts("2001:db8::/127")], &[Span::net("10.0.0.2/31".parse().unwrap())]);
        let all: Vec<String> = (0..plan.count()).filter_map(|i| plan.nth(i)).map(|a| a.to_string()).collect();
        assert_eq!(all, ["10.0.0.1", "10.0.0.4", "10.0.0.5", "10.0.0.6", "2001:db8::", "2001:db8::1"]);
        assert_eq!(plan.nth(6), None);
    }

    #[test]
    fn networks_keep_their_first_and_last_address() {
        assert_eq!(hosts("10.0.0.0/24").count(), 254);
        assert_eq!(hosts("10.0.0.0/31").count(), 2);
        assert_eq!(hosts("10.0.0.0/32").count(), 1);
        assert_eq!(hosts("2001:db8::/120").count(), 256);
    }
}
