//! Echo requests over one socket a family, however many hosts are asked.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit, oneshot};
use tokio::task::JoinHandle;
use vigie_domain::{Error, ErrorKind};

use crate::packet::{self, Family};
use crate::socket::IcmpSocket;

/// Requests in flight on one socket; their answers fit its receive buffer together.
const IN_FLIGHT: usize = 1024;

/// ICMP of one address family.
pub(crate) struct Icmp {
    family: Family,
    socket: Arc<IcmpSocket>,
    identifier: u16,
    count: AtomicU64,
    /// Tokens are hashes under a secret, so that only who saw a request can answer it.
    secret: RandomState,
    waiting: Arc<Waiting>,
    permits: Semaphore,
    receiver: JoinHandle<()>,
}

impl Icmp {
    /// Opens the socket and listens; needs a tokio runtime.
    pub fn open(family: Family) -> io::Result<Self> {
        let secret = RandomState::new();
        let identifier = secret.hash_one("identifier") as u16;
        let socket = Arc::new(IcmpSocket::open(family, identifier)?);
        let waiting = Arc::new(Waiting::default());
        let receiver = tokio::spawn(receive(family, Arc::clone(&socket), Arc::clone(&waiting)));
        Ok(Self { family, socket, identifier, count: AtomicU64::new(0), secret, waiting, permits: Semaphore::new(IN_FLIGHT), receiver })
    }

    /// Sends one echo request; `None` when none could be sent there.
    pub async fn send(&self, host: IpAddr) -> Option<Echo<'_>> {
        let permit = self.permits.acquire().await.ok()?;
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let token = self.secret.hash_one(number);
        let request = packet::request(self.family, self.identifier, number as u16, token);
        let reply = self.waiting.expect(token, host);
        let sent = Instant::now();
        self.socket.socket.send_to(&request, SocketAddr::new(host, 0)).await.ok()?;
        Some(Echo { reply, sent, _permit: permit })
    }
}

/// An echo request under way.
pub(crate) struct Echo<'a> {
    reply: Expected<'a>,
    sent: Instant,
    _permit: SemaphorePermit<'a>,
}

impl Echo<'_> {
    /// Its round trip; `None` when no reply came within `timeout` of the request. The receiver notes when a reply came, so that it does not
    /// matter when this is asked.
    pub async fn round_trip(mut self, timeout: Duration) -> Option<Duration> {
        let left = timeout.saturating_sub(self.sent.elapsed());
        let received = tokio::time::timeout(left, &mut self.reply.arrival).await.ok()?.ok()?;
        Some(received.saturating_duration_since(self.sent)).filter(|took| *took <= timeout)
    }
}

impl Drop for Icmp {
    fn drop(&mut self) {
        self.receiver.abort();
    }
}

async fn receive(family: Family, socket: Arc<IcmpSocket>, waiting: Arc<Waiting>) {
    let mut buffer = [0; 256];
    loop {
        // errors here are reports about single hosts; the socket itself stays good
        let Ok((length, from)) = socket.socket.recv_from(&mut buffer).await else { continue };
        if let Some(token) = packet::reply_token(family, socket.with_header, &buffer[..length]) {
            waiting.arrived(token, from.ip());
        }
    }
}

/// Who waits for which reply.
#[derive(Default)]
struct Waiting(Mutex<HashMap<u64, (IpAddr, oneshot::Sender<Instant>)>>);

impl Waiting {
    fn expect(&self, token: u64, host: IpAddr) -> Expected<'_> {
        let (sender, arrival) = oneshot::channel();
        self.lock().insert(token, (host, sender));
        Expected { waiting: self, token, arrival }
    }

    fn arrived(&self, token: u64, from: IpAddr) {
        let mut waiting = self.lock();
        if waiting.get(&token).is_some_and(|(host, _)| *host == from)
            && let Some((_, sender)) = waiting.remove(&token)
        {
            // whoever asked may have given up just now
            let _ = sender.send(Instant::now());
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, (IpAddr, oneshot::Sender<Instant>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in [`Waiting`], given up when dropped.
struct Expected<'a> {
    waiting: &'a Waiting,
    token: u64,
    arrival: oneshot::Receiver<Instant>,
}

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        self.waiting.lock().remove(&self.token);
    }
}

/// Why there is no socket, and which right is missing.
pub(crate) fn unavailable(error: &io::Error, family: Family) -> Error {
    let family = match family {
        Family::V4 => "IPv4",
        Family::V6 => "IPv6",
    };
    let refused =
        Error::new(ErrorKind::Unsupported, "icmp_not_permitted", format!("this server cannot send ICMP echo requests over {family}"));
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            refused.cause("the process has neither CAP_NET_RAW nor a group within net.ipv4.ping_group_range").solution(
                "run `sysctl -w net.ipv4.ping_group_range=\"0 2147483647\"`, or give the binary the right by `setcap cap_net_raw+ep`",
            )
        }
        _ => refused.cause(error.to_string()).solution(format!("enable {family} on this host, or leave such addresses out")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_right_is_named() {
        let error = unavailable(&io::ErrorKind::PermissionDenied.into(), Family::V4);
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.cause_text().is_some_and(|cause| cause.contains("CAP_NET_RAW")));
        assert!(error.solution_text().is_some_and(|solution| solution.contains("ping_group_range")));
    }

    #[tokio::test]
    async fn only_the_host_asked_can_answer() {
        let waiting = Waiting::default();
        let (asked, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let mut expected = waiting.expect(7, asked);
        waiting.arrived(7, other);
        assert!(expected.arrival.try_recv().is_err());
        waiting.arrived(7, asked);
        assert!(expected.arrival.try_recv().is_ok());
        drop(expected);
        drop(waiting.expect(8, asked));
        assert!(waiting.lock().is_empty());
    }
}
