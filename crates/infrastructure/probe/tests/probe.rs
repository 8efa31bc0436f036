//! Probes against the real network stack of this host.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;
use vigie_domain::devices::{PingReport, Probe, TcpOutcome};
use vigie_probe::NetworkProbe;

const SECOND: Duration = Duration::from_secs(1);
/// TEST-NET-3 (RFC 5737): nobody is there.
const NOBODY: &str = "203.0.113.77";

/// The probe, or `None`, said loudly, where this host allows no ICMP.
fn probe() -> Option<NetworkProbe> {
    let probe = NetworkProbe::start();
    let missing = probe.missing();
    if missing.is_empty() {
        return Some(probe);
    }
    vigie_testkit::service::missing(&format!("{missing:?}"));
    None
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

#[tokio::test]
async fn loopback_answers_in_both_families() {
    let Some(probe) = probe() else { return };
    for host in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
        let report = probe.ping(ip(host), 3, Duration::from_millis(5), SECOND).await.unwrap();
        assert_eq!((report.replies.len(), report.loss_ratio()), (3, 0.0), "{host}: {report:?}");
        assert!(report.mean_ms().is_some_and(|ms| ms > 0.0 && ms < 500.0), "{report:?}");
        assert!(report.jitter_ms().is_some());
    }
}

#[tokio::test]
async fn many_hosts_at_once_over_two_sockets() {
    let Some(probe) = probe() else { return };
    let hosts: Vec<IpAddr> = (0..2000_u32).map(|i| IpAddr::from((0x7f00_4200 + i).to_be_bytes())).collect();
    let reports = join_all(hosts.iter().map(|host| probe.ping(*host, 1, Duration::ZERO, 5 * SECOND))).await;
    let answered = reports.into_iter().filter(|report| report.as_ref().is_ok_and(PingReport::answered)).count();
    assert_eq!(answered, 2000);
}

#[tokio::test]
async fn one_host_asked_many_times_at_once() {
    let Some(probe) = probe() else { return };
    let reports = join_all((0..100).map(|_| probe.ping(ip("127.0.0.1"), 5, Duration::ZERO, 5 * SECOND))).await;
    assert!(reports.iter().all(|report| report.as_ref().is_ok_and(|report| report.loss_ratio() == 0.0)), "{reports:?}");
}

#[tokio::test]
async fn silence_is_loss_and_takes_no_longer_than_said() {
    let Some(probe) = probe() else { return };
    let began = Instant::now();
    let report = probe.ping(ip(NOBODY), 3, Duration::from_millis(50), Duration::from_millis(200)).await.unwrap();
    assert_eq!(report.replies, [None; 3]);
    assert!(!report.answered() && report.mean_ms().is_none());
    assert!(began.elapsed() < Duration::from_millis(900), "{:?}", began.elapsed());
}

#[tokio::test]
async fn tcp_tells_open_from_refused_from_silent() {
    let probe = NetworkProbe::start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    assert!(matches!(probe.tcp(address, SECOND).await, Ok(TcpOutcome::Open(took)) if took < SECOND));
    drop(listener);
    assert!(matches!(probe.tcp(address, SECOND).await, Ok(TcpOutcome::Refused(_))));
}

#[tokio::test]
async fn tcp_gives_up_on_silence_in_time() {
    let probe = NetworkProbe::start();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    // whoever listens but never accepts falls silent once its backlog is full
    let mut waiting = Vec::new();
    while let Ok(Ok(stream)) = timeout(Duration::from_millis(300), TcpStream::connect(address)).await {
        waiting.push(stream);
    }
    let began = Instant::now();
    assert_eq!(probe.tcp(address, Duration::from_millis(200)).await.unwrap(), TcpOutcome::Silent);
    assert!(began.elapsed() < Duration::from_millis(900));
}
