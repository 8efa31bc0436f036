//! How much of a processor polling costs: reads many agents over and over and counts.
//!
//! ```text
//! cargo run --release -p vigie-snmp --example poll -- FIRST:PORT AGENTS [get|table] [SECONDS] [COMMUNITY]
//! cargo run --release -p vigie-snmp --example poll -- 127.0.10.1:1161 200 table 10
//! ```
//! Agents listen on consecutive IPv4 addresses. The last line is one JSON object; `…_per_cpu_second` is
//! over the processor time of this process alone, on one thread.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use vigie_domain::Secret;
use vigie_domain::devices::{Oid, Rows, SnmpAuth, SnmpClient, SnmpTarget};
use vigie_snmp::{SnmpEngine, SnmpSettings};

/// Polls running beside each other.
const AT_ONCE: usize = 512;
/// The eight counters of an interface a poller wants: octets, packets, errors, discards in both directions (IF-MIB).
const COLUMNS: [&str; 8] = [
    "1.3.6.1.2.1.31.1.1.1.6",
    "1.3.6.1.2.1.31.1.1.1.10",
    "1.3.6.1.2.1.31.1.1.1.7",
    "1.3.6.1.2.1.31.1.1.1.11",
    "1.3.6.1.2.1.2.2.1.14",
    "1.3.6.1.2.1.2.2.1.20",
    "1.3.6.1.2.1.2.2.1.13",
    "1.3.6.1.2.1.2.2.1.19",
];

type Failure = Box<dyn std::error::Error>;

struct Bench {
    targets: Vec<SnmpTarget>,
    tables: bool,
    duration: Duration,
}

impl Bench {
    fn from_arguments() -> Result<Self, Failure> {
        let mut words = std::env::args().skip(1);
        let usage = "FIRST:PORT AGENTS [get|table] [SECONDS] [COMMUNITY]";
        let first: SocketAddr = words.next().ok_or(usage)?.parse()?;
        let agents: u32 = words.next().ok_or(usage)?.parse()?;
        let tables = words.next().is_none_or(|word| word == "table");
        let duration = Duration::from_secs(words.next().map_or(Ok(10), |word| word.parse())?);
        let community = words.next().unwrap_or_else(|| "public".to_owned());
        let auth = Arc::new(SnmpAuth::V2c { community: Secret::new(community) });
        let IpAddr::V4(base) = first.ip() else { return Err("the first address is IPv4".into()) };
        let address = |number| SocketAddr::from((Ipv4Addr::from(u32::from(base) + number), first.port()));
        let target = |number| SnmpTarget { address: address(number), auth: Arc::clone(&auth), timeout: Duration::from_secs(2), retries: 2 };
        Ok(Self { targets: (0..agents).map(target).collect(), tables, duration })
    }

    async fn run(&self) -> Result<(), Failure> {
        let engine = SnmpEngine::start(SnmpSettings::default()).await?;
        let columns = COLUMNS.map(str::parse).into_iter().collect::<Result<Vec<Oid>, _>>()?;
        let instances: Vec<Oid> = columns.iter().map(|column| column.child(&[1])).collect();
        let (engine, columns, instances) = (&engine, columns.as_slice(), instances.as_slice());
        let (began, cpu) = (Instant::now(), cpu_seconds()?);
        let endless = self.targets.iter().cycle().take_while(|_| began.elapsed() < self.duration);
        let polls = stream::iter(endless).map(|target| async move {
            if self.tables {
                engine.table(target, columns, Rows::at_most(10_000)).await.is_ok()
            } else {
                engine.get(target, instances).await.is_ok()
            }
        });
        let (polled, failed) = polls
            .buffer_unordered(AT_ONCE)
            .fold((0_u64, 0_u64), |(ok, bad), done| async move { (ok + u64::from(done), bad + u64::from(!done)) })
            .await;
        let (wall, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds()? - cpu);
        let stats = engine.stats();
        println!(
            "{{\"bench\":\"snmp-poll\",\"agents\":{},\"polls\":{polled},\"failed\":{failed},\"wall_seconds\":{wall:.2},\"cpu_seconds\":{cpu:.2},\
             \"requests_per_cpu_second\":{:.0},\"values_per_cpu_second\":{:.0},\"timeouts\":{},\"mean_round_trip_us\":{}}}",
            self.targets.len(),
            stats.responses as f64 / cpu,
            stats.values as f64 / cpu,
            stats.timeouts,
            stats.mean_round_trip().unwrap_or_default().as_micros(),
        );
        Ok(())
    }
}

/// Processor time of this process, from proc_pid_stat(5), whose clock ticks are hundredths of a second.
fn cpu_seconds() -> Result<f64, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit_once(')').ok_or("no process name")?.1;
    let mut words = after_name.split_ascii_whitespace().skip(11);
    let mut ticks = || -> Result<f64, Failure> { Ok(words.next().ok_or("no processor time")?.parse()?) };
    Ok((ticks()? + ticks()?) / 100.0)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    Bench::from_arguments()?.run().await
}
