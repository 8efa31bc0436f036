//! Events as they are stored and searched: logs, security events, traps and flows, in one table of fields.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Timestamp;

/// What an event is. Each kind is kept apart, so that each has a retention of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A log line: syslog and the like.
    Log,
    /// What a security tool saw: an IDS alert, a ban.
    Security,
    /// An SNMP trap or inform.
    Trap,
    /// A network flow: NetFlow, IPFIX, sFlow.
    Flow,
}

impl EventKind {
    /// All kinds; the place is the number under which it is stored.
    pub const ALL: [Self; 4] = [Self::Log, Self::Security, Self::Trap, Self::Flow];

    /// Its name in the API, in queries and in the names of indexes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Security => "security",
            Self::Trap => "trap",
            Self::Flow => "flow",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Which event: the node that accepted it, and its position in the write-ahead log there. Ascends with acceptance on a node; written as
/// `0000002a-0000000100000abc`, which sorts the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId {
    /// Number of the node.
    pub node: u32,
    /// Segment (upper half) and offset of its record.
    pub position: u64,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-{:016x}", self.node, self.position)
    }
}

impl FromStr for EventId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (node, position) = text.split_once('-').unwrap_or((text, ""));
        Ok(Self { node: u32::from_str_radix(node, 16)?, position: u64::from_str_radix(position, 16)? })
    }
}

impl Serialize for EventId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(|_| de::Error::custom("not the id of an event"))
    }
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// Text that is found by its words.
    Text,
    /// A word of its own, compared as a whole.
    Keyword,
    /// A whole number.
    Integer,
    /// An IP address.
    Address,
    /// A moment, in milliseconds since 1970.
    Time,
}

/// A field of events.
#[derive(Debug, PartialEq, Eq)]
pub struct EventField {
    /// The number under which it is stored; never reused.
    pub number: u8,
    /// Its name in queries and answers.
    pub name: &'static str,
    /// What it holds.
    pub kind: FieldType,
    /// Whether an event may have several values.
    pub many: bool,
    /// Whether words that are looked for anywhere are found in it.
    pub searched: bool,
}

impl EventField {
    /// The smallest and the greatest value of an integer that is defined as one of a few; others are stored as the nearer of these.
    pub fn limits(&self) -> Option<(i64, i64)> {
        match self.number {
            number if number == SEVERITY.number => Some((0, 7)),
            number if number == FACILITY.number => Some((0, 23)),
            _ => None,
        }
    }
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventValue {
    /// Of a text or keyword.
    Text(String),
    /// Of an integer.
    Integer(i64),
    /// Of an address.
    Address(IpAddr),
    /// Of a time.
    Time(Timestamp),
}

impl Serialize for EventValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => text.serialize(serializer),
            Self::Integer(number) => number.serialize(serializer),
            Self::Address(address) => address.serialize(serializer),
            Self::Time(at) => at.serialize(serializer),
        }
    }
}

impl EventValue {
    /// Its number, where it is an integer or a time.
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Integer(number) | Self::Time(Timestamp(number)) => Some(*number),
            _ => None,
        }
    }
}

/// An event that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEvent {
    /// Which.
    pub id: EventId,
    /// What it is.
    pub kind: EventKind,
    /// When it was accepted.
    pub at: Timestamp,
    /// Its values, field by field in the order of [`FIELDS`].
    pub values: Vec<(&'static EventField, EventValue)>,
}

impl StoredEvent {
    /// The first value of a field.
    pub fn value(&self, field: &EventField) -> Option<&EventValue> {
        self.values.iter().find(|(own, _)| own.number == field.number).map(|(_, value)| value)
    }

    /// The text of a text or keyword field.
    pub fn text(&self, field: &EventField) -> Option<&str> {
        match self.value(field)? {
            EventValue::Text(text) => Some(text),
            _ => None,
        }
    }
}

const fn field(number: u8, name: &'static str, kind: FieldType) -> EventField {
    let searched = matches!(kind, FieldType::Keyword | FieldType::Address);
    EventField { number, name, kind, many: false, searched }
}

