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
    let column = |bound: &VarBind| Column { next: mib.after(bound.oid.arcs()), last: bound.oid.clone() };
    let mut fits = single.iter().all(|bound| page.push(&mut column(bound)));
    let mut columns: Vec<Column> = repeated.iter().map(column).collect();
    for _ in 0..repetitions {
        fits = fits && columns.iter_mut().all(|column| page.push(column));
        if !fits || columns.iter().all(|column| column.next.is_none()) {
            break;
        }
    }
    if page.varbinds.is_empty() && !fits {
        return Answer { status: TOO_BIG, ..Answer::with(pdu, Vec::new()) };
    }
    Answer { request_id: pdu.request_id(), status: NO_ERROR, index: 0, varbinds: page.varbinds, size: page.size }
}

/// Where the walk of one repeated variable is.
struct Column {
    next: Option<Cursor>,
    last: Oid,
}

struct Page<'a> {
    mib: &'a dyn Mib,
    varbinds: Vec<VarBind>,
    size: usize,
    room: usize,
}

impl Page<'_> {
    /// Adds the next binding of a column, or endOfMibView under its last name; false where the page is full.
    fn push(&mut self, column: &mut Column) -> bool {
        let bound = self.next_of(column);
        let size = bound.encoded_size();
        if self.size + size > self.room {
            return false;
        }
        column.last.clone_from(&bound.oid);
        column.next = column.next.and_then(|at| self.mib.step(at));
        self.size += size;
        self.varbinds.push(bound);
        true
    }

    fn next_of(&self, column: &mut Column) -> VarBind {
        while let Some(at) = column.next {
            if let Some((oid, value)) = self.mib.read(at) {
                return VarBind::new(oid, value);
            }
            column.next = self.mib.step(at);
        }
        VarBind::new(column.last.clone(), Value::EndOfMibView)
    }
}

impl Answer {
    fn with(pdu: &Pdu, varbinds: Vec<VarBind>) -> Self {
        let size = varbinds.iter().map(VarBind::encoded_size).sum();
        Self { request_id: pdu.request_id(), status: NO_ERROR, index: 0, varbinds, size }
    }
}
