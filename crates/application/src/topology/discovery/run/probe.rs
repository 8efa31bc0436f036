//! Looking at one address: SNMP with each credential, and beside it ICMP and TCP, to tell a device that refuses from nothing at all.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use vigie_domain::devices::{
    Access, AccessProtocol, AccessState, Cause, Likelihood, Oid, SnmpAuth, SnmpError, SnmpTarget, SnmpValue, TcpOutcome,
};
use vigie_domain::topology::{Outcome, RunResult};
use vigie_domain::{Id, Result};

use super::adopt::{adopt, adopt_silent};
use super::{Errand, Visited};
use crate::devices::identify::{Facts, read};

const ECHOES: u16 = 2;
const ECHO_INTERVAL: Duration = Duration::from_millis(250);
const WAIT: Duration = Duration::from_secs(1);
/// Ports that tell that a host is there: SSH, Telnet, HTTP, HTTPS.
const PORTS: [u16; 4] = [22, 23, 80, 443];
/// Where ICMP is silent only these are tried, and not for long: most such addresses are nobody's.
const PORTS_OF_SILENT: [u16; 2] = [22, 443];
const WAIT_OF_SILENT: Duration = Duration::from_millis(600);
/// sysDescr and sysObjectID: every agent has them.
const HELLO: [[u32; 9]; 2] = [[1, 3, 6, 1, 2, 1, 1, 1, 0], [1, 3, 6, 1, 2, 1, 1, 2, 0]];

/// Looks at an address.
pub(super) async fn visit(errand: &Errand, address: IpAddr) -> Result<Visited> {
    if errand.ignored.contains(&address) {
        return Ok(Visited::loose(result(errand, address, Outcome::Ignored)));
    }
    let (hello, latency) = tokio::join!(hello(errand, address), echo(errand, address));
    if let Hello::Opened(credential, target) = &hello {
        let slot = errand.reads.acquire().await;
        let facts = read_twice(errand, target).await;
        drop(slot);
        if let Ok(facts) = facts {
            return adopt(errand, address, *credential, &facts, latency).await;
        }
    }
    let tcp = connect(errand, address, latency.is_some() || matches!(hello, Hello::Refused)).await;
    let alive = latency.is_some() || tcp != Tcp::Silent || !matches!(hello, Hello::Silent);
    if !alive {
        return Ok(Visited::silent());
    }
    let access = access(errand, address, &hello, latency, &tcp).await;
    adopt_silent(errand, address, access, latency).await
}

/// A result without anything in it.
pub(super) fn result(errand: &Errand, address: IpAddr, outcome: Outcome) -> RunResult {
    RunResult {
        id: errand.result_id(address),
        run_id: errand.run_id,
        address,
        outcome,
        device_id: None,
        name: None,
        vendor: None,
        model: None,
        os: None,
        role: None,
        latency_ms: None,
        access: Vec::new(),
        found_at: errand.env.core.now(),
    }
}

/// What SNMP brought.
enum Hello {
    /// This credential opens it.
    Opened(Id, SnmpTarget),
    /// It answered, and refused every credential.
    Refused,
    /// The host is there, but nothing listens on the port.
    Closed,
    Silent,
}

/// Tries the credentials in their order.
async fn hello(errand: &Errand, address: IpAddr) -> Hello {
    let mut shown = Hello::Silent;
    for (id, auth) in &errand.auths {
        let target = target(errand, address, auth);
        match errand.env.snmp.get(&target, &HELLO.map(|arcs| Oid::new(&arcs))).await {
            Ok(values) if values.iter().any(|v| v.value != SnmpValue::Absent) => return Hello::Opened(*id, target),
            Err(SnmpError::Timeout { .. }) => {}
            Err(SnmpError::Refused { .. }) => return Hello::Closed,
            Err(SnmpError::Failed { .. }) if matches!(shown, Hello::Silent) => {}
            Ok(_) | Err(_) => shown = Hello::Refused,
        }
    }
    shown
}

fn target(errand: &Errand, address: IpAddr, auth: &Arc<SnmpAuth>) -> SnmpTarget {
    let settings = &errand.env.core.settings;
    let address = SocketAddr::new(address, errand.discovery.port);
    // most addresses are nobody's: a second try is enough to tell
    SnmpTarget { address, auth: auth.clone(), timeout: settings.snmp_timeout, retries: settings.snmp_retries.min(1) }
}

