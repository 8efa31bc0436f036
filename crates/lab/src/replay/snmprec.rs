//! One line of a recording: `OID|tag|value`, the tag a BER type in decimal, followed by `x` where the value is
//! in hexadecimal, by `e` where it has escapes such as `\x00`.

use async_snmp::{Oid, Value};
use bytes::Bytes;

/// Parses a line; none where it is malformed.
pub fn parse(line: &[u8]) -> Option<(Vec<u32>, Value)> {
    let mut fields = line.splitn(3, |&b| b == b'|');
    let oid = oid(fields.next()?)?;
    let (tag, value) = (fields.next()?, fields.next()?);
    let (tag, octets) = match tag {
        [tag @ .., b'x'] => (tag, unhex(value)?),
        [tag @ .., b'e'] => (tag, unescape(value)?),
        tag => (tag, value.to_vec()),
    };
    Some((oid, typed(number(tag)?, octets)?))
}

fn typed(tag: u8, octets: Vec<u8>) -> Option<Value> {
    Some(match tag {
        2 => Value::Integer(number::<i64>(&octets).and_then(|n| i32::try_from(n).ok())?),
        4 => Value::OctetString(Bytes::from(octets)),
        5 => Value::Null,
        6 => Value::ObjectIdentifier(Oid::new(oid(&octets)?)),
        64 => Value::IpAddress(address(&octets)?),
        65 => Value::Counter32(number(&octets)?),
        66 => Value::Gauge32(number(&octets)?),
        67 => Value::TimeTicks(number(&octets)?),
        68 => Value::Opaque(Bytes::from(octets)),
        70 => Value::Counter64(number(&octets)?),
        _ => return None,
    })
}

fn number<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}

/// Dotted arcs, with or without a leading dot, that BER can carry.
fn oid(text: &[u8]) -> Option<Vec<u32>> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let arcs: Vec<u32> = text.strip_prefix('.').unwrap_or(text).split('.').map(|arc| arc.parse().ok()).collect::<Option<_>>()?;
    (arcs.len() >= 2 && Oid::from_slice(&arcs).validate_all().is_ok()).then_some(arcs)
}

/// An address: four octets, or dotted.
fn address(octets: &[u8]) -> Option<[u8; 4]> {
    if let Ok(raw) = <[u8; 4]>::try_from(octets) {
        return Some(raw);
    }
    std::str::from_utf8(octets).ok()?.trim().parse::<std::net::Ipv4Addr>().ok().map(|a| a.octets())
}

fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.strip_prefix(b"0x").unwrap_or(text).trim_ascii();
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.chunks_exact(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// The escapes of Python's byte strings.
fn unescape(text: &[u8]) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        if first != b'\\' {
            octets.push(first);
            continue;
        }
        let (&letter, tail) = rest.split_first()?;
        rest = tail;
        octets.push(match letter {
            b'x' => {
                let (pair, tail) = rest.split_at_checked(2)?;
                rest = tail;
                *unhex(pair)?.first()?
            }
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            other => other,
        });
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(line: &str) -> Option<Value> {
        parse(line.as_bytes()).map(|(_, value)| value)
    }

    #[test]
    fn every_tag_is_understood() {
        assert_eq!(value("1.3.6.1|2|-5"), Some(Value::Integer(-5)));
        assert_eq!(value("1.3.6.1|4|a|b"), Some(Value::OctetString(Bytes::from_static(b"a|b"))));
        assert_eq!(value("1.3.6.1|4x|00ff"), Some(Value::OctetString(Bytes::from_static(&[0, 255]))));
        assert_eq!(value("1.3.6.1|4|"), Some(Value::OctetString(Bytes::new())));
        assert_eq!(value(r"1.3.6.1|4e|\x07a\\\n"), Some(Value::OctetString(Bytes::from_static(b"\x07a\\\n"))));
        assert_eq!(value("1.3.6.1|5|"), Some(Value::Null));
        assert_eq!(value("1.3.6.1|6|.1.3.6"), Some(Value::ObjectIdentifier(Oid::from_slice(&[1, 3, 6]))));
        assert_eq!(value("1.3.6.1|64|10.0.0.1"), Some(Value::IpAddress([10, 0, 0, 1])));
        assert_eq!(value("1.3.6.1|64x|0A000001"), Some(Value::IpAddress([10, 0, 0, 1])));
        assert_eq!(value("1.3.6.1|65|4294967295"), Some(Value::Counter32(u32::MAX)));
        assert_eq!(value("1.3.6.1|66|7"), Some(Value::Gauge32(7)));
        assert_eq!(value("1.3.6.1|67|7"), Some(Value::TimeTicks(7)));
        assert_eq!(value("1.3.6.1|70|18446744073709551615"), Some(Value::Counter64(u64::MAX)));
    }

    #[test]
    fn garbage_is_refused() {
        for line in [
            "",
            "1.3.6.1",
            "1.3.6.1|4",
            "x|4|a",
            "1.3.6.1|99|a",
            "1.3.6.1|65|-1",
            "1.3.6.1|4x|0",
            "1.3.6.1|4x|zz",
            "9.9|4|a",
            "1|4|a",
            "1.3.6.1|64|<private>",
        ] {
            assert_eq!(value(line), None, "{line}");
        }
    }
}
