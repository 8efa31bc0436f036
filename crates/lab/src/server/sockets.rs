//! How the addresses are taken.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};

use nix::sys::socket::{setsockopt, sockopt};

use crate::error::LabError;

/// How the addresses are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Binding {
    /// `each` up to 512 devices, `any` beyond.
    #[default]
    Auto,
    /// A socket for each address: other programs may use the same port on other addresses.
    Each,
    /// One socket on 0.0.0.0 for all: thousands of devices cost one descriptor. Datagrams to addresses that are
    /// not of the lab are ignored.
    Any,
}

/// Up to here a socket for each address is cheap.
const FEW: usize = 512;
/// Descriptors left for everything else.
const SPARE: u64 = 256;
/// Bytes of requests that wait for a busy socket.
const ANY_BUFFER: usize = 4 << 20;
const EACH_BUFFER: usize = 256 << 10;

/// A socket, and the address it has; none for all of them.
pub struct Socket {
    pub udp: UdpSocket,
    pub address: Option<Ipv4Addr>,
}

/// The sockets of a lab.
pub struct Sockets {
    pub all: Vec<Socket>,
    pub port: u16,
}

impl Sockets {
    /// Opens the sockets. Port 0 takes one that is free on every address.
    pub fn open(addresses: &[Ipv4Addr], port: u16, binding: Binding) -> Result<Self, LabError> {
        let is_each = match binding {
            Binding::Each => true,
            Binding::Any => false,
            Binding::Auto => addresses.len() <= FEW,
        };
        if !is_each {
            return Self::any(port);
        }
        vigie_foundation::descriptors::allow(addresses.len() as u64 + SPARE);
        let mut last = Self::each(addresses, port);
        for _ in 0..16 {
            if port != 0 || last.is_ok() {
                break;
            }
            last = Self::each(addresses, 0);
        }
        last
    }

    fn any(port: u16) -> Result<Self, LabError> {
        let udp = bind(Ipv4Addr::UNSPECIFIED, port, ANY_BUFFER)?;
        setsockopt(&udp, sockopt::Ipv4PacketInfo, &true).map_err(io::Error::from)?;
        let port = udp.local_addr()?.port();
        Ok(Self { all: vec![Socket { udp, address: None }], port })
    }

    fn each(addresses: &[Ipv4Addr], mut port: u16) -> Result<Self, LabError> {
        let mut all = Vec::with_capacity(addresses.len());
        for &address in addresses {
            let udp = bind(address, port, EACH_BUFFER)?;
            port = udp.local_addr()?.port();
            all.push(Socket { udp, address: Some(address) });
        }
        Ok(Self { all, port })
    }
}

fn bind(address: Ipv4Addr, port: u16, buffer: usize) -> Result<UdpSocket, LabError> {
    let address = SocketAddrV4::new(address, port);
    let udp = UdpSocket::bind(address).map_err(|source| LabError::Listen { address, source })?;
    udp.set_nonblocking(true)?;
    // the system gives what its limit allows, which is enough for all but bursts
    if let Err(error) = setsockopt(&udp, sockopt::RcvBuf, &buffer) {
        tracing::debug!(%error, "receive buffer not enlarged");
    }
    Ok(udp)
}
