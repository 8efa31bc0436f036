//! The host this process runs on, as the domain asks for it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use vigie_domain::system::{Figure, HostNetwork, HostNetworks, HostProbe};
use vigie_domain::{Error, ErrorKind, Result, Timestamp};

use crate::networks;
use crate::proc::network;
use crate::reading::{Reading, Roots, Totals};

/// Rates over less than this say more about the clock than about the host; the ones before are given again.
const SHORTEST: Duration = Duration::from_millis(250);

/// Reads `/proc` and `/sys` of this host.
#[derive(Debug, Default)]
pub struct LocalHost {
    roots: Roots,
    before: Mutex<Option<Before>>,
}

#[derive(Clone, Copy, Debug)]
struct Before {
    at: Timestamp,
    totals: Totals,
    rates: Rates,
}

/// What needs two readings.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Rates {
    cpu_ratio: Option<f64>,
    disk_read: Option<f64>,
    disk_write: Option<f64>,
    network_in: Option<f64>,
    network_out: Option<f64>,
}

impl LocalHost {
    /// Reads kernel files elsewhere than `/proc` and `/sys`, as in a container that has the host's mounted.
    pub fn at(roots: Roots) -> Self {
        Self { roots, before: Mutex::default() }
    }

    /// Datagrams the kernel dropped because the receive buffer of a UDP port was full, per port since
    /// its sockets were opened, over both families; ports without a socket are missing.
    pub async fn udp_drops(&self, ports: &[u16]) -> Result<BTreeMap<u16, u64>> {
        let (proc, ports) = (self.roots.proc.clone(), ports.to_vec());
        blocking(move || {
            let mut drops = BTreeMap::new();
            for file in ["net/udp", "net/udp6"] {
                let text = std::fs::read_to_string(proc.join(file)).unwrap_or_default();
                for (port, lost) in network::udp_drops(&text, &ports) {
                    *drops.entry(port).or_default() += lost;
                }
            }
            drops
        })
        .await
    }

    fn rates(&self, now: Timestamp, totals: Totals) -> Rates {
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        let rates = match *before {
            None => Rates::default(),
            Some(before) if now.since(before.at) < SHORTEST && now >= before.at => return before.rates,
            Some(before) => Rates::between(&before.totals, &totals, now.since(before.at)),
        };
        *before = Some(Before { at: now, totals, rates });
        rates
    }
}

impl Rates {
    fn between(before: &Totals, after: &Totals, elapsed: Duration) -> Self {
        let disks = before.disks.zip(after.disks);
        let network = before.network.zip(after.network);
        // a counter that shrank was reset, by a disk or interface that went away: nothing can be said
        let per_second = |before: u64, after: u64| {
            let bytes = after.checked_sub(before)? as f64;
            (!elapsed.is_zero()).then(|| bytes / elapsed.as_secs_f64())
        };
        Self {
            cpu_ratio: before.cpu.zip(after.cpu).and_then(|(before, after)| after.ratio_since(before)),
            disk_read: disks.and_then(|(before, after)| per_second(before.read, after.read)),
            disk_write: disks.and_then(|(before, after)| per_second(before.written, after.written)),
            network_in: network.and_then(|(before, after)| per_second(before.received, after.received)).map(|bytes| bytes * 8.0),
            network_out: network.and_then(|(before, after)| per_second(before.sent, after.sent)).map(|bytes| bytes * 8.0),
        }
    }
}

#[async_trait]
impl HostProbe for LocalHost {
    async fn figures(&self, now: Timestamp) -> Result<Vec<Figure>> {
        let roots = self.roots.clone();
        let reading = blocking(move || Reading::take(&roots)).await?;
        let rates = self.rates(now, reading.totals);
        Ok(figures(reading, rates))
    }
}

#[async_trait]
impl HostNetworks for LocalHost {
    async fn networks(&self) -> Result<Vec<HostNetwork>> {
        let roots = self.roots.clone();
        blocking(move || networks::read(&roots)).await?
    }
}

fn figures(reading: Reading, rates: Rates) -> Vec<Figure> {
    let count = |value: Option<u64>| value.map(|value| value as f64);
    let memory = reading.memory;
    let mut figures = vec![
        figure("cpu_ratio", rates.cpu_ratio, "ratio"),
        figure("load_1m", reading.load_1m, ""),
        figure("memory_used_bytes", count(memory.map(|memory| memory.used)), "byte"),
        figure("memory_total_bytes", count(memory.map(|memory| memory.total)), "byte"),
        figure("swap_used_bytes", count(memory.map(|memory| memory.swap_used)), "byte"),
        figure("disk_read_bytes_per_second", rates.disk_read, "byte/s"),
        figure("disk_write_bytes_per_second", rates.disk_write, "byte/s"),
        figure("network_in_bps", rates.network_in, "bit/s"),
        figure("network_out_bps", rates.network_out, "bit/s"),
        figure("tcp_established", count(reading.tcp_established), ""),
        figure("open_files", count(reading.open_files), ""),
        figure("processes", count(reading.processes), ""),
        figure("uptime_seconds", reading.uptime_seconds, "s"),
        figure("temperature_celsius", reading.temperature_celsius, "°C"),
    ];
    let disks = reading.disk_used.into_iter();
    figures.extend(disks.map(|(mount, ratio)| Figure { label: Some(mount.path), ..figure("disk_used_ratio", Some(ratio), "ratio") }));
    figures
}

fn figure(name: &'static str, value: Option<f64>, unit: &'static str) -> Figure {
    Figure { name, label: None, value, unit }
}

async fn blocking<T: Send + 'static>(read: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let failed = |error| Error::new(ErrorKind::ServiceFailed, "service_failed", "the host could not be read").source(error);
    tokio::task::spawn_blocking(read).await.map_err(failed)
}
