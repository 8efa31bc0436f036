//! The port to reachability probes.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use async_trait::async_trait;

use crate::Result;

/// What a burst of echo requests showed (RFC 792, RFC 4443).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PingReport {
    /// Round trip of each request in order; `None` where none came back.
    pub replies: Vec<Option<Duration>>,
}

impl PingReport {
    /// Whether any answer came.
    pub fn answered(&self) -> bool {
        self.replies.iter().any(Option::is_some)
    }

    /// Share of requests without answer, 0 to 1; 1 for an empty burst.
    pub fn loss_ratio(&self) -> f64 {
        if self.replies.is_empty() {
            return 1.0;
        }
        self.replies.iter().filter(|r| r.is_none()).count() as f64 / self.replies.len() as f64
    }

    /// Mean round trip in milliseconds.
    pub fn mean_ms(&self) -> Option<f64> {
        let times: Vec<f64> = self.times().collect();
        (!times.is_empty()).then(|| times.iter().sum::<f64>() / times.len() as f64)
    }

    /// Mean difference between neighbouring round trips in milliseconds (as RFC 3550's jitter, unsmoothed).
    pub fn jitter_ms(&self) -> Option<f64> {
        let times: Vec<f64> = self.times().collect();
        let steps = times.len().checked_sub(1).filter(|n| *n > 0)?;
        Some(times.windows(2).map(|w| (w[1] - w[0]).abs()).sum::<f64>() / steps as f64)
    }

    /// Round trips in milliseconds.
    pub fn times(&self) -> impl Iterator<Item = f64> + '_ {
        self.replies.iter().flatten().map(|d| d.as_secs_f64() * 1e3)
    }
}

/// What a TCP connection attempt showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpOutcome {
    /// Connected, after this time.
    Open(Duration),
    /// Reset: nothing listens there, but the host lives.
    Refused(Duration),
    /// Nothing came back in time, or a router says that it is not reachable.
    Silent,
}

/// Sends probes.
#[async_trait]
pub trait Probe: Send + Sync {
    /// `count` echo requests, `interval` apart, each waiting at most `timeout`. Fails when this process may not send them.
    async fn ping(&self, address: IpAddr, count: u16, interval: Duration, timeout: Duration) -> Result<PingReport>;

    /// One TCP connection attempt, closed at once.
    async fn tcp(&self, address: SocketAddr, timeout: Duration) -> Result<TcpOutcome>;
}
