//! Encoding of answers, and the little of requests that must be known before they are decoded.

use async_snmp::ber::{EncodeBuf, tag};
use async_snmp::{Oid, Value};

use super::pdu::Answer;

const RESPONSE: u8 = 0xA2;
const REPORT: u8 = 0xA8;

/// msgVersion: the first field of every message.
pub fn version(datagram: &[u8]) -> Option<u8> {
    let [tag::universal::SEQUENCE, length, ..] = *datagram else { return None };
    let start = if length < 0x80 { 2 } else { 2 + usize::from(length & 0x7F) };
    match datagram.get(start..start + 3)? {
        [tag::universal::INTEGER, 1, version] => Some(*version),
        _ => None,
    }
}

/// A v1 or v2c message.
pub fn community(version: i32, community: &[u8], answer: &Answer) -> Option<Vec<u8>> {
    let mut buf = EncodeBuf::with_capacity(answer.size + community.len() + 64);
    buf.push_sequence(|buf| {
        response(buf, answer)?;
        buf.push_octet_string(community)?;
        buf.push_integer(version);
        Ok(())
    })
    .ok()?;
    Some(buf.finish_vec())
}

/// A Response PDU.
pub fn response(buf: &mut EncodeBuf, answer: &Answer) -> async_snmp::Result<()> {
    buf.push_constructed(RESPONSE, |buf| {
        buf.push_sequence(|buf| answer.varbinds.iter().rev().try_for_each(|bound| bound.encode(buf)))?;
        buf.push_integer(answer.index);
        buf.push_integer(answer.status);
        buf.push_integer(answer.request_id);
        Ok(())
    })
}

/// A Report PDU with one counter (RFC 3412, section 7.1).
pub fn report(buf: &mut EncodeBuf, request_id: i32, oid: &[u32], count: u32) -> async_snmp::Result<()> {
    buf.push_constructed(REPORT, |buf| {
        buf.push_sequence(|buf| {
            buf.push_sequence(|buf| {
                Value::Counter32(count).encode(buf)?;
                buf.push_oid(&Oid::from_slice(oid))
            })
        })?;
        buf.push_integer(0);
        buf.push_integer(0);
        buf.push_integer(request_id);
        Ok(())
    })
}
