//! GET, GETNEXT, GETBULK and the refusal of SET (RFC 3416; RFC 1157 for v1).

use async_snmp::pdu::{Pdu, PduType};
use async_snmp::{Oid, Value, VarBind};

use crate::mib::{Cursor, Mib};

const NO_ERROR: i32 = 0;
const TOO_BIG: i32 = 1;
const NO_SUCH_NAME: i32 = 2;
const AUTHORIZATION_ERROR: i32 = 16;
const NOT_WRITABLE: i32 = 17;

/// The content of a Response PDU.
#[derive(Debug)]
pub struct Answer {
    /// As in the request.
    pub request_id: i32,
    /// error-status.
    pub status: i32,
    /// error-index, from 1.
    pub index: i32,
    /// Bindings.
    pub varbinds: Vec<VarBind>,
    /// Octets of the encoded bindings.
    pub size: usize,
}

/// Answers a request with at most `room` octets of bindings; none for what is not a request.
pub fn answer(mib: &dyn Mib, pdu: &Pdu, is_v1: bool, room: usize) -> Option<Answer> {
    let answer = match pdu.pdu_type() {
        PduType::GetRequest => get(mib, pdu, is_v1),
        PduType::GetNextRequest => get_next(mib, pdu, is_v1),
        PduType::GetBulkRequest if !is_v1 => return Some(get_bulk(mib, pdu, room)),
        PduType::SetRequest => refuse(pdu, if is_v1 { NO_SUCH_NAME } else { NOT_WRITABLE }, 1),
        _ => return None,
    };
    if answer.size <= room {
        return Some(answer);
    }
    // v1 returns the request's own bindings, v2 none (RFC 1157, section 4.1.2; RFC 3416, section 4.2.1)
    let varbinds = if is_v1 { pdu.varbinds().to_vec() } else { Vec::new() };
    Some(Answer { status: TOO_BIG, index: 0, ..Answer::with(pdu, varbinds) })
}

/// What VACM answers to a user below the security level of its group (RFC 3413, section 3.2).
pub fn unauthorized(pdu: &Pdu) -> Answer {
    refuse(pdu, AUTHORIZATION_ERROR, 0)
}

fn refuse(pdu: &Pdu, status: i32, index: i32) -> Answer {
    let index = if pdu.varbinds().is_empty() { 0 } else { index };
    Answer { status, index, ..Answer::with(pdu, pdu.varbinds().to_vec()) }
}

fn get(mib: &dyn Mib, pdu: &Pdu, is_v1: bool) -> Answer {
    each(pdu, is_v1, |asked| VarBind::new(asked.oid.clone(), mib.get(asked.oid.arcs())))
}

fn get_next(mib: &dyn Mib, pdu: &Pdu, is_v1: bool) -> Answer {
    each(pdu, is_v1, |asked| {
        let mut at = mib.after(asked.oid.arcs());
        while let Some(cursor) = at {
            match mib.read(cursor) {
                // v1 has no Counter64: its walks step over them (RFC 3584, section 4.2.2.1)
                Some((_, Value::Counter64(_))) if is_v1 => {}
                Some((oid, value)) => return VarBind::new(oid, value),
                None => {}
            }
            at = mib.step(cursor);
        }
        VarBind::new(asked.oid.clone(), Value::EndOfMibView)
    })
}

fn each(pdu: &Pdu, is_v1: bool, find: impl Fn(&VarBind) -> VarBind) -> Answer {
    let mut varbinds = Vec::with_capacity(pdu.varbinds().len());
    for (n, asked) in pdu.varbinds().iter().enumerate() {
        let found = find(asked);
        let is_missing = found.value.is_exception() || matches!(found.value, Value::Counter64(_));
        if is_v1 && is_missing {
            return refuse(pdu, NO_SUCH_NAME, n as i32 + 1);
        }
        varbinds.push(found);
    }
    Answer::with(pdu, varbinds)
}

/// RFC 3416, section 4.2.3: as many bindings as fit, row by row.
fn get_bulk(mib: &dyn Mib, pdu: &Pdu, room: usize) -> Answer {
    let asked = pdu.varbinds();
    let (non_repeaters, repetitions) = pdu.get_bulk_fields().unwrap_or_default();
    let (single, repeated) = asked.split_at((non_repeaters as usize).min(asked.len()));
    let mut page = Page { mib, varbinds: Vec::with_capacity(32), size: 0, room };
    let mut fits = single.iter().all(|bound| page.push_next(mib.after(bound.oid.arcs()), &bound.oid).is_some());
    let mut columns: Vec<(Option<Cursor>, Oid)> = repeated.iter().map(|b| (mib.after(b.oid.arcs()), b.oid.clone())).collect();
    for _ in 0..repetitions {
        fits = fits && columns.iter_mut().all(|column| page.push_column(column));
        if !fits || columns.iter().all(|(cursor, _)| cursor.is_none()) {
            break;
        }
    }
    if page.varbinds.is_empty() && !fits {
        return Answer { status: TOO_BIG, ..Answer::with(pdu, Vec::new()) };
    }
    Answer { request_id: pdu.request_id(), status: NO_ERROR, index: 0, varbinds: page.varbinds, size: page.size }
}

struct Page<'a> {
    mib: &'a dyn Mib,
    varbinds: Vec<VarBind>,
    size: usize,
    room: usize,
}

impl Page<'_> {
    /// Adds the binding at `cursor`, or endOfMibView under the name `last`; gives where it was, none where
    /// the page is full.
    fn push_next(&mut self, mut cursor: Option<Cursor>, last: &Oid) -> Option<Option<Cursor>> {
        let bound = loop {
            let Some(at) = cursor else { break VarBind::new(last.clone(), Value::EndOfMibView) };
            match self.mib.read(at) {
                Some((oid, value)) => break VarBind::new(oid, value),
                None => cursor = self.mib.step(at),
            }
        };
        let size = bound.encoded_size();
        if self.size + size > self.room {
            return None;
        }
        self.size += size;
        self.varbinds.push(bound);
        Some(cursor)
    }

    /// Adds the next row of a column and steps it on; false where the page is full.
    fn push_column(&mut self, (cursor, last): &mut (Option<Cursor>, Oid)) -> bool {
        let Some(at) = self.push_next(*cursor, last) else { return false };
        if let (Some(at), Some(bound)) = (at, self.varbinds.last()) {
            last.clone_from(&bound.oid);
            *cursor = self.mib.step(at);
        } else {
            *cursor = None;
        }
        true
    }
}

impl Answer {
    fn with(pdu: &Pdu, varbinds: Vec<VarBind>) -> Self {
        let size = varbinds.iter().map(VarBind::encoded_size).sum();
        Self { request_id: pdu.request_id(), status: NO_ERROR, index: 0, varbinds, size }
    }
}
