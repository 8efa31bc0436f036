//! The PROXY protocol, versions 1 and 2: how a proxy tells, before the first byte of the connection, for whom it connects.
//! Source: HAProxy's `doc/proxy-protocol.txt`.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};

/// The first bytes of version 2.
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Longest line of version 1, with its end.
const LONGEST_LINE: usize = 107;
/// Most bytes after the fixed part of version 2 that are read; what proxies send stays far below.
const LONGEST_REST: usize = 4096;

/// Why a connection does not begin as it should.
#[derive(Debug, thiserror::Error)]
pub enum HeaderFault {
    /// Neither version.
    #[error("the connection does not begin with a PROXY protocol header")]
    Missing,
    /// A header that breaks its own rules.
    #[error("the PROXY protocol header is malformed: {0}")]
    Malformed(&'static str),
    /// It did not come in time.
    #[error("the PROXY protocol header did not come in time")]
    Late,
    /// The connection broke.
    #[error("the connection broke within the PROXY protocol header: {0}")]
    Broken(#[from] io::Error),
}

/// Reads the header and not a byte more. `None` when the proxy connects for itself (a health check) or for an unknown client.
pub async fn read_header(stream: &mut (impl AsyncRead + Unpin), limit: Duration) -> Result<Option<SocketAddr>, HeaderFault> {
    tokio::time::timeout(limit, read(stream)).await.unwrap_or(Err(HeaderFault::Late))
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<SocketAddr>, HeaderFault> {
    // the shortest header of either version, `PROXY UNKNOWN\r\n`, is longer than this
    let mut start = [0_u8; 12];
    stream.read_exact(&mut start).await?;
    if start == SIGNATURE {
        return read_binary(stream).await;
    }
    if !start.starts_with(b"PROXY ") {
        return Err(HeaderFault::Missing);
    }
    let mut line = start.to_vec();
    while !line.ends_with(b"\r\n") {
        if line.len() == LONGEST_LINE {
            return Err(HeaderFault::Malformed("its line does not end"));
        }
        line.push(stream.read_u8().await?);
    }
    parse_line(&line)
}

/// `PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n`
fn parse_line(line: &[u8]) -> Result<Option<SocketAddr>, HeaderFault> {
    let text = std::str::from_utf8(line).map_err(|_| HeaderFault::Malformed("it is not text"))?;
    let words: Vec<&str> = text.trim_end_matches("\r\n").split(' ').collect();
    let [_, family, source, target, port, target_port] = words.as_slice() else {
        return if words.get(1) == Some(&"UNKNOWN") { Ok(None) } else { Err(HeaderFault::Malformed("it has not six words")) };
    };
    let address = |text: &str| -> Option<IpAddr> {
        match *family {
            "TCP4" => text.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
            "TCP6" => text.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
            _ => None,
        }
    };
    if *family == "UNKNOWN" {
        return Ok(None);
    }
    let (source, port) = (address(source), port.parse::<u16>().ok());
    match (source, port, address(target), target_port.parse::<u16>()) {
        (Some(source), Some(port), Some(_), Ok(_)) => Ok(Some(SocketAddr::new(source, port))),
        _ => Err(HeaderFault::Malformed("an address or port is not one")),
    }
}

async fn read_binary(stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<SocketAddr>, HeaderFault> {
    let (version, family) = (stream.read_u8().await?, stream.read_u8().await?);
    let length = usize::from(stream.read_u16().await?);
    if length > LONGEST_REST {
        return Err(HeaderFault::Malformed("it is too long"));
    }
    let mut rest = vec![0; length];
    stream.read_exact(&mut rest).await?;
    parse_binary(version, family, &rest)
}

/// `version` is version and command, `family` address family and transport, `rest` addresses and extensions, which are left out.
fn parse_binary(version: u8, family: u8, rest: &[u8]) -> Result<Option<SocketAddr>, HeaderFault> {
    match version {
        // LOCAL: the proxy itself
        0x20 => return Ok(None),
        0x21 => {}
        _ => return Err(HeaderFault::Malformed("its version or command is unknown")),
    }
    let short = HeaderFault::Malformed("it is too short for its addresses");
    match family {
        // source address, destination address, source port, destination port
        0x11 => match rest {
            [a, b, c, d, _, _, _, _, high, low, _, _, ..] => {
                Ok(Some(SocketAddr::new(Ipv4Addr::new(*a, *b, *c, *d).into(), u16::from_be_bytes([*high, *low]))))
            }
            _ => Err(short),
        },
        0x21 => match (rest.first_chunk::<16>(), rest.get(32..36)) {
            (Some(source), Some([high, low, ..])) => {
                Ok(Some(SocketAddr::new(Ipv6Addr::from(*source).into(), u16::from_be_bytes([*high, *low]))))
            }
            _ => Err(short),
        },
        // unspecified, datagrams, unix sockets
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a header says, and what is left of the stream after it.
    async fn read(bytes: &[u8]) -> (Result<Option<SocketAddr>, HeaderFault>, usize) {
        let mut stream = bytes;
        let outcome = read_header(&mut stream, Duration::from_secs(1)).await;
        (outcome, stream.len())
    }

    fn binary(version: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [SIGNATURE.as_slice(), &[version, family], &length, rest, b"GET /"].concat()
    }

    #[tokio::test]
    async fn both_versions_are_read_and_nothing_after_them() {
        let v6 = [[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7].as_slice(), &[0; 16], &[0x1f, 0x40, 0, 80]].concat();
        let cases = [
            (b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\nGET /".to_vec(), Some("192.0.2.1:56324")),
            (b"PROXY TCP6 2001:db8::7 ::1 8000 443\r\nGET /".to_vec(), Some("[2001:db8::7]:8000")),
            (b"PROXY UNKNOWN\r\nGET /".to_vec(), None),
            (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\nGET /".to_vec(), None),
            (binary(0x21, 0x11, &[192, 0, 2, 1, 192, 0, 2, 2, 0xdc, 4, 1, 0xbb]), Some("192.0.2.1:56324")),
            // with an extension after the addresses
            (binary(0x21, 0x11, &[192, 0, 2, 1, 192, 0, 2, 2, 0xdc, 4, 1, 0xbb, 4, 0, 1, 0]), Some("192.0.2.1:56324")),
            (binary(0x21, 0x21, &v6), Some("[2001:db8::7]:8000")),
            (binary(0x20, 0, &[]), None),
            (binary(0x21, 0x31, &[0; 216]), None),
        ];
        for (bytes, expected) in cases {
            let (outcome, left) = read(&bytes).await;
            assert_eq!(outcome.unwrap(), expected.map(|text| text.parse().unwrap()));
            assert_eq!(left, 5);
        }
    }

    #[tokio::test]
    async fn what_is_no_header_is_refused() {
        let endless = [b"PROXY TCP4 ".as_slice(), &[b'1'; 200]].concat();
        for bytes in
            [b"PROXY TCP4 192.0.2.1 192.0.2.2 56324\r\n".as_slice(), b"PROXY TCP4 ::1 ::1 1 2\r\n", b"PROXY TCP9 a b c d\r\n", &endless]
        {
            assert!(matches!(read(bytes).await.0, Err(HeaderFault::Malformed(_))));
        }
        assert!(matches!(read(&binary(0x31, 0x11, &[0; 12])).await.0, Err(HeaderFault::Malformed(_))));
        assert!(matches!(read(&binary(0x21, 0x11, &[0; 11])).await.0, Err(HeaderFault::Malformed(_))));
        assert!(matches!(read(&binary(0x21, 0x11, &[0; 5000])).await.0, Err(HeaderFault::Malformed(_))));
        assert!(matches!(read(b"GET / HTTP/1.1\r\n").await.0, Err(HeaderFault::Missing)));
        assert!(matches!(read(b"PROXY").await.0, Err(HeaderFault::Broken(_))));
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends() {
        let (mut silent, _other) = tokio::io::duplex(64);
        assert!(matches!(read_header(&mut silent, Duration::from_secs(3)).await, Err(HeaderFault::Late)));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..120), signed in any::<bool>()) {
            let bytes = if signed { [SIGNATURE.as_slice(), &bytes].concat() } else { bytes };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let _ = runtime.block_on(read(&bytes));
            let _ = parse_line(&bytes);
        }
    }
}
