//! Octets counted and summed as they pass.

use std::io::{self, Read};

use vigie_foundation::secrets::{Sha256, to_hex};

use crate::fault::Stop;

/// Passes on what it reads; knows how much it was, and its SHA-256. Fails once it is not to go on.
pub(crate) struct Summed<R, F> {
    inner: R,
    sum: Sha256,
    pub(crate) bytes: u64,
    heard: F,
}

impl<R: Read, F: FnMut(u64) -> bool> Summed<R, F> {
    /// `heard` is told of each piece, and answers whether to go on.
    pub(crate) fn new(inner: R, heard: F) -> Self {
        Self { inner, sum: Sha256::default(), bytes: 0, heard }
    }

    /// The SHA-256 of what passed, in lower-case hex.
    pub(crate) fn finish(self) -> String {
        to_hex(&self.sum.finish())
    }
}

impl<R: Read, F: FnMut(u64) -> bool> Read for Summed<R, F> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(into)?;
        self.sum.update(&into[..length]);
        self.bytes += length as u64;
        if (self.heard)(length as u64) { Ok(length) } else { Err(io::Error::other(Stop)) }
    }
}
