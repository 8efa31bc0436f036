//! How rows are written: as a chunk of many subjects, or as a block of one.
//!
//! `version, subjects, [their ids], [rows of each], times, metrics, {length, column}…`; a block has no subjects, its row in the table names
//! the one. Numbers are of variable length; columns are skipped by their length where they are not asked for.

use uuid::Uuid;
use vigie_domain::Id;

use super::bytes::{Reader, put_unsigned};
use super::column::{self, Damaged, FAST, MISSING};
use super::rows::Rows;

/// The way of writing that this program writes; it reads this and all before.
const VERSION: u8 = 1;

/// No piece of data holds more rows: a bound for what damage may claim.
const MOST_ROWS: usize = 1 << 22;

/// How hard blocks are packed, which live for days.
const SMALL: usize = 8;

/// Writes sorted rows of many subjects.
pub(crate) fn chunk(rows: &Rows) -> Vec<u8> {
    let spans = rows.spans();
    let mut out = vec![VERSION];
    put_unsigned(&mut out, spans.len() as u64);
    for (subject, _) in &spans {
        out.extend_from_slice(subject.0.as_bytes());
    }
    let counts: Vec<i64> = spans.iter().map(|(_, span)| span.len() as i64).collect();
    column::write(&counts, FAST, &mut out);
    write_columns(&mut out, &rows.times, rows.columns.iter().map(Vec::as_slice), FAST);
    out
}

/// Writes the rows of one subject, which stand together in sorted rows.
pub(crate) fn block(rows: &Rows, span: std::ops::Range<usize>) -> Vec<u8> {
    let mut out = vec![VERSION];
    put_unsigned(&mut out, 0);
    put_unsigned(&mut out, span.len() as u64);
    write_columns(&mut out, &rows.times[span.clone()], rows.columns.iter().map(|c| &c[span.clone()]), SMALL);
    out
}

fn write_columns<'a>(out: &mut Vec<u8>, times: &[i64], columns: impl ExactSizeIterator<Item = &'a [i64]>, level: usize) {
    column::write(times, level, out);
    put_unsigned(out, columns.len() as u64);
    let mut packed = Vec::new();
    for values in columns {
        packed.clear();
        column::write(values, level, &mut packed);
        put_unsigned(out, packed.len() as u64);
        out.extend_from_slice(&packed);
    }
}

/// Times of one subject, and as many columns as were wanted.
pub(crate) type Samples = (Vec<i64>, Vec<Vec<i64>>);

/// What stands before the columns.
struct Head {
    /// Subjects with the end of their rows; none in a block.
    subjects: Vec<(Id, usize)>,
    rows: usize,
}

fn head(input: &mut Reader<'_>) -> Result<Head, Damaged> {
    if input.byte()? != VERSION {
        return Err(Damaged);
    }
    let count = input.count(MOST_ROWS)?;
    if count == 0 {
        return Ok(Head { subjects: Vec::new(), rows: input.count(MOST_ROWS)? });
    }
    let ids = input.take(count * 16)?;
    let counts = column::read(input, count)?;
    let mut rows = 0_usize;
    let mut subjects = Vec::with_capacity(count);
    for (id, of_subject) in ids.chunks_exact(16).zip(counts) {
        rows = usize::try_from(of_subject).ok().and_then(|n| rows.checked_add(n)).filter(|n| *n <= MOST_ROWS).ok_or(Damaged)?;
        subjects.push((Id(Uuid::from_slice(id).map_err(|_| Damaged)?), rows));
    }
    Ok(Head { subjects, rows })
}

/// All rows of a chunk, or of the block of a subject; `metrics` columns, those it does not know as missing.
pub(crate) fn read_all(data: &[u8], subject: Id, metrics: usize) -> Result<Rows, Damaged> {
    let mut input = Reader::new(data);
    let head = head(&mut input)?;
    let times = column::read(&mut input, head.rows)?;
    let wanted: Vec<usize> = (0..metrics).collect();
    let columns = read_columns(&mut input, head.rows, &wanted)?;
    let mut subjects = Vec::with_capacity(head.rows);
    for (id, end) in &head.subjects {
        subjects.resize(*end, *id);
    }
    subjects.resize(head.rows, subject);
    Ok(Rows { subjects, times, columns })
}

