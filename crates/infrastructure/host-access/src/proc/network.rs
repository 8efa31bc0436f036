//! Network: bytes per interface (`/proc/net/dev`), TCP connections (`/proc/net/snmp`),
//! datagrams a socket lost (`/proc/net/udp`).

use std::collections::BTreeMap;

/// Bytes since boot over all interfaces but the loopback.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetworkBytes {
    /// Received.
    pub received: u64,
    /// Sent.
    pub sent: u64,
}

impl NetworkBytes {
    /// Sums `/proc/net/dev`.
    pub fn parse(text: &str) -> Self {
        text.lines().filter_map(interface).fold(Self::default(), |sum, (received, sent)| Self {
            received: sum.received.saturating_add(received),
            sent: sum.sent.saturating_add(sent),
        })
    }
}

fn interface(line: &str) -> Option<(u64, u64)> {
    let (name, counters) = line.split_once(':')?;
    if name.trim() == "lo" {
        return None;
    }
    let mut words = counters.split_ascii_whitespace();
    let received = words.next()?.parse().ok()?;
    let sent = words.nth(7)?.parse().ok()?;
    Some((received, sent))
}

/// TCP connections that are established or wait for our close: `tcpCurrEstab`
/// (RFC 4022), from `/proc/net/snmp`, which is constant work however many there are.
pub fn tcp_established(text: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix("Tcp: "));
    let column = lines.next()?.split_ascii_whitespace().position(|name| name == "CurrEstab")?;
    lines.next()?.split_ascii_whitespace().nth(column)?.parse().ok()
}

/// Datagrams the kernel dropped per local UDP port because a receive buffer was full,
/// from `/proc/net/udp` or `/proc/net/udp6`; only the given ports, sockets of a port summed.
pub fn udp_drops(text: &str, ports: &[u16]) -> BTreeMap<u16, u64> {
    let mut drops = BTreeMap::new();
    for (port, lost) in text.lines().skip(1).filter_map(udp_socket) {
        if ports.contains(&port) {
            let sum: &mut u64 = drops.entry(port).or_default();
            *sum = sum.saturating_add(lost);
        }
    }
    drops
}

fn udp_socket(line: &str) -> Option<(u16, u64)> {
    let local = line.split_ascii_whitespace().nth(1)?;
    let port = u16::from_str_radix(local.rsplit_once(':')?.1, 16).ok()?;
    let lost = line.split_ascii_whitespace().last()?.parse().ok()?;
    Some((port, lost))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_interfaces_without_loopback() {
        let text = "Inter-|   Receive   |  Transmit\n face |bytes packets|bytes\n    lo:    3245      30    0    0    0     0          0         0     3245      30    0    0    0     0       0          0\n  eth0: 100 1 0 0 0 0 0 0 200 2 0 0 0 0 0 0\nwlan0:1 1 0 0 0 0 0 0 2 2 0 0 0 0 0 0\n";
        assert_eq!(NetworkBytes::parse(text), NetworkBytes { received: 101, sent: 202 });
    }

    #[test]
    fn finds_the_column_by_its_name() {
        let text = "Ip: Forwarding\nIp: 1\nTcp: RtoAlgorithm RtoMin CurrEstab InSegs\nTcp: 1 200 42 7\n";
        assert_eq!(tcp_established(text), Some(42));
        assert_eq!(tcp_established("Tcp: A B\n"), None);
    }

    #[test]
    fn sums_drops_of_a_port() {
        let text = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n  1: 0100007F:0800 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 0 5\n  2: 00000000:0800 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 0 6\n  3: 00000000:0801 00000000:0000 07 0:0 0:0 0 0 0 1 2 0 9\nx\n";
        assert_eq!(udp_drops(text, &[2048]), BTreeMap::from([(2048, 11)]));
    }
}
