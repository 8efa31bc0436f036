//! A log line as the API shows it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::ToSchema;
use vigie_domain::Timestamp;
use vigie_domain::search::severity_name;
use vigie_domain::telemetry::event::{
    ATTRS, DEVICE_ID, DEVICE_TIME, FACILITY, HOST, INTERFACE, MESSAGE, NAME, PROGRAM, SEVERITY, SOURCE_IP,
};
use vigie_domain::telemetry::{EventField, EventId, EventValue, StoredEvent};

/// The name of a severity; as a type of its own, as what is read back is not borrowed from what was read.
type SeverityName = Option<&'static str>;

/// A log line.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
pub struct LogView {
    /// Its id.
    #[schema(value_type = String, example = "01936f8c2e1b-00000001-0000000100000abc")]
    pub id: LogId,
    /// When Vigie took it in.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `emergency`, `alert`, `critical`, `error`, `warning`, `notice`, `informational` or `debug` (RFC 5424, section 6.2.1).
    #[schema(value_type = Option<String>, example = "error")]
    #[serde(deserialize_with = "severity")]
    pub severity: SeverityName,
    /// 0 to 23 (RFC 5424, section 6.2.1).
    pub facility: Option<i64>,
    /// The host it tells of, in lower case.
    pub host: Option<String>,
    /// What wrote it.
    #[schema(example = "vigie")]
    pub program: Option<String>,
    /// What happened, as the writer names it.
    pub name: Option<String>,
    /// What it says.
    pub message: String,
    /// The device it is of.
    pub device_id: Option<String>,
    /// Who sent it.
    pub source_ip: Option<String>,
    /// The interface it is about.
    pub interface: Option<String>,
    /// The time that the device itself told.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub device_time: Option<Timestamp>,
    /// Everything else it tells, by name; searched as `attrs.name:value`.
    #[schema(example = json!({"module": ["vigie_rest"]}))]
    pub attributes: BTreeMap<String, Vec<String>>,
}

impl LogView {
    /// How this event is shown.
    pub fn of(event: &StoredEvent) -> Self {
        let text = |field: &EventField| event.text(field).map(str::to_owned);
        let number = |field: &EventField| event.value(field).and_then(EventValue::number);
        let mut attributes = BTreeMap::<String, Vec<String>>::new();
        for (field, value) in &event.values {
            if let EventValue::Text(text) = value
                && field.number == ATTRS.number
                && let Some((key, value)) = text.split_once('=')
            {
                attributes.entry(key.to_owned()).or_default().push(value.to_owned());
            }
        }
        Self {
            id: LogId { at: event.at, event: event.id },
            at: event.at,
            severity: number(SEVERITY).and_then(severity_name),
            facility: number(FACILITY),
            host: text(HOST),
            program: text(PROGRAM),
            name: text(NAME),
            message: text(MESSAGE).unwrap_or_default(),
            device_id: text(DEVICE_ID),
            source_ip: match event.value(SOURCE_IP) {
                Some(EventValue::Address(address)) => Some(address.to_string()),
                _ => None,
            },
            interface: text(INTERFACE),
            device_time: number(DEVICE_TIME).map(Timestamp),
            attributes,
        }
    }
}

/// Which line: when it was taken in and which event it is, so that it is found without a search. Sorts by time as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogId {
    /// When it was taken in.
    pub at: Timestamp,
    /// Which event.
    pub event: EventId,
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012x}-{}", self.at.0, self.event)
    }
}

impl FromStr for LogId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (at, event) = text.split_once('-').unwrap_or((text, ""));
        Ok(Self { at: Timestamp(i64::from_str_radix(at, 16)?), event: event.parse()? })
    }
}

impl Serialize for LogId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LogId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

fn severity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SeverityName, D::Error> {
    let Some(name) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let known = (0..=7).filter_map(severity_name).find(|known| *known == name);
    known.map(Some).ok_or_else(|| de::Error::custom(format!("there is no severity {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_back_out_of_the_cache_as_it_was() {
        let line = LogView {
            id: "01936f8c2e1b-00000001-0000000100000abc".parse().unwrap(),
            at: Timestamp(7),
            severity: Some("error"),
            facility: None,
            host: Some("core-1".to_owned()),
            program: None,
            name: None,
            message: "down".to_owned(),
            device_id: None,
            source_ip: Some("10.0.0.1".to_owned()),
            interface: None,
            device_time: Some(Timestamp(-1)),
            attributes: BTreeMap::from([("a".to_owned(), vec!["1".to_owned(), "2".to_owned()])]),
        };
        let text = serde_json::to_string(&line).unwrap();
        assert_eq!(serde_json::from_str::<LogView>(&text).unwrap(), line);
        assert!(serde_json::from_str::<LogView>(&text.replace("error", "loud")).is_err());
    }
}
