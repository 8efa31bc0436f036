//! A recording in memory: OIDs and BER values in one arena, sorted.

use async_snmp::ber::{Decoder, EncodeBuf};
use async_snmp::{Oid, Value};

use super::{key, snmprec};
use crate::mib::{Cursor, Mib};

/// A recorded walk.
#[derive(Debug, Default)]
pub struct Recording {
    arena: Box<[u8]>,
    entries: Box<[Entry]>,
    /// Lines that were no `OID|tag|value`.
    pub malformed: usize,
}

/// Where a key and its value are.
#[derive(Debug, Clone, Copy)]
struct Entry {
    start: u32,
    key: u16,
    value: u32,
}

impl Recording {
    /// Reads the lines of a file. Order does not matter; of a name that stands twice the first counts.
    pub fn parse(text: &[u8]) -> Self {
        let mut arena = Vec::with_capacity(text.len());
        let mut entries = Vec::new();
        let mut malformed = 0;
        for line in text.split(|&b| b == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            match snmprec::parse(line).and_then(|(oid, value)| append(&mut arena, &oid, &value)) {
                Some(entry) => entries.push(entry),
                None => malformed += 1,
            }
        }
        entries.sort_by(|a, b| key_of(&arena, *a).cmp(key_of(&arena, *b)));
        entries.dedup_by(|a, b| key_of(&arena, *a) == key_of(&arena, *b));
        Self { arena: arena.into(), entries: entries.into(), malformed }
    }

    /// Instances recorded.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.entries.len()
    }

    fn value(&self, entry: Entry) -> Option<Value> {
        let start = entry.start as usize + usize::from(entry.key);
        let bytes = self.arena.get(start..start + entry.value as usize)?;
        Value::decode(&mut Decoder::from_slice(bytes)).ok()
    }

    fn cursor(&self, place: usize) -> Option<Cursor> {
        (place < self.entries.len()).then_some(Cursor { major: place as u32, minor: 0 })
    }
}

fn append(arena: &mut Vec<u8>, oid: &[u32], value: &Value) -> Option<Entry> {
    let key = key::encode(oid);
    let mut buf = EncodeBuf::with_capacity(64);
    value.encode(&mut buf).ok()?;
    let value = buf.finish_vec();
    let start = u32::try_from(arena.len()).ok()?;
    arena.extend_from_slice(&key);
    arena.extend_from_slice(&value);
    Some(Entry { start, key: u16::try_from(key.len()).ok()?, value: u32::try_from(value.len()).ok()? })
}

fn key_of(arena: &[u8], entry: Entry) -> &[u8] {
    let start = entry.start as usize;
    &arena[start..start + usize::from(entry.key)]
}

impl Mib for Recording {
    fn get(&self, oid: &[u32]) -> Value {
        let wanted = key::encode(oid);
        let place = self.entries.partition_point(|&e| key_of(&self.arena, e) < &wanted[..]);
        let found = self.entries.get(place).filter(|&&e| *key_of(&self.arena, e) == *wanted);
        if let Some(value) = found.and_then(|&e| self.value(e)) {
            return value;
        }
        // a recording does not say which objects exist: those that have a sibling do
        let object = &wanted[..wanted.len().saturating_sub(1)];
        let is_sibling = |place: usize| self.entries.get(place).is_some_and(|&e| key_of(&self.arena, e).starts_with(object));
        if !object.is_empty() && (is_sibling(place) || place.checked_sub(1).is_some_and(is_sibling)) {
            return Value::NoSuchInstance;
        }
        Value::NoSuchObject
    }

    fn after(&self, oid: &[u32]) -> Option<Cursor> {
        let wanted = key::encode(oid);
        self.cursor(self.entries.partition_point(|&e| key_of(&self.arena, e) <= &wanted[..]))
    }

    fn step(&self, at: Cursor) -> Option<Cursor> {
        self.cursor(at.major as usize + 1)
    }

    fn read(&self, at: Cursor) -> Option<(Oid, Value)> {
        let &entry = self.entries.get(at.major as usize)?;
        Some((Oid::new(key::decode(key_of(&self.arena, entry))), self.value(entry)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsorted_doubled_and_broken_lines_make_a_sorted_walk() {
        let recording = Recording::parse(b"1.3.6.1.2.1.2.2.1.1.10|2|10\r\n1.3.6.1.2.1.2.2.1.1.9|2|9\n1.3.6.1.2.1.2.2.1.1.300|2|300\nnonsense\n1.3.6.1.2.1.2.2.1.1.9|2|8\n\n");
        assert_eq!((recording.len(), recording.malformed), (3, 1));
        let mut seen = Vec::new();
        let mut at = recording.after(&[1, 3]);
        while let Some(cursor) = at {
            seen.push(recording.read(cursor).expect("entry").1);
            at = recording.step(cursor);
        }
        assert_eq!(seen, [Value::Integer(9), Value::Integer(10), Value::Integer(300)]);
        assert_eq!(recording.get(&[1, 3, 6, 1, 2, 1, 2, 2, 1, 1, 11]), Value::NoSuchInstance);
        assert_eq!(recording.get(&[1, 3, 6, 1, 9, 1]), Value::NoSuchObject);
    }
}
