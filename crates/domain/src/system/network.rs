//! The port to the networks that the host itself is in.

use std::net::Ipv4Addr;

use async_trait::async_trait;

use crate::Result;

/// An IPv4 address of the host, with the network it lies in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostNetwork {
    /// Name of the interface, such as `eth0`.
    pub interface: String,
    /// The host's own address there.
    pub address: Ipv4Addr,
    /// Length of the network's prefix, 0 to 32.
    pub prefix_length: u8,
    /// Whether it is a bridge that leads to no other machine: containers and virtual machines of this host.
    pub is_inside: bool,
    /// The default gateway that is reached through this interface.
    pub gateway: Option<Ipv4Addr>,
}

/// Reads the networks of the host.
#[async_trait]
pub trait HostNetworks: Send + Sync {
    /// Networks of interfaces that are up, in the order of the kernel; loopback and link-local addresses are left out.
    async fn networks(&self) -> Result<Vec<HostNetwork>>;
}
