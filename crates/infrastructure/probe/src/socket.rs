//! The ICMP socket of a family: unprivileged where the host allows it (icmp(7)), raw otherwise.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, SockFilter, Socket, Type};
use tokio::net::UdpSocket;

use crate::packet::Family;

/// Asked of the kernel, which gives at most `net.core.rmem_max`: answers of a sweep come in bursts.
const RECEIVE_BUFFER: usize = 4 << 20;

/// An open socket.
pub(crate) struct IcmpSocket {
    pub socket: UdpSocket,
    /// Whether datagrams come with their IP header.
    pub with_header: bool,
}

impl IcmpSocket {
    /// Opens it; the error of the unprivileged kind is told when neither is allowed.
    pub fn open(family: Family, identifier: u16) -> io::Result<Self> {
        let (domain, protocol) = match family {
            Family::V4 => (Domain::IPV4, Protocol::ICMPV4),
            Family::V6 => (Domain::IPV6, Protocol::ICMPV6),
        };
        let (socket, raw) = match Socket::new(domain, Type::DGRAM, Some(protocol)) {
            Ok(socket) => (socket, false),
            Err(error) => (Socket::new(domain, Type::RAW, Some(protocol)).map_err(|_| error)?, true),
        };
        if raw {
            // a raw socket hears all ICMP of the host: without a filter the noise would push our answers out of the buffer
            socket.attach_filter(&only_replies(family, identifier))?;
        }
        socket.set_nonblocking(true)?;
        socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
        let any = match family {
            Family::V4 => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            Family::V6 => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        socket.bind(&any.into())?;
        Ok(Self { socket: UdpSocket::from_std(socket.into())?, with_header: raw && family == Family::V4 })
    }
}

/// A classic BPF program that lets echo replies with our identifier pass.
fn only_replies(family: Family, identifier: u16) -> Vec<SockFilter> {
    const LOAD_HEADER_LENGTH: u16 = 0xb1; // ldxb 4*([k]&0xf)
    const LOAD_BYTE: u16 = 0x50; // ldb [x + k]
    const LOAD_HALF: u16 = 0x48; // ldh [x + k]
    const JUMP_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    let mut program = Vec::with_capacity(7);
    if family == Family::V4 {
        program.push(SockFilter::new(LOAD_HEADER_LENGTH, 0, 0, 0));
    }
    program.extend([
        SockFilter::new(LOAD_BYTE, 0, 0, 0),
        SockFilter::new(JUMP_EQUAL, 0, 3, family.types().1.into()),
        SockFilter::new(LOAD_HALF, 0, 0, 4),
        SockFilter::new(JUMP_EQUAL, 0, 1, identifier.into()),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
        SockFilter::new(RETURN, 0, 0, 0),
    ]);
    program
}