/// Reads the device; once more when an answer was lost on the way.
async fn read_twice(errand: &Errand, target: &SnmpTarget) -> Result<Facts, SnmpError> {
    let patient = SnmpTarget { retries: errand.env.core.settings.snmp_retries, ..target.clone() };
    match read(&*errand.env.snmp, &patient, &errand.profiles).await {
        Err(SnmpError::Timeout { .. }) => read(&*errand.env.snmp, &patient, &errand.profiles).await,
        other => other,
    }
}

/// Round trip of an echo in milliseconds, when one came back.
async fn echo(errand: &Errand, address: IpAddr) -> Option<f64> {
    match errand.env.probe.ping(address, ECHOES, ECHO_INTERVAL, WAIT).await {
        Ok(report) => report.times().reduce(f64::min),
        Err(error) => {
            tracing::debug!(%address, error = %error, "cannot send echo requests");
            None
        }
    }
}

/// What TCP showed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Tcp {
    /// These ports are open.
    Open(Vec<u16>),
    /// Connections are refused: the host is there.
    Refused,
    Silent,
}

async fn connect(errand: &Errand, address: IpAddr, alive: bool) -> Tcp {
    let (ports, wait): (&[u16], _) = if alive { (&PORTS, WAIT) } else { (&PORTS_OF_SILENT, WAIT_OF_SILENT) };
    let Ok(_slots) = errand.connections.acquire_many(ports.len() as u32).await else { return Tcp::Silent };
    let tries = ports.iter().map(|port| errand.env.probe.tcp(SocketAddr::new(address, *port), wait));
    let outcomes = futures::future::join_all(tries).await;
    let shown = |wanted: fn(&TcpOutcome) -> bool| {
        ports.iter().zip(&outcomes).filter(move |(_, o)| o.as_ref().is_ok_and(wanted)).map(|(port, _)| *port).collect::<Vec<u16>>()
    };
    let open = shown(|o| matches!(o, TcpOutcome::Open(_)));
    match open.is_empty() {
        false => Tcp::Open(open),
        true if shown(|o| matches!(o, TcpOutcome::Refused(_))).is_empty() => Tcp::Silent,
        true => Tcp::Refused,
    }
}

/// How the address answers each protocol.
async fn access(errand: &Errand, address: IpAddr, hello: &Hello, latency: Option<f64>, tcp: &Tcp) -> Vec<Access> {
    let now = errand.env.core.now();
    let of = |protocol, state| Access { state, ..Access::ok(protocol, now) };
    let mut all = Vec::with_capacity(3);
    if let Some((id, auth)) = errand.auths.first() {
        let slot = errand.diagnoses.acquire().await;
        let told = errand.env.snmp.diagnose(&target(errand, address, auth), now).await;
        drop(slot);
        all.push(Access { credential_id: Some(*id), ..informed(told, hello, latency, tcp) });
    }
    all.push(of(AccessProtocol::Icmp, if latency.is_some() { AccessState::Ok } else { AccessState::NoAnswer }));
    all.push(match tcp {
        Tcp::Open(_) => of(AccessProtocol::Tcp, AccessState::Ok),
        Tcp::Refused => of(AccessProtocol::Tcp, AccessState::Refused),
        Tcp::Silent => of(AccessProtocol::Tcp, AccessState::NoAnswer),
    });
    all
}

/// Silence over SNMP alone says little; that the host answers otherwise rules out that it is down.
fn informed(told: Access, hello: &Hello, latency: Option<f64>, tcp: &Tcp) -> Access {
    let sure = told.causes.iter().any(|c| c.likelihood == Likelihood::Likely);
    if told.state != AccessState::NoAnswer || sure && !matches!(hello, Hello::Silent) {
        return told;
    }
    let answers = match (latency, tcp) {
        (Some(_), Tcp::Open(ports)) => format!("ICMP and TCP port {}", ports[0]),
        (Some(_), _) => "ICMP".to_owned(),
        (None, Tcp::Open(ports)) => format!("TCP port {}", ports[0]),
        (None, _) => "TCP".to_owned(),
    };
    if told.causes.first().is_some_and(|c| c.cause.contains("agent runs there") || c.cause.contains("engine answers")) {
        return told;
    }
    let cause = |cause: String, likelihood| Cause { cause, likelihood };
    Access {
        causes: vec![
            cause(format!("the host answers {answers}, but no SNMP agent answers these credentials: SNMP may be off"), Likelihood::Likely),
            cause("the community or the user is none of those tried: agents are silent on that".to_owned(), Likelihood::Possible),
            cause("the agent answers other addresses only, or a filter on the way drops its packets".to_owned(), Likelihood::Possible),
        ],
        solution: Some("turn the agent on, add its credential to the discovery, and allow the address of this server".to_owned()),
        ..told
    }
}
