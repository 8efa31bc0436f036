//! A column of whole numbers in few bytes.
//!
//! What it is stands in its first byte: nothing known, the same everywhere, or packed (by `pco`, in 32 bits where they suffice; short ones
//! as differences of variable length). A column in which some values are missing says which, and then packs the others.

use pco::wrapped::{FileCompressor, FileDecompressor};
use pco::{ChunkConfig, DeltaSpec, ModeSpec};

use super::bytes::{Reader, put_signed};

/// Stands for a value that is not known.
pub(crate) const MISSING: i64 = i64::MIN;

const NOTHING: u8 = 0;
const SAME: u8 = 1;
const DIFFERENCES: u8 = 2;
const PACKED_32: u8 = 3;
const PACKED_64: u8 = 4;
const SOME: u8 = 5;

/// Columns shorter than this are not worth the tables of `pco`.
const SHORT: usize = 24;

/// A column that cannot be read: damaged, or written by a newer version.
#[derive(Debug, thiserror::Error)]
#[error("a block of samples is damaged")]
pub(crate) struct Damaged;

/// Up to this level nothing is tried out: packing what lives for minutes costs more than the bytes are worth.
pub(crate) const FAST: usize = 3;

/// Writes a column.
pub(crate) fn write(values: &[i64], level: usize, out: &mut Vec<u8>) {
    let missing = values.iter().filter(|v| **v == MISSING).count();
    if missing == values.len() {
        return out.push(NOTHING);
    }
    if missing == 0 {
        return write_known(values, level, out);
    }
    out.push(SOME);
    for eight in values.chunks(8) {
        out.push(eight.iter().enumerate().fold(0, |bits, (i, v)| bits | (u8::from(*v != MISSING) << i)));
    }
    let known: Vec<i64> = values.iter().copied().filter(|v| *v != MISSING).collect();
    write_known(&known, level, out);
}

fn write_known(values: &[i64], level: usize, out: &mut Vec<u8>) {
    if values.iter().all(|v| *v == values[0]) {
        out.push(SAME);
        return put_signed(out, values[0]);
    }
    if values.len() < SHORT {
        out.push(DIFFERENCES);
        let mut before = 0_i64;
        for value in values {
            put_signed(out, value.wrapping_sub(before));
            before = *value;
        }
        return;
    }
    let narrow: Option<Vec<i32>> = values.iter().map(|v| i32::try_from(*v).ok()).collect();
    match narrow {
        Some(narrow) => pack(PACKED_32, &narrow, level, out),
        None => pack(PACKED_64, values, level, out),
    }
}

fn pack<T: pco::data_types::Number>(tag: u8, values: &[T], level: usize, out: &mut Vec<u8>) {
    let config = ChunkConfig::default()
        .with_compression_level(level)
        .with_mode_spec(ModeSpec::Classic)
        .with_delta_spec(if level <= FAST { DeltaSpec::NoOp } else { DeltaSpec::Auto })
        .with_paging_spec(pco::PagingSpec::Exact(vec![values.len()]));
    out.push(tag);
    let file = FileCompressor::default();
    let written = file.chunk_compressor(values, &config).and_then(|mut chunk| {
        file.write_header(&mut *out)?;
        chunk.write_meta(&mut *out)?;
        chunk.write_page(0, &mut *out).map(drop)
    });
    // memory is written and the configuration is ours: nothing of it can fail
    debug_assert!(written.is_ok());
}

/// Reads a column of `count` values.
pub(crate) fn read(input: &mut Reader<'_>, count: usize) -> Result<Vec<i64>, Damaged> {
    match input.byte()? {
        NOTHING => Ok(vec![MISSING; count]),
        SOME => read_some(input, count),
        tag => read_known(tag, input, count),
    }
}

fn read_some(input: &mut Reader<'_>, count: usize) -> Result<Vec<i64>, Damaged> {
    let bits = input.take(count.div_ceil(8))?;
    let is_known = |i: usize| bits[i / 8] & (1 << (i % 8)) != 0;
    let known = (0..count).filter(|i| is_known(*i)).count();
    let tag = input.byte()?;
    let mut known = read_known(tag, input, known)?.into_iter();
    Ok((0..count).map(|i| if is_known(i) { known.next().unwrap_or(MISSING) } else { MISSING }).collect())
}

fn read_known(tag: u8, input: &mut Reader<'_>, count: usize) -> Result<Vec<i64>, Damaged> {
    match tag {
        SAME => Ok(vec![input.signed()?; count]),
        DIFFERENCES => {
            let mut value = 0_i64;
            let mut values = Vec::with_capacity(count.min(SHORT));
            for _ in 0..count {
                value = value.wrapping_add(input.signed()?);
                values.push(value);
            }
            Ok(values)
        }
        PACKED_32 => Ok(unpack::<i32>(input, count)?.into_iter().map(i64::from).collect()),
        PACKED_64 => unpack::<i64>(input, count),
        _ => Err(Damaged),
    }
}

fn unpack<T: pco::data_types::Number + Default>(input: &mut Reader<'_>, count: usize) -> Result<Vec<T>, Damaged> {
    let (file, rest) = FileDecompressor::new(input.rest()).map_err(|_| Damaged)?;
    let (mut chunk, rest) = file.chunk_decompressor::<T, _>(rest).map_err(|_| Damaged)?;
    let mut page = chunk.page_decompressor(rest, count).map_err(|_| Damaged)?;
    let mut values = vec![T::default(); count];
    let progress = page.read(&mut values).map_err(|_| Damaged)?;
    if progress.n_processed != count {
        return Err(Damaged);
    }
    input.set_rest(page.into_src());
    Ok(values)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn round_trip(values: &[i64]) -> usize {
        let mut out = Vec::new();
        write(values, 8, &mut out);
        let mut input = Reader::new(&out);
        assert_eq!(read(&mut input, values.len()).unwrap(), values);
        assert!(input.rest().is_empty());
        out.len()
    }

    #[test]
    fn columns_are_as_short_as_what_they_say() {
        assert_eq!(round_trip(&[MISSING; 120]), 1);
        assert_eq!(round_trip(&[1; 120]), 2);
        assert!(round_trip(&[MISSING, 1, 1, MISSING]) <= 4);
        let clock: Vec<i64> = (0..120).map(|i| 1_795_424_740_123 + i * 60_000).collect();
        assert!(round_trip(&clock) < 40);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(values in prop::collection::vec(prop_oneof![Just(MISSING), -5_i64..5, any::<i64>()], 1..300)) {
            round_trip(&values);
        }

        #[test]
        fn damage_is_an_error_and_no_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..80), tag in 0_u8..7, count in 0_usize..200) {
            bytes.insert(0, tag);
            let _ = read(&mut Reader::new(&bytes), count);
        }
    }
}
