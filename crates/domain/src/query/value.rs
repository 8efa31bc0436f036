//! Column values, and the keys that make addresses and names sort as people read them.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::{Id, Timestamp};

/// A value of a filterable column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Unknown.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number; times are milliseconds since 1970.
    Int(i64),
    /// A real number.
    Real(f64),
    /// Text, compared binary.
    Text(String),
    /// An identifier.
    Id(Id),
    /// Bytes: the sixteen of an address.
    Bytes(Vec<u8>),
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}
impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}
impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}
impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}
impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}
impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}
impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}
impl From<Id> for Value {
    fn from(value: Id) -> Self {
        Self::Id(value)
    }
}
impl From<Timestamp> for Value {
    fn from(value: Timestamp) -> Self {
        Self::Int(value.0)
    }
}
impl From<IpAddr> for Value {
    fn from(value: IpAddr) -> Self {
        Self::Bytes(ip_key(value).to_vec())
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// The sixteen bytes under which an address is kept: IPv4 as `::ffff:a.b.c.d` (RFC 4291, section 2.5.5.2).
pub fn ip_key(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    }
}

/// A key whose binary order is the natural order of the name: `Gi1/0/2` before `Gi1/0/10`.
///
/// Each run of digits is written as its length (one letter) and its digits without leading zeros.
pub fn natural_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len() + 8);
    let mut rest = name;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (text, tail) = rest.split_at(start);
        let end = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        let (digits, after) = tail.split_at(end);
        let number = digits.trim_start_matches('0');
        key.push_str(text);
        // '0'..'~' leaves room for 78 digits; longer runs share the last letter and stay in binary order
        key.push(char::from(b'0' + number.len().min(78) as u8));
        key.push_str(number);
        rest = after;
    }
    key.push_str(rest);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_people_count() {
        let mut names = ["Gi1/0/10", "Gi1/0/2", "Gi1/0/1", "Gi2/0/1", "Te1/1", "sw-3", "sw-12"];
        names.sort_by_key(|n| natural_key(n));
        assert_eq!(names, ["Gi1/0/1", "Gi1/0/2", "Gi1/0/10", "Gi2/0/1", "Te1/1", "sw-3", "sw-12"]);
    }
}
