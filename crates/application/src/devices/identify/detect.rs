//! Vendor, model, operating system, version, serial number: what profiles make of what a device tells.

use vigie_domain::devices::{Oid, SnmpValue};

use super::agent::{Agent, Values};
use super::entity::{Chassis, says_something};
use super::profile::{EntityText, Profile, Source, Told};
use super::profiles::Profiles;
use super::text::text_or_hex;
use crate::hex::hex;

/// Rows of a column that are looked at for a text.
const COLUMN_ROWS: usize = 16;
/// Profiles whose probes are asked for, the closest first.
const PROBED: usize = 24;

/// What was found out about maker and software.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Detected {
    pub(super) vendor: Option<String>,
    pub(super) os: Option<String>,
    pub(super) version: Option<String>,
    pub(super) model: Option<String>,
    pub(super) serial: Option<String>,
}

/// Chooses the profile, and reads what it names.
pub(super) async fn detect<'p>(
    agent: &Agent<'_>,
    profiles: &'p Profiles,
    told: &Told<'_>,
    chassis: &Chassis,
) -> (Detected, Option<&'p Profile>) {
    let profile = choose(agent, profiles, told).await;
    let vendor = profile.and_then(|p| p.vendor.clone());
    let vendor = vendor.or_else(|| told.object_id.and_then(|id| profiles.vendor(id)).map(str::to_owned));
    let Some(profile) = profile else {
        let detected = Detected {
            vendor: vendor.or_else(|| chassis.maker.clone()),
            os: None,
            version: chassis.software.clone(),
            model: chassis.product().cloned(),
            serial: chassis.serial.clone(),
        };
        return (detected, None);
    };
    let oids: Vec<Oid> = profile.sources().filter_map(|s| s.instance(told.object_id)).collect();
    let values = agent.get(&oids).await.unwrap_or_default();
    let reading = Reading { agent, told, chassis, values };
    let detected = Detected {
        vendor,
        os: profile.os.clone(),
        version: reading.first(&profile.version, chassis.software.as_ref()).await,
        model: reading.first(&profile.model, chassis.product()).await,
        serial: reading.first(&profile.serial, chassis.serial.as_ref()).await,
    };
    (detected, Some(profile))
}

/// The closest profile whose probe, if it has one, is answered as it must be.
async fn choose<'p>(agent: &Agent<'_>, profiles: &'p Profiles, told: &Told<'_>) -> Option<&'p Profile> {
    let mut fitting = profiles.fitting(told);
    // behind the first that needs no probe none is chosen
    let decided = fitting.iter().position(|p| p.probe.is_none()).map_or(fitting.len(), |place| place + 1);
    fitting.truncate(decided.min(PROBED));
    let probes: Vec<Oid> = fitting.iter().filter_map(|p| p.probe.as_ref().map(|probe| probe.oid.clone())).collect();
    let values = agent.get(&probes).await.unwrap_or_default();
    fitting.into_iter().find(|profile| match &profile.probe {
        None => true,
        Some(probe) => {
            values.of(&probe.oid).is_some_and(|value| probe.pattern.as_ref().is_none_or(|p| text(value).is_some_and(|t| p.matches(&t))))
        }
    })
}

struct Reading<'a> {
    agent: &'a Agent<'a>,
    told: &'a Told<'a>,
    chassis: &'a Chassis,
    values: Values,
}

impl Reading<'_> {
    /// What the first source gives that gives anything; where none does, what ENTITY-MIB says.
    async fn first(&self, sources: &[Source], otherwise: Option<&String>) -> Option<String> {
        for source in sources {
            if let Some(found) = self.source(source).await.filter(|t| says_something(t)) {
                return Some(found);
            }
        }
        otherwise.cloned()
    }

    async fn source(&self, source: &Source) -> Option<String> {
        if let Some(pattern) = &source.descr {
            return pattern.capture(self.told.descr);
        }
        if let Some(pattern) = &source.name {
            return pattern.capture(self.told.name);
        }
        if let Some(text) = &source.text {
            return Some(text.clone());
        }
        if let Some(models) = &source.object_id {
            return by_object_id(models, self.told.object_id?);
        }
        if let Some(part) = source.entity {
            return cut(source, entity(self.chassis, part)?);
        }
        if let Some(oid) = source.instance(self.told.object_id) {
            return cut(source, read(source, self.values.of(&oid)?)?);
        }
        let rows = self.agent.column(source.column.as_ref()?, COLUMN_ROWS).await.ok()?;
        rows.iter().filter_map(|value| read(source, value)).filter(|t| says_something(t)).find_map(|t| cut(source, t))
    }
}

fn cut(source: &Source, text: String) -> Option<String> {
    match &source.pattern {
        Some(pattern) => pattern.capture(&text),
        None => Some(text),
    }
}

fn read(source: &Source, value: &SnmpValue) -> Option<String> {
    if source.hex { value.as_bytes().filter(|octets| !octets.is_empty()).map(|octets| hex(octets)) } else { text(value) }
}

fn entity(chassis: &Chassis, part: EntityText) -> Option<String> {
    let text = match part {
        EntityText::Descr => &chassis.descr,
        EntityText::Name => &chassis.name,
        EntityText::Hardware => &chassis.hardware,
        EntityText::Firmware => &chassis.firmware,
        EntityText::Software => &chassis.software,
        EntityText::Serial => &chassis.serial,
        EntityText::Maker => &chassis.maker,
        EntityText::Model => &chassis.model,
    };
    text.clone()
}

fn by_object_id(models: &std::collections::BTreeMap<String, String>, object_id: &Oid) -> Option<String> {
    let fits = |text: &str| text.parse::<Oid>().ok().filter(|prefix| object_id.suffix(prefix).is_some()).map(|p| p.arcs().len());
    models.iter().filter_map(|(prefix, model)| Some((fits(prefix)?, model))).max_by_key(|(depth, _)| *depth).map(|(_, m)| m.clone())
}

/// A value as text: numbers too, since some agents keep versions and serial numbers in them.
fn text(value: &SnmpValue) -> Option<String> {
    match value {
        SnmpValue::Bytes(bytes) => {
            value.as_text().filter(|t| t.chars().all(|c| !c.is_control() || c == '\n' || c == '\t')).or_else(|| text_or_hex(bytes))
        }
        SnmpValue::Oid(oid) => Some(oid.to_string()),
        SnmpValue::Ip(address) => Some(address.to_string()),
        _ => value.as_i64().map(|number| number.to_string()),
    }
}
