//! Where to look first: the networks that this host itself is in.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;
use serde::Serialize;
use utoipa::ToSchema;
use vigie_domain::system::HostNetwork;

use super::span::Span;

/// The longest stretch that is proposed whole: 1,022 addresses. What is larger is proposed around the host only.
const WIDEST: u8 = 22;
/// The most suggestions: a host of containers may have hundreds of bridges.
const MOST: usize = 16;

/// Networks worth looking through first.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DiscoverySuggestions {
    /// Those with a default gateway first, bridges of this host's own containers last.
    pub results: Vec<DiscoverySuggestion>,
}

/// A network that this host is in.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DiscoverySuggestion {
    /// What to write as a target: the network, or the part of it around this host.
    #[schema(example = "192.0.2.0/24")]
    pub target: String,
    /// The whole network.
    #[schema(example = "192.0.2.0/24")]
    pub network: String,
    /// This host's own address in it.
    #[schema(example = "192.0.2.17")]
    pub address: String,
    /// The interface that has the address.
    #[schema(example = "eth0")]
    pub interface: String,
    /// `network`, or `inside`: a bridge that leads to containers and virtual machines of this host only.
    #[schema(example = "network")]
    pub kind: &'static str,
    /// The default gateway in it: a good place to crawl from.
    #[schema(example = "192.0.2.1")]
    pub gateway: Option<String>,
    /// Addresses that the target holds.
    #[schema(example = 254)]
    pub addresses: u64,
    /// Why the target is not the whole network, when it is not.
    pub reason: Option<String>,
}

impl DiscoverySuggestions {
    /// Of the networks of a host. Networks of a single address say nothing; the same target is proposed once.
    pub(super) fn of(networks: &[HostNetwork]) -> Self {
        let mut ordered: Vec<&HostNetwork> = networks.iter().collect();
        ordered.sort_by_key(|network| (network.is_inside, network.gateway.is_none()));
        let mut seen = BTreeSet::new();
        let all = ordered.into_iter().filter_map(DiscoverySuggestion::of);
        Self { results: all.filter(|suggestion| seen.insert(suggestion.target.clone())).take(MOST).collect() }
    }
}

impl DiscoverySuggestion {
    fn of(host: &HostNetwork) -> Option<Self> {
        let network = Ipv4Net::new(host.address, host.prefix_length).ok().filter(|net| net.prefix_len() < 32)?.trunc();
        let target = if network.prefix_len() < WIDEST { Ipv4Net::new(host.address, WIDEST).ok()?.trunc() } else { network };
        let count = |net: Ipv4Net| u64::try_from(Span::hosts(net.into()).count()).unwrap_or(u64::MAX);
        let reason = (target != network)
            .then(|| format!("{network} holds {} addresses: only the /{WIDEST} around this host is proposed", count(network)));
        Some(Self {
            target: target.to_string(),
            network: network.to_string(),
            address: host.address.to_string(),
            interface: host.interface.clone(),
            kind: if host.is_inside { "inside" } else { "network" },
            gateway: host.gateway.map(|gateway| gateway.to_string()),
            addresses: count(target),
            reason,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(interface: &str, address: &str, gateway: Option<&str>) -> HostNetwork {
        let net: Ipv4Net = address.parse().unwrap();
        HostNetwork {
            interface: interface.to_owned(),
            address: net.addr(),
            prefix_length: net.prefix_len(),
            is_inside: interface.starts_with("docker"),
            gateway: gateway.map(|text| text.parse().unwrap()),
        }
    }

    fn targets(networks: &[HostNetwork]) -> Vec<String> {
        DiscoverySuggestions::of(networks).results.into_iter().map(|s| format!("{} {}", s.target, s.kind)).collect()
    }

    #[test]
    fn the_way_out_comes_first_and_containers_last() {
        let networks = [
            network("docker0", "172.17.0.1/24", None),
            network("eth1", "10.9.0.5/24", None),
            network("eth0", "192.0.2.17/24", Some("192.0.2.1")),
            network("eth0", "192.0.2.18/24", Some("192.0.2.1")),
            network("wg0", "10.8.0.2/32", None),
        ];
        assert_eq!(targets(&networks), ["192.0.2.0/24 network", "10.9.0.0/24 network", "172.17.0.0/24 inside"]);
    }

    #[test]
    fn a_large_network_is_proposed_around_the_host() {
        let found = DiscoverySuggestions::of(&[network("eth0", "10.20.31.7/8", Some("10.0.0.1"))]).results.remove(0);
        assert_eq!((found.target.as_str(), found.network.as_str(), found.addresses), ("10.20.28.0/22", "10.0.0.0/8", 1_022));
        assert!(found.reason.is_some_and(|reason| reason.contains("16777214")), "no reason");
        let whole = DiscoverySuggestions::of(&[network("eth0", "10.20.31.7/22", None)]).results.remove(0);
        assert_eq!((whole.target, whole.reason), ("10.20.28.0/22".to_owned(), None));
    }
}
