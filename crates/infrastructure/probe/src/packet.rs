//! Echo messages as they travel: RFC 792 for IPv4, RFC 4443 for IPv6.

/// Bytes of an echo request: header, token, filling, 64 in all, as ping(8) sends.
pub(crate) const LENGTH: usize = 64;

/// Which of the two protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

impl Family {
    /// Type of an echo request and of its reply.
    pub const fn types(self) -> (u8, u8) {
        match self {
            Self::V4 => (8, 0),
            Self::V6 => (128, 129),
        }
    }
}

/// An echo request that carries a token. The kernel sets identifier and checksum where the socket is
/// not raw, and the checksum of ICMPv6 always (RFC 3542, section 3.1).
pub(crate) fn request(family: Family, identifier: u16, sequence: u16, token: u64) -> [u8; LENGTH] {
    let mut packet = [0x56; LENGTH];
    packet[0] = family.types().0;
    packet[1..4].fill(0);
    packet[4..6].copy_from_slice(&identifier.to_be_bytes());
    packet[6..8].copy_from_slice(&sequence.to_be_bytes());
    packet[8..16].copy_from_slice(&token.to_be_bytes());
    if family == Family::V4 {
        let checksum = checksum(&packet);
        packet[2..4].copy_from_slice(&checksum.to_be_bytes());
    }
    packet
}

/// The token of an echo reply; `None` for every other message. Raw sockets of IPv4 give the IP header too.
pub(crate) fn reply_token(family: Family, with_header: bool, datagram: &[u8]) -> Option<u64> {
    let header = if with_header { usize::from(datagram.first()? & 0x0f) * 4 } else { 0 };
    let message = datagram.get(header..)?;
    if *message.first()? != family.types().1 || *message.get(1)? != 0 {
        return None;
    }
    let token = message.get(8..16)?;
    token.try_into().ok().map(u64::from_be_bytes)
}

/// The Internet checksum (RFC 1071).
fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)])));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_checksum_of_a_message_with_its_checksum_is_zero() {
        assert_eq!(checksum(&request(Family::V4, 0x1234, 7, u64::MAX)), 0);
        assert_eq!(checksum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), !0xddf2, "the example of RFC 1071");
    }

    #[test]
    fn a_reply_gives_its_token_back() {
        for (family, header) in [(Family::V4, 20), (Family::V4, 24), (Family::V4, 0), (Family::V6, 0)] {
            let mut message = request(family, 1, 2, 42);
            assert_eq!(reply_token(family, false, &message), None, "a request is no reply");
            message[0] = family.types().1;
            let mut datagram = vec![0x40 | (header / 4) as u8; header];
            datagram.extend(message);
            assert_eq!(reply_token(family, header > 0, &datagram), Some(42));
        }
    }

    proptest! {
        #[test]
        fn no_datagram_panics(datagram in proptest::collection::vec(any::<u8>(), 0..100), raw: bool) {
            let _ = (reply_token(Family::V4, raw, &datagram), reply_token(Family::V6, raw, &datagram));
        }
    }
}
