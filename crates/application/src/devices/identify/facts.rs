//! Reading a device: everything that identifying wants to know, as plain values.

use vigie_domain::devices::{Identity, Oid, SnmpClient, SnmpError, SnmpTarget, SnmpValue};

use super::addresses::{self, Held};
use super::agent::{Agent, Values};
use super::detect::detect;
use super::entity;
use super::interfaces::{self, Port};
use super::lldp_id::{capabilities, chassis_kind, id};
use super::neighbours::Heard;
use super::profile::Told;
use super::profiles::Profiles;
use super::role::{Signs, role};
use super::text::mac;
use super::{cdp, lldp, lldp_v2};
use crate::hex::hex;

/// SNMPv2-MIB system group.
const SYS_DESCR: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 1, 0];
const SYS_OBJECT_ID: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 2, 0];
const SYS_UP_TIME: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 3, 0];
const SYS_CONTACT: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 4, 0];
const SYS_NAME: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 5, 0];
const SYS_LOCATION: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 6, 0];
const SYS_SERVICES: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 7, 0];
/// snmpEngineID (SNMP-FRAMEWORK-MIB, RFC 3411).
const ENGINE_ID: &[u32] = &[1, 3, 6, 1, 6, 3, 10, 2, 1, 1, 0];
/// lldpLocChassisIdSubtype, lldpLocChassisId, lldpLocSysCapSupported, lldpLocSysCapEnabled.
const LLDP_CHASSIS_KIND: &[u32] = &[1, 0, 8802, 1, 1, 2, 1, 3, 1, 0];
const LLDP_CHASSIS: &[u32] = &[1, 0, 8802, 1, 1, 2, 1, 3, 2, 0];
const LLDP_SUPPORTED: &[u32] = &[1, 0, 8802, 1, 1, 2, 1, 3, 5, 0];
const LLDP_ENABLED: &[u32] = &[1, 0, 8802, 1, 1, 2, 1, 3, 6, 0];
/// lldpV2LocChassisIdSubtype, lldpV2LocChassisId.
const LLDP_V2_CHASSIS_KIND: &[u32] = &[1, 3, 111, 2, 802, 1, 1, 13, 1, 3, 1, 0];
const LLDP_V2_CHASSIS: &[u32] = &[1, 3, 111, 2, 802, 1, 1, 13, 1, 3, 2, 0];
/// dot1dBaseBridgeAddress (BRIDGE-MIB, RFC 4188): what most switches send as their chassis id.
const BRIDGE_ADDRESS: &[u32] = &[1, 3, 6, 1, 2, 1, 17, 1, 1, 0];

/// What a device told. A part that could not be read is `None`: what is known of it stays.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Who it is.
    pub identity: Identity,
    /// sysUpTime, hundredths of a second.
    pub uptime: Option<u32>,
    /// Its interfaces.
    pub ports: Option<Vec<Port>>,
    /// Its addresses.
    pub addresses: Option<Vec<Held>>,
    /// Its neighbours.
    pub neighbours: Option<Vec<Heard>>,
}

