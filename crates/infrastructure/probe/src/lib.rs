//! ICMP and TCP probes.
//!
//! [`NetworkProbe`] keeps the domain's port `Probe` with two ICMP sockets and a bounded number of TCP attempts.

mod icmp;
mod packet;
mod socket;
mod tcp;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Semaphore;
use vigie_domain::devices::{PingReport, Probe, TcpOutcome};
use vigie_domain::{Error, Result};

use crate::icmp::Icmp;
use crate::packet::Family;

/// TCP attempts at once: each holds a descriptor.
const TCP_AT_ONCE: usize = 512;

/// Sends echo requests and tries TCP connections for all devices.
pub struct NetworkProbe {
    v4: io::Result<Icmp>,
    v6: io::Result<Icmp>,
    tcp: Semaphore,
}

impl NetworkProbe {
    /// Opens the ICMP sockets; needs a tokio runtime. Where the host does not allow them, TCP still works,
    /// `ping` fails, and [`missing`](Self::missing) tells why.
    pub fn start() -> Self {
        Self { v4: Icmp::open(Family::V4), v6: Icmp::open(Family::V6), tcp: Semaphore::new(TCP_AT_ONCE) }
    }

    /// What this host does not allow, for the log and the status page.
    pub fn missing(&self) -> Vec<Error> {
        let sockets = [(&self.v4, Family::V4), (&self.v6, Family::V6)];
        sockets.into_iter().filter_map(|(socket, family)| Some(icmp::unavailable(socket.as_ref().err()?, family))).collect()
    }

    fn icmp(&self, host: IpAddr) -> Result<&Icmp> {
        let (socket, family) = if host.is_ipv4() { (&self.v4, Family::V4) } else { (&self.v6, Family::V6) };
        socket.as_ref().map_err(|error| icmp::unavailable(error, family))
    }
}

#[async_trait]
impl Probe for NetworkProbe {
    async fn ping(&self, address: IpAddr, count: u16, interval: Duration, timeout: Duration) -> Result<PingReport> {
        let address = address.to_canonical();
        let icmp = self.icmp(address)?;
        // each request leaves on time, whether or not the one before was answered; one task and few timers, as there are many devices
        let mut echoes = Vec::with_capacity(count.into());
        for number in 0..count {
            if number > 0 {
                tokio::time::sleep(interval).await;
            }
            echoes.push(icmp.send(address).await);
        }
        let mut replies = Vec::with_capacity(count.into());
        for echo in echoes {
            replies.push(match echo {
                Some(echo) => echo.round_trip(timeout).await,
                None => None,
            });
        }
        Ok(PingReport { replies })
    }

    async fn tcp(&self, address: SocketAddr, timeout: Duration) -> Result<TcpOutcome> {
        let Ok(_permit) = self.tcp.acquire().await else { return Ok(TcpOutcome::Silent) };
        tcp::connect(address, timeout).await
    }
}