/// The fields of events. Numbers are stored: only ever appended to.
pub static FIELDS: [EventField; 24] = {
    use FieldType::{Address, Integer, Keyword, Text, Time};
    [
        EventField { searched: false, ..field(0, "kind", Keyword) },
        field(1, "at", Time),
        field(2, "message", Text),
        field(3, "host", Keyword),
        field(4, "program", Keyword),
        field(5, "name", Keyword),
        field(6, "severity", Integer),
        field(7, "facility", Integer),
        field(8, "status", Keyword),
        EventField { searched: false, ..field(9, "device_id", Keyword) },
        EventField { searched: false, many: true, ..field(10, "seen_by", Keyword) },
        field(11, "source_ip", Address),
        field(12, "src_ip", Address),
        field(13, "dst_ip", Address),
        field(14, "src_port", Integer),
        field(15, "dst_port", Integer),
        field(16, "protocol", Integer),
        field(17, "bytes", Integer),
        field(18, "packets", Integer),
        field(19, "interface", Keyword),
        field(20, "out_interface", Keyword),
        field(21, "device_time", Time),
        field(22, "duration_ms", Integer),
        EventField { many: true, ..field(23, "attrs", Keyword) },
    ]
};

/// What the event is, by its name; set by the store.
pub static KIND: &EventField = &FIELDS[0];
/// When the event was accepted by Vigie: what partitions, time ranges and orders go by, as clocks of devices may be wrong. Given at `begin`.
pub static AT: &EventField = &FIELDS[1];
/// What it says, for a reader.
pub static MESSAGE: &EventField = &FIELDS[2];
/// The host it tells of, in lower case.
pub static HOST: &EventField = &FIELDS[3];
/// The program, process or module that wrote it.
pub static PROGRAM: &EventField = &FIELDS[4];
/// What happened, as its source names it: a mnemonic, the OID of a trap, a signature.
pub static NAME: &EventField = &FIELDS[5];
/// 0 (emergency) to 7 (debug), RFC 5424 section 6.2.1.
pub static SEVERITY: &EventField = &FIELDS[6];
/// 0 to 23, RFC 5424 section 6.2.1.
pub static FACILITY: &EventField = &FIELDS[7];
/// How it ended: `blocked`, `allowed`, `up`, `down`.
pub static STATUS: &EventField = &FIELDS[8];
/// The device it is of.
pub static DEVICE_ID: &EventField = &FIELDS[9];
/// The sites (with those around them), groups and realms that showed the device when the event was accepted: whose grants show the event.
pub static SEEN_BY: &EventField = &FIELDS[10];
/// Who sent it.
pub static SOURCE_IP: &EventField = &FIELDS[11];
/// Source of the traffic it tells of.
pub static SRC_IP: &EventField = &FIELDS[12];
/// Destination of the traffic it tells of.
pub static DST_IP: &EventField = &FIELDS[13];
/// 0 to 65,535.
pub static SRC_PORT: &EventField = &FIELDS[14];
/// 0 to 65,535.
pub static DST_PORT: &EventField = &FIELDS[15];
/// Protocol number of IANA: 6 is TCP.
pub static PROTOCOL: &EventField = &FIELDS[16];
/// Bytes, scaled by the sampling.
pub static BYTES: &EventField = &FIELDS[17];
/// Packets, scaled by the sampling.
pub static PACKETS: &EventField = &FIELDS[18];
/// The interface it is about, or that a flow came in by.
pub static INTERFACE: &EventField = &FIELDS[19];
/// The interface a flow went out by.
pub static OUT_INTERFACE: &EventField = &FIELDS[20];
/// The time that the device itself told.
pub static DEVICE_TIME: &EventField = &FIELDS[21];
/// How long it took, in milliseconds.
pub static DURATION_MS: &EventField = &FIELDS[22];
/// Everything else, as `key=value`; asked for as `attrs.key`.
pub static ATTRS: &EventField = &FIELDS[23];

/// The field of this name.
pub fn event_field(name: &str) -> Option<&'static EventField> {
    FIELDS.iter().find(|field| field.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stand_at_their_number() {
        for (place, field) in FIELDS.iter().enumerate() {
            assert_eq!(usize::from(field.number), place);
            assert!(std::ptr::eq(event_field(field.name).unwrap(), field), "{} is named twice", field.name);
        }
        assert_eq!((ATTRS.name, SEEN_BY.name, DURATION_MS.name), ("attrs", "seen_by", "duration_ms"));
    }

    #[test]
    fn ids_read_back_and_sort_as_text() {
        let ids = [EventId { node: 1, position: 99 }, EventId { node: 1, position: 1 << 40 }, EventId { node: 16, position: 0 }];
        assert!(ids.windows(2).all(|w| w[0] < w[1] && w[0].to_string() < w[1].to_string()));
        assert_eq!(ids[1].to_string().parse(), Ok(ids[1]));
        assert!("1".parse::<EventId>().is_err());
    }
}
