//! Numbers of variable length: seven bits a byte, the lowest first; signed ones fold their sign into the lowest bit.

use super::column::Damaged;

/// Writes an unsigned number.
pub(crate) fn put_unsigned(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value as u8) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Writes a signed number.
pub(crate) fn put_signed(out: &mut Vec<u8>, value: i64) {
    put_unsigned(out, ((value << 1) ^ (value >> 63)) as u64);
}

/// Reads from bytes that may be damaged.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// What was not read yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Goes on behind what somebody else has read.
    pub(crate) fn set_rest(&mut self, rest: &'a [u8]) {
        self.0 = rest;
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], Damaged> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Damaged> {
        self.take(1).map(|b| b[0])
    }

    pub(crate) fn unsigned(&mut self) -> Result<u64, Damaged> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Damaged)
    }

    pub(crate) fn signed(&mut self) -> Result<i64, Damaged> {
        self.unsigned().map(|v| (v >> 1) as i64 ^ -((v & 1) as i64))
    }

    /// A number of things that each take some of the bytes that follow, or of rows.
    pub(crate) fn count(&mut self, at_most: usize) -> Result<usize, Damaged> {
        usize::try_from(self.unsigned()?).ok().filter(|n| *n <= at_most).ok_or(Damaged)
    }
}
