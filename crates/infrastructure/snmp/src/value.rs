//! From the wire's types to the domain's.

use std::net::{IpAddr, Ipv4Addr};

use async_snmp::{Oid as WireOid, Value};
use vigie_domain::devices::{Oid, SnmpValue};

/// The domain's value; exceptions (RFC 3416, section 2) become `Absent`, types nobody knows `Opaque`.
pub(crate) fn from_wire(value: Value) -> SnmpValue {
    match value {
        Value::Integer(number) => SnmpValue::Integer(number),
        Value::OctetString(bytes) | Value::Nsap(bytes) => SnmpValue::Bytes(bytes),
        Value::ObjectIdentifier(oid) => SnmpValue::Oid(oid_from_wire(&oid)),
        Value::IpAddress(octets) => SnmpValue::Ip(IpAddr::V4(Ipv4Addr::from(octets))),
        Value::Counter32(number) => SnmpValue::Counter32(number),
        Value::Gauge32(number) | Value::UInteger32(number) => SnmpValue::Gauge(number),
        Value::TimeTicks(number) => SnmpValue::TimeTicks(number),
        Value::Counter64(number) => SnmpValue::Counter64(number),
        Value::Opaque(bytes) | Value::Unknown { data: bytes, .. } => SnmpValue::Opaque(bytes),
        Value::NoSuchObject | Value::NoSuchInstance | Value::EndOfMibView => SnmpValue::Absent,
        // Null, and what later versions of the library may add
        _ => SnmpValue::Null,
    }
}

/// The domain's object identifier.
pub(crate) fn oid_from_wire(oid: &WireOid) -> Oid {
    Oid::new(oid.arcs())
}

/// The wire's object identifier.
pub(crate) fn oid_to_wire(oid: &Oid) -> WireOid {
    WireOid::from_slice(oid.arcs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_snmp::ber::Decoder;
    use bytes::Bytes;
    use proptest::prelude::*;

    #[test]
    fn exceptions_are_absence() {
        for exception in [Value::NoSuchObject, Value::NoSuchInstance, Value::EndOfMibView] {
            assert_eq!(from_wire(exception), SnmpValue::Absent);
        }
    }

    #[test]
    fn addresses_and_counters_keep_their_value() {
        assert_eq!(from_wire(Value::IpAddress([10, 1, 2, 3])), SnmpValue::Ip("10.1.2.3".parse().unwrap()));
        assert_eq!(from_wire(Value::Counter64(u64::MAX)), SnmpValue::Counter64(u64::MAX));
        assert_eq!(from_wire(Value::UInteger32(7)), SnmpValue::Gauge(7));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_decoder_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let bytes = Bytes::from(bytes);
            if let Ok(value) = Value::decode(&mut Decoder::new(bytes.clone())) {
                let value = from_wire(value);
                let _ = (value.as_u64(), value.as_i64(), value.as_text());
            }
            let _ = async_snmp::message::Message::decode(bytes, async_snmp::DecodeConfig::default());
        }

        #[test]
        fn oids_come_back_as_they_went(arcs in proptest::collection::vec(any::<u32>(), 0..40)) {
            let oid = Oid::new(&arcs);
            prop_assert_eq!(oid_from_wire(&oid_to_wire(&oid)), oid);
        }
    }
}