/// Reads a device. Fails when it does not answer for its system group.
pub async fn read(client: &dyn SnmpClient, target: &SnmpTarget, profiles: &Profiles) -> Result<Facts, SnmpError> {
    let agent = Agent::new(client, target);
    let values = system(&agent, target).await?;
    let ports = interfaces::read(&agent).await;
    let complete = matches!(ports, Ok((_, false)));
    let mut ports = ports.map(|(ports, _)| ports).unwrap_or_default();
    let neighbours = neighbours(&agent, &mut ports).await;
    let addresses = addresses::read(&agent).await.ok();
    let chassis = entity::read(&agent).await.unwrap_or_default();

    let descr = values.text(SYS_DESCR);
    let name = values.text(SYS_NAME);
    let object_id = object_id(&values);
    let told =
        Told { object_id: object_id.as_ref(), descr: descr.as_deref().unwrap_or_default(), name: name.as_deref().unwrap_or_default() };
    let (detected, profile) = detect(&agent, profiles, &told, &chassis).await;
    let capabilities = capabilities(values.value(LLDP_ENABLED), values.value(LLDP_SUPPORTED));
    let signs = Signs {
        model: detected.model.as_deref(),
        descr: told.descr,
        name: name.as_deref(),
        services: values.value(SYS_SERVICES).and_then(SnmpValue::as_u64),
        capabilities: &capabilities,
        physical_ports: ports.iter().filter(|p| p.is_physical()).count(),
    };
    let role = role(profile, &signs);
    let identity = Identity {
        vendor: detected.vendor,
        model: detected.model,
        os: detected.os,
        os_version: detected.version,
        serial: detected.serial,
        sys_location: values.text(SYS_LOCATION),
        sys_contact: values.text(SYS_CONTACT),
        sys_object_id: object_id.map(|id| id.to_string()),
        chassis_id: chassis_id(&values),
        engine_id: values.value(ENGINE_ID).and_then(SnmpValue::as_bytes).filter(|b| b.len() >= 5).map(|b| hex(b)),
        sys_name: name,
        sys_descr: descr,
        role,
    };
    let uptime = values.value(SYS_UP_TIME).and_then(SnmpValue::as_u64).and_then(|v| u32::try_from(v).ok());
    Ok(Facts { identity, uptime, ports: complete.then_some(ports), addresses, neighbours })
}

async fn system(agent: &Agent<'_>, target: &SnmpTarget) -> Result<Values, SnmpError> {
    let group = [
        SYS_DESCR,
        SYS_OBJECT_ID,
        SYS_UP_TIME,
        SYS_CONTACT,
        SYS_NAME,
        SYS_LOCATION,
        SYS_SERVICES,
        ENGINE_ID,
        LLDP_CHASSIS_KIND,
        LLDP_CHASSIS,
        LLDP_SUPPORTED,
        LLDP_ENABLED,
        LLDP_V2_CHASSIS_KIND,
        LLDP_V2_CHASSIS,
        BRIDGE_ADDRESS,
    ];
    let values = agent.get(&group.map(Oid::new)).await?;
    let silent = [SYS_DESCR, SYS_OBJECT_ID, SYS_UP_TIME, SYS_NAME].iter().all(|oid| values.value(oid).is_none());
    if silent { Err(SnmpError::Denied { address: target.address }) } else { Ok(values) }
}

fn object_id(values: &Values) -> Option<Oid> {
    match values.value(SYS_OBJECT_ID)? {
        SnmpValue::Oid(oid) if oid.arcs().len() > 2 => Some(oid.clone()),
        _ => None,
    }
}

/// What the device sends as its chassis id; where it does not tell, the address of its bridge.
fn chassis_id(values: &Values) -> Option<String> {
    let announced = |kind: &[u32], value: &[u32]| {
        let kind = chassis_kind(values.value(kind).and_then(SnmpValue::as_u64));
        id(kind, values.value(value))
    };
    announced(LLDP_CHASSIS_KIND, LLDP_CHASSIS)
        .or_else(|| announced(LLDP_V2_CHASSIS_KIND, LLDP_V2_CHASSIS))
        .or_else(|| values.value(BRIDGE_ADDRESS).and_then(SnmpValue::as_bytes).and_then(|octets| mac(octets)))
}

/// Neighbours over LLDP of either MIB and CDP; `None` when nothing of it could be read.
async fn neighbours(agent: &Agent<'_>, ports: &mut [Port]) -> Option<Vec<Heard>> {
    let first = lldp::read(agent, ports).await;
    let second = match &first {
        Ok(heard) if !heard.is_empty() => Ok(Vec::new()),
        _ => lldp_v2::read(agent, ports).await,
    };
    let third = cdp::read(agent, ports).await;
    // a part that is silent today would make its neighbours vanish: better none is touched
    let (mut heard, more, cdp) = (first.ok()?, second.ok()?, third.ok()?);
    heard.extend(more);
    heard.extend(cdp);
    Some(heard)
}
