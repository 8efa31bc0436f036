//! Default gateways (`/proc/net/route`).

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// `RTF_GATEWAY` of `linux/route.h`.
const GATEWAY: u16 = 0x2;

/// The default gateway of each interface that has one; the route with the least metric where there are several.
pub fn gateways(text: &str) -> BTreeMap<String, Ipv4Addr> {
    let mut best: BTreeMap<String, (u32, Ipv4Addr)> = BTreeMap::new();
    for (interface, metric, gateway) in text.lines().filter_map(default_route) {
        let known = best.get(&interface).map_or(u32::MAX, |(metric, _)| *metric);
        if metric < known {
            best.insert(interface, (metric, gateway));
        }
    }
    best.into_iter().map(|(interface, (_, gateway))| (interface, gateway)).collect()
}

fn default_route(line: &str) -> Option<(String, u32, Ipv4Addr)> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let [interface, destination, gateway, flags, _, _, metric, mask, ..] = words[..] else { return None };
    let flags = u16::from_str_radix(flags, 16).ok()?;
    if flags & GATEWAY == 0 || !address(destination)?.is_unspecified() || !address(mask)?.is_unspecified() {
        return None;
    }
    Some((interface.to_owned(), metric.parse().ok()?, address(gateway)?))
}

/// The kernel writes the four octets as one number in the order of this machine.
fn address(hex: &str) -> Option<Ipv4Addr> {
    u32::from_str_radix(hex, 16).ok().map(|number| Ipv4Addr::from(number.to_ne_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row as the kernel writes it.
    fn row(interface: &str, destination: [u8; 4], gateway: [u8; 4], flags: u16, metric: u32, mask: [u8; 4]) -> String {
        let hex = |octets| format!("{:08X}", u32::from_ne_bytes(octets));
        format!("{interface}\t{}\t{}\t{flags:04X}\t0\t0\t{metric}\t{}\t0\t0\t0", hex(destination), hex(gateway), hex(mask))
    }

    #[test]
    fn default_routes_name_the_gateway_with_the_least_metric() {
        let none = [0; 4];
        let rows = [
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT".to_owned(),
            row("eth0", none, [192, 0, 2, 254], 3, 200, none),
            row("eth0", none, [192, 0, 2, 1], 3, 100, none),
            row("eth0", [192, 0, 2, 0], none, 1, 100, [255, 255, 255, 0]),
            row("eth1", [10, 0, 0, 0], [10, 9, 0, 1], 3, 0, [255, 0, 0, 0]),
            row("tun0", none, none, 1, 50, none),
            "wlan0\tnonsense".to_owned(),
        ];
        let found = gateways(&rows.join("\n"));
        assert_eq!(found, BTreeMap::from([("eth0".to_owned(), Ipv4Addr::new(192, 0, 2, 1))]));
    }
}
