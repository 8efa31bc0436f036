//! One look at the host: everything that can be read at this moment.

use std::fs;
use std::path::{Path, PathBuf};

use crate::proc::cpu::CpuTime;
use crate::proc::disk::{self, DiskBytes, Mount};
use crate::proc::memory::Memory;
use crate::proc::network::{self, NetworkBytes};
use crate::proc::system;
use crate::temperature;

/// Where the kernel's files are; elsewhere when the host's are mounted into a container.
#[derive(Clone, Debug)]
pub struct Roots {
    /// Usually `/proc`.
    pub proc: PathBuf,
    /// Usually `/sys`.
    pub sys: PathBuf,
}

impl Default for Roots {
    fn default() -> Self {
        Self { proc: "/proc".into(), sys: "/sys".into() }
    }
}

/// What grows since boot: rates come from two of these.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub cpu: Option<CpuTime>,
    pub disks: Option<DiskBytes>,
    pub network: Option<NetworkBytes>,
}

/// What is so now. A figure the host does not tell is `None`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    pub totals: Totals,
    pub load_1m: Option<f64>,
    pub memory: Option<Memory>,
    pub disk_used: Vec<(Mount, f64)>,
    pub tcp_established: Option<u64>,
    pub open_files: Option<u64>,
    pub processes: Option<u64>,
    pub uptime_seconds: Option<f64>,
    pub temperature_celsius: Option<f64>,
}

impl Reading {
    /// Reads the host. Blocks as long as its disks do, so it belongs on a blocking thread.
    pub fn take(roots: &Roots) -> Self {
        let text = |file: &str| fs::read_to_string(roots.proc.join(file)).ok();
        Self {
            totals: Totals {
                cpu: text("stat").and_then(|text| CpuTime::parse(&text)),
                disks: text("diskstats").map(|text| DiskBytes::parse(&text, |name| is_disk(&roots.sys, name))),
                network: text("net/dev").map(|text| NetworkBytes::parse(&text)),
            },
            load_1m: text("loadavg").and_then(|text| system::load_1m(&text)),
            memory: text("meminfo").and_then(|text| Memory::parse(&text)),
            disk_used: text("mounts").map(|text| used(disk::mounts(&text))).unwrap_or_default(),
            tcp_established: text("net/snmp").and_then(|text| network::tcp_established(&text)),
            open_files: text("sys/fs/file-nr").and_then(|text| system::open_files(&text)),
            processes: processes(&roots.proc),
            uptime_seconds: text("uptime").and_then(|text| system::uptime_seconds(&text)),
            temperature_celsius: temperature::hottest(&roots.sys),
        }
    }
}

/// Whole disks stand in `/sys/block`, partitions do not.
fn is_disk(sys: &Path, name: &str) -> bool {
    disk::is_physical(name) && sys.join("block").join(name).exists()
}

fn processes(proc: &Path) -> Option<u64> {
    let entries = fs::read_dir(proc).ok()?.flatten();
    let numbered = entries.filter(|entry| entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit));
    Some(numbered.count() as u64)
}

/// Used share of each file system, as df(1) counts it: of what users may have, without the blocks kept for root.
fn used(mounts: Vec<Mount>) -> Vec<(Mount, f64)> {
    let ratio = |mount: &Mount| {
        let disk = nix::sys::statvfs::statvfs(mount.path.as_str()).ok()?;
        let used = disk.blocks().checked_sub(disk.blocks_free())?;
        let usable = used.checked_add(disk.blocks_available()).filter(|blocks| *blocks > 0)?;
        Some(used as f64 / usable as f64)
    };
    mounts.into_iter().filter_map(|mount| ratio(&mount).map(|ratio| (mount, ratio))).collect()
}
