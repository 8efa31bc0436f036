//! Tools of engineers: ping, SNMP get and walk, test of a credential.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;
use vigie_domain::devices::{Access, AccessProtocol, AccessState, Credential, Device, Oid, SnmpError, SnmpTarget, SnmpValue, VarBind};
use vigie_domain::store::Read;
use vigie_domain::system::AuditResource;
use vigie_domain::{Error, ErrorKind, FieldError, Id, Permission, Result};

use super::DeviceEnv;
use super::manage::ACT;
use super::names;
use crate::CallContext;

const USE: Permission = Permission::new("credentials", "use");
const ECHO_INTERVAL: Duration = Duration::from_millis(200);
const ECHO_TIMEOUT: Duration = Duration::from_secs(1);

/// One echo.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EchoReply {
    /// Its number, from 1.
    pub seq: u16,
    /// Round trip; null when none came back.
    pub rtt_ms: Option<f64>,
}

/// What came back of a burst of echoes.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PingAnswer {
    /// The address.
    pub address: String,
    /// Echoes sent.
    pub sent: usize,
    /// Answers received.
    pub received: usize,
    /// Share lost, 0 to 1.
    pub loss_ratio: f64,
    /// Shortest round trip.
    pub min_ms: Option<f64>,
    /// Mean round trip.
    pub avg_ms: Option<f64>,
    /// Longest round trip.
    pub max_ms: Option<f64>,
    /// Mean difference of neighbouring round trips.
    pub jitter_ms: Option<f64>,
    /// One an echo.
    pub replies: Vec<EchoReply>,
}

/// One object as the device told it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SnmpObject {
    /// Its instance.
    #[schema(example = "1.3.6.1.2.1.1.5.0")]
    pub oid: String,
    /// Its name, where it is a well-known one.
    #[schema(example = "sysName.0")]
    pub name: Option<String>,
    /// Its type: `integer`, `octet_string`, `oid`, `ip_address`, `counter32`, `gauge32`, `timeticks`, `counter64`, `opaque`, `null` or `absent`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its value: a number, text, or octets in hex; counters of 64 bits as decimal text.
    #[schema(value_type = Option<serde_json::Value>)]
    pub value: serde_json::Value,
    /// The value for people.
    pub text: String,
}

/// What a device told.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SnmpAnswer {
    /// The objects in their order.
    pub results: Vec<SnmpObject>,
    /// Whether a bound ended the reading early.
    pub truncated: bool,
    /// How long it took.
    pub duration_ms: f64,
}

/// The system group of an agent.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SystemGroup {
    /// sysName.
    pub name: Option<String>,
    /// sysDescr.
    pub descr: Option<String>,
    /// sysObjectID.
    pub object_id: Option<String>,
}

/// How an agent answered a credential.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TestAnswer {
    /// How it went, with ranked causes.
    #[schema(value_type = Object)]
    pub access: Access,
    /// What the agent says of itself, when it answered.
    pub system: Option<SystemGroup>,
}

/// Pings a device.
pub async fn ping(env: &DeviceEnv, cx: &CallContext, id: Id, count: u16) -> Result<PingAnswer> {
    let scope = cx.require(ACT)?;
    if !(1..=20).contains(&count) {
        return Err(Error::invalid("count", "out_of_range", "count is 1 to 20"));
    }
    let device: Device = env.core.store.require(&scope, id).await?;
    let report = env.probe.ping(device.address, count, ECHO_INTERVAL, ECHO_TIMEOUT).await?;
    let times: Vec<f64> = report.times().collect();
    Ok(PingAnswer {
        address: device.address.to_string(),
        sent: report.replies.len(),
        received: times.len(),
        loss_ratio: report.loss_ratio(),
        min_ms: times.iter().copied().reduce(f64::min),
        avg_ms: report.mean_ms(),
        max_ms: times.iter().copied().reduce(f64::max),
        jitter_ms: report.jitter_ms(),
        replies: (1..).zip(&report.replies).map(|(seq, r)| EchoReply { seq, rtt_ms: r.map(|d| d.as_secs_f64() * 1e3) }).collect(),
    })
}

