//! Whether a port refuses: only a connected socket is told of ICMP's port unreachable
//! (RFC 1122, section 4.1.3.3), and the shared ones are not connected.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::timeout;

/// Discovery of an SNMPv3 engine (RFC 3414, section 4): no user, no secret, and every v3 agent answers it.
/// ```text
/// SEQUENCE { 3, { msgID, 65507, reportable, USM }, USM { "", 0, 0, "", "", "" }, { "", "", GET {} } }
/// ```
const DISCOVERY: &[u8] = &[
    0x30, 0x3d, 0x02, 0x01, 0x03, // version 3
    0x30, 0x11, 0x02, 0x04, 0x56, 0x49, 0x47, 0x45, 0x02, 0x03, 0x00, 0xff, 0xe3, 0x04, 0x01, 0x04, 0x02, 0x01, 0x03, // header
    0x04, 0x10, 0x30, 0x0e, 0x04, 0x00, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00, 0x04, 0x00, // USM
    0x30, 0x13, 0x04, 0x00, 0x04, 0x00, 0xa0, 0x0d, 0x02, 0x03, 0x56, 0x49, 0x47, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00, 0x30, 0x00,
];

/// What a side probe of an agent's port showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// An SNMPv3 engine answered.
    Engine,
    /// The host says that nothing listens there.
    Refused,
    /// Nothing came back.
    Silent,
}

/// Sends a discovery to `peer` and waits at most `wait` for what comes of it.
pub(crate) async fn ask(peer: SocketAddr, wait: Duration) -> Side {
    match timeout(wait, probe(peer)).await {
        Ok(Ok(_bytes)) => Side::Engine,
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => Side::Refused,
        Ok(Err(_)) | Err(_) => Side::Silent,
    }
}

async fn probe(peer: SocketAddr) -> std::io::Result<usize> {
    let any = if peer.is_ipv4() { IpAddr::V4(Ipv4Addr::UNSPECIFIED) } else { IpAddr::V6(Ipv6Addr::UNSPECIFIED) };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(peer).await?;
    socket.send(DISCOVERY).await?;
    socket.recv(&mut [0; 512]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_discovery_is_well_formed() {
        assert_eq!(DISCOVERY.len(), 2 + usize::from(DISCOVERY[1]));
        let message = async_snmp::message::Message::decode(bytes::Bytes::from_static(DISCOVERY), async_snmp::DecodeConfig::STRICT);
        assert!(message.is_ok(), "{message:?}");
    }

    #[tokio::test]
    async fn a_closed_port_refuses_and_an_open_one_is_silent() {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        assert_eq!(ask(address, Duration::from_millis(50)).await, Side::Silent);
        drop(socket);
        assert_eq!(ask(address, Duration::from_secs(5)).await, Side::Refused);
    }
}