/// Times and the wanted columns of one subject; nothing when a chunk does not hold it.
pub(crate) fn read_subject(data: &[u8], subject: Id, wanted: &[usize]) -> Result<Option<Samples>, Damaged> {
    let mut input = Reader::new(data);
    if input.rest().get(1) != Some(&0) && !holds(input.rest(), subject)? {
        return Ok(None);
    }
    let head = head(&mut input)?;
    let span = match head.subjects.binary_search_by_key(&subject, |(id, _)| *id) {
        Ok(place) => place.checked_sub(1).map_or(0, |before| head.subjects[before].1)..head.subjects[place].1,
        Err(_) if head.subjects.is_empty() => 0..head.rows,
        Err(_) => return Ok(None),
    };
    let times = column::read(&mut input, head.rows)?;
    let columns = read_columns(&mut input, head.rows, wanted)?;
    let cut = |values: Vec<i64>| values[span.clone()].to_vec();
    Ok(Some((cut(times), columns.into_iter().map(cut).collect())))
}

/// Whether a chunk holds a subject: its ids stand in order at its beginning.
fn holds(data: &[u8], subject: Id) -> Result<bool, Damaged> {
    let mut input = Reader::new(data);
    input.byte()?;
    let count = input.count(MOST_ROWS)?;
    let ids = input.take(count * 16)?;
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = usize::midpoint(low, high);
        match ids[middle * 16..middle * 16 + 16].cmp(subject.0.as_bytes().as_slice()) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => return Ok(true),
        }
    }
    Ok(false)
}

/// The wanted columns, in the order in which they are wanted.
fn read_columns(input: &mut Reader<'_>, rows: usize, wanted: &[usize]) -> Result<Vec<Vec<i64>>, Damaged> {
    let held = input.count(MOST_ROWS)?;
    let mut columns = vec![vec![MISSING; rows]; wanted.len()];
    for metric in 0..held {
        let length = input.count(usize::MAX)?;
        let data = input.take(length)?;
        for (column, _) in columns.iter_mut().zip(wanted).filter(|(_, w)| **w == metric) {
            *column = column::read(&mut Reader::new(data), rows)?;
        }
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows() -> impl Strategy<Value = Rows> {
        let row = (0_u128..20, 0_i64..1000, prop::array::uniform3(prop_oneof![Just(MISSING), 0_i64..9, any::<i64>()]));
        prop::collection::vec(row, 1..200).prop_map(|all| Rows::of_tuples(all).sorted())
    }

    proptest! {
        #[test]
        fn chunks_and_blocks_are_read_as_written(rows in rows()) {
            let data = chunk(&rows);
            prop_assert_eq!(&read_all(&data, Id::fixed(99), 3).unwrap(), &rows);
            prop_assert_eq!(read_subject(&data, Id::fixed(99), &[0]).unwrap(), None);
            for (subject, span) in rows.spans() {
                let expected = (rows.times[span.clone()].to_vec(), vec![rows.columns[2][span.clone()].to_vec(), vec![MISSING; span.len()]]);
                prop_assert_eq!(read_subject(&data, subject, &[2, 7]).unwrap(), Some(expected.clone()));
                let data = block(&rows, span);
                prop_assert_eq!(read_subject(&data, subject, &[2, 7]).unwrap(), Some(expected));
            }
        }

        #[test]
        fn damage_is_an_error_and_no_panic(rows in rows(), cut in any::<prop::sample::Index>(), flip in any::<prop::sample::Index>(), bit in 0..8) {
            let mut data = chunk(&rows);
            let place = flip.index(data.len());
            data[place] ^= 1_u8 << bit;
            data.truncate(cut.index(data.len()) + 1);
            let _ = read_all(&data, Id::fixed(1), 3);
            let _ = read_subject(&data, Id::fixed(1), &[1]);
        }
    }
}