/// Reads instances of a device.
pub async fn get(env: &DeviceEnv, cx: &CallContext, id: Id, oids: &[String]) -> Result<SnmpAnswer> {
    let scope = cx.require(ACT)?;
    if oids.is_empty() || oids.len() > 50 {
        return Err(Error::invalid("oids", "out_of_range", "1 to 50 objects are read at a time"));
    }
    let faults = |(i, text): (usize, &String)| names::parse(text).err().map(|m| FieldError::new(format!("oids[{i}]"), "invalid_oid", m));
    let faults: Vec<FieldError> = oids.iter().enumerate().filter_map(faults).collect();
    if !faults.is_empty() {
        return Err(Error::validation(faults));
    }
    let device: Device = env.core.store.require(&scope, id).await?;
    let oids: Vec<Oid> = oids.iter().filter_map(|text| names::parse(text).ok()).collect();
    let started = env.core.now();
    let target = target(env, &device).await?;
    let found = env.snmp.get(&target, &oids).await.map_err(|e| device_error(&e))?;
    Ok(answer(env, started, &found, false))
}

/// Walks a subtree of a device.
pub async fn walk(env: &DeviceEnv, cx: &CallContext, id: Id, root: &str, max_rows: usize) -> Result<SnmpAnswer> {
    let scope = cx.require(ACT)?;
    if !(1..=10_000).contains(&max_rows) {
        return Err(Error::invalid("max_rows", "out_of_range", "max_rows is 1 to 10000"));
    }
    let root = names::parse(root).map_err(|message| Error::invalid("oid", "invalid_oid", message))?;
    let device: Device = env.core.store.require(&scope, id).await?;
    let started = env.core.now();
    let target = target(env, &device).await?;
    let (found, truncated) = env.snmp.walk(&target, &root, max_rows).await.map_err(|e| device_error(&e))?;
    Ok(answer(env, started, &found, truncated))
}

/// Tries a credential on an agent. The address may be any that discoveries may reach.
pub async fn test(env: &DeviceEnv, cx: &CallContext, id: Id, address: &str, port: Option<u16>) -> Result<TestAnswer> {
    let scope = cx.require_unscoped(USE)?;
    let ip: IpAddr = address
        .trim()
        .parse()
        .map_err(|_| Error::invalid("address", "invalid_address", format!("{} is not an IP address such as 192.0.2.7", address.trim())))?;
    if (ip.is_loopback() || is_link_local(ip)) && !env.core.settings.allow_local {
        return Err(Error::invalid("address", "local_address", "loopback and link-local addresses need discovery.allow_local"));
    }
    let credential: Credential = env.core.store.require(&scope, id).await?;
    let target = env.target_at(SocketAddr::new(ip, port.unwrap_or(161)), &credential)?;
    let mut access = env.snmp.diagnose(&target, cx.now).await;
    access.credential_id = Some(id);
    let system = if access.state == AccessState::Ok { system_group(env, &target).await } else { None };
    let mut unit = env.core.unit(cx).await?;
    let resource = AuditResource { kind: "credential".to_owned(), id: Some(id), name: Some(credential.name) };
    unit.audit("credentials.test", resource, None, Some(serde_json::json!({"address": ip, "state": access.state}))).await?;
    unit.commit().await?;
    Ok(TestAnswer { access, system })
}

async fn system_group(env: &DeviceEnv, target: &SnmpTarget) -> Option<SystemGroup> {
    let instance = |n: u32| Oid::new(&[1, 3, 6, 1, 2, 1, 1, n, 0]);
    let found = env.snmp.get(target, &[instance(5), instance(1), instance(2)]).await.ok()?;
    let text = |i: usize| found.get(i).and_then(|v| v.value.as_text());
    let object_id = found.get(2).and_then(|v| if let SnmpValue::Oid(oid) = &v.value { Some(oid.to_string()) } else { None });
    Some(SystemGroup { name: text(0), descr: text(1), object_id })
}

/// The first credential of the device that its agent answers.
async fn target(env: &DeviceEnv, device: &Device) -> Result<SnmpTarget> {
    let known =
        device.access.iter().find(|a| a.protocol == AccessProtocol::Snmp && a.state == AccessState::Ok).and_then(|a| a.credential_id);
    let credentials: Vec<Credential> = env.core.store.get_many(&vigie_domain::Scope::system(), &device.credentials).await?;
    let find = |id: Id| credentials.iter().find(|credential| credential.id == id && credential.kind.is_snmp());
    match known.and_then(find).or_else(|| device.credentials.iter().find_map(|id| find(*id))) {
        Some(credential) => env.target(device, credential),
        None => Err(Error::conflict("conflict", format!("{} has no credential for SNMP", device.name))
            .solution("give the device an SNMP credential")),
    }
}

fn answer(env: &DeviceEnv, started: vigie_domain::Timestamp, found: &[VarBind], truncated: bool) -> SnmpAnswer {
    let duration_ms = env.core.now().since(started).as_secs_f64() * 1e3;
    SnmpAnswer { results: found.iter().map(object).collect(), truncated, duration_ms }
}

fn object(bind: &VarBind) -> SnmpObject {
    let text = bind.value.as_text();
    let (kind, value) = match &bind.value {
        SnmpValue::Integer(v) => ("integer", (*v).into()),
        SnmpValue::Bytes(b) => ("octet_string", text.clone().filter(|t| t.len() == b.len()).unwrap_or_else(|| hex(b)).into()),
        SnmpValue::Oid(oid) => ("oid", oid.to_string().into()),
        SnmpValue::Ip(ip) => ("ip_address", ip.to_string().into()),
        SnmpValue::Counter32(v) => ("counter32", (*v).into()),
        SnmpValue::Gauge(v) => ("gauge32", (*v).into()),
        SnmpValue::TimeTicks(v) => ("timeticks", (*v).into()),
        SnmpValue::Counter64(v) => ("counter64", v.to_string().into()),
        SnmpValue::Opaque(b) => ("opaque", hex(b).into()),
        SnmpValue::Null => ("null", serde_json::Value::Null),
        SnmpValue::Absent => ("absent", serde_json::Value::Null),
    };
    let text = match &bind.value {
        SnmpValue::Absent => "the device has no such object".to_owned(),
        SnmpValue::TimeTicks(v) => format!("{}.{:02} s", v / 100, v % 100),
        SnmpValue::Bytes(b) => text.unwrap_or_else(|| hex(b)),
        _ => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
    };
    SnmpObject { name: names::name(&bind.oid), oid: bind.oid.to_string(), kind, value, text }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(":")
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

/// What a failed exchange means to a caller.
pub fn device_error(error: &SnmpError) -> Error {
    let (kind, code, solution) = match error {
        SnmpError::Timeout { .. } => (
            ErrorKind::DeviceUnreachable,
            "device_unreachable",
            "check that the device is up, and that its agent knows the community and this address",
        ),
        SnmpError::Refused { .. } => (ErrorKind::DeviceUnreachable, "device_unreachable", "start the SNMP agent, or correct the port"),
        SnmpError::UnknownUser { .. } | SnmpError::WrongDigest { .. } | SnmpError::WrongPrivacyKey { .. } => {
            (ErrorKind::DeviceRefused, "device_refused", "correct the credential of the device")
        }
        SnmpError::WrongLevel { .. } | SnmpError::Denied { .. } => {
            (ErrorKind::DeviceRefused, "device_refused", "give the user or community a view and level on the device that allow it")
        }
        SnmpError::Malformed { .. } | SnmpError::Failed { .. } => {
            (ErrorKind::ServiceFailed, "service_failed", "the agent breaks the protocol; see its own log")
        }
    };
    Error::new(kind, code, error.to_string()).solution(solution)
}
