//! Bytes under a passphrase: argon2id (RFC 9106, section 4, second choice) makes the key, `ChaCha20-Poly1305` (RFC 8439) seals pieces of 64 KiB
//! in the STREAM construction, so that a piece that was altered, moved, repeated or left out is noticed.
//!
//! What is written: eight octets that name the form, the cost of the key (memory in KiB, passes, lanes; four octets each, big-endian), a salt of
//! 16 octets, a nonce of 7, then the pieces, each 16 octets longer than what is in it; the last one alone may be shorter.

use std::io::{self, Read, Write};

use aead_stream::{DecryptorBE32, EncryptorBE32};
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::ChaCha20Poly1305;
use chacha20poly1305::aead::{Payload, array::Array};
use zeroize::Zeroizing;

use super::random::fill_random;

const FORM: [u8; 8] = *b"vigieS1\n";
/// Memory in KiB, passes, lanes.
const COST: [u32; 3] = [64 * 1024, 3, 4];
/// What a file may ask for at most: one from elsewhere must not take all memory.
const MOST: [u32; 3] = [256 * 1024, 16, 16];
const SALT: usize = 16;
const NONCE: usize = 7;
const HEADER: usize = FORM.len() + 12 + SALT + NONCE;
/// Octets of a piece before it is sealed.
const PIECE: usize = 64 * 1024;
const TAG: usize = 16;

/// Whether bytes begin as those that [`SealingWriter`] writes.
pub fn is_under_passphrase(beginning: &[u8]) -> bool {
    beginning.starts_with(&FORM)
}

/// Seals what is written to it. [`finish`](Self::finish) must be called: without the last piece nothing can be opened to its end.
pub struct SealingWriter<W: Write> {
    inner: W,
    header: [u8; HEADER],
    sealer: EncryptorBE32<ChaCha20Poly1305>,
    piece: Zeroizing<Vec<u8>>,
}

impl<W: Write> SealingWriter<W> {
    /// Writes the header. The key takes some 100 ms and 64 MiB to make.
    pub fn new(mut inner: W, passphrase: &str) -> io::Result<Self> {
        let mut header = [0; HEADER];
        header[..8].copy_from_slice(&FORM);
        for (place, cost) in header[8..20].chunks_exact_mut(4).zip(COST) {
            place.copy_from_slice(&cost.to_be_bytes());
        }
        fill_random(&mut header[20..]).map_err(io::Error::other)?;
        inner.write_all(&header)?;
        let key = key(passphrase, COST, &header[20..20 + SALT])?;
        let sealer = EncryptorBE32::new(&Array(*key), &nonce(&header));
        Ok(Self { inner, header, sealer, piece: Zeroizing::new(Vec::with_capacity(PIECE)) })
    }

    /// Seals the last piece and gives back what was written to.
    pub fn finish(mut self) -> io::Result<W> {
        let last = Payload { msg: &self.piece, aad: &self.header };
        let sealed = self.sealer.encrypt_last(last).map_err(io::Error::other)?;
        self.inner.write_all(&sealed)?;
        self.inner.flush()?;
        Ok(self.inner)
    }
}

impl<W: Write> Write for SealingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // a full piece is kept until more comes: it may be the last
        if self.piece.len() == PIECE {
            let sealed = self.sealer.encrypt_next(Payload { msg: &self.piece, aad: &self.header }).map_err(io::Error::other)?;
            self.inner.write_all(&sealed)?;
            self.piece.clear();
        }
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Opens what [`SealingWriter`] wrote. `InvalidData` when the passphrase is wrong or anything was altered, `UnexpectedEof` when the end is missing.
pub struct OpeningReader<R: Read> {
    inner: R,
    header: [u8; HEADER],
    opener: Option<DecryptorBE32<ChaCha20Poly1305>>,
    /// Sealed octets read ahead: the piece after this one tells whether this is the last.
    ahead: Vec<u8>,
    piece: Zeroizing<Vec<u8>>,
    at: usize,
    first: bool,
}

impl<R: Read> OpeningReader<R> {
    /// Reads the header and makes the key.
    pub fn new(mut inner: R, passphrase: &str) -> io::Result<Self> {
        let mut header = [0; HEADER];
        inner.read_exact(&mut header)?;
        if !is_under_passphrase(&header) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not sealed under a passphrase"));
        }
        let mut cost = [0; 3];
        for (place, octets) in cost.iter_mut().zip(header[8..20].chunks_exact(4)) {
            *place = u32::from_be_bytes([octets[0], octets[1], octets[2], octets[3]]);
        }
        if cost.iter().zip(MOST).any(|(asked, most)| *asked > most) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its key asks for more memory or work than is allowed"));
        }
        let key = key(passphrase, cost, &header[20..20 + SALT])?;
        let opener = Some(DecryptorBE32::new(&Array(*key), &nonce(&header)));
        let mut reader = Self { inner, header, opener, ahead: Vec::new(), piece: Zeroizing::new(Vec::new()), at: 0, first: true };
        reader.ahead = reader.sealed()?;
        Ok(reader)
    }

    /// The next sealed piece; empty at the end.
    fn sealed(&mut self) -> io::Result<Vec<u8>> {
        let mut piece = Vec::with_capacity(PIECE + TAG);
        self.inner.by_ref().take((PIECE + TAG) as u64).read_to_end(&mut piece)?;
        Ok(piece)
    }

    fn open_next(&mut self) -> io::Result<()> {
        let Some(mut opener) = self.opener.take() else {
            self.piece.clear();
            self.at = 0;
            return Ok(());
        };
        let following = self.sealed()?;
        let sealed = std::mem::replace(&mut self.ahead, following);
        let payload = Payload { msg: &sealed, aad: &self.header };
        let opened = if self.ahead.is_empty() {
            opener.decrypt_last(payload)
        } else {
            let opened = opener.decrypt_next(payload);
            self.opener = Some(opener);
            opened
        };
        self.piece = Zeroizing::new(opened.map_err(|_| self.unopened())?);
        (self.at, self.first) = (0, false);
        Ok(())
    }

    fn unopened(&self) -> io::Error {
        if self.first {
            return io::Error::new(io::ErrorKind::InvalidData, "the passphrase is another, or the file was altered");
        }
        io::Error::new(io::ErrorKind::InvalidData, "the file was altered, or its end is missing")
    }
}

impl<R: Read> Read for OpeningReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.piece.len() && self.opener.is_some() {
            self.open_next()?;
        }
        let taken = into.len().min(self.piece.len() - self.at);
        into[..taken].copy_from_slice(&self.piece[self.at..self.at + taken]);
        self.at += taken;
        Ok(taken)
    }
}

fn nonce(header: &[u8; HEADER]) -> Array<u8, chacha20poly1305::consts::U7> {
    let mut nonce = [0; NONCE];
    nonce.copy_from_slice(&header[HEADER - NONCE..]);
    Array(nonce)
}

fn key(passphrase: &str, [memory, passes, lanes]: [u32; 3], salt: &[u8]) -> io::Result<Zeroizing<[u8; 32]>> {
    let unusable = |error: argon2::Error| io::Error::new(io::ErrorKind::InvalidData, format!("its key cannot be made: {error}"));
    let params = Params::new(memory, passes, lanes, Some(32)).map_err(unusable)?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, key.as_mut())
        .map_err(unusable)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(bytes: &[u8]) -> Vec<u8> {
        let mut writer = SealingWriter::new(Vec::new(), "a passphrase").unwrap();
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    fn opened(bytes: &[u8], passphrase: &str) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        OpeningReader::new(bytes, passphrase)?.read_to_end(&mut text).map(|_| text)
    }

    #[test]
    fn any_length_comes_back() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
            let bytes: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            let sealed = sealed(&bytes);
            assert!(is_under_passphrase(&sealed));
            assert_eq!(opened(&sealed, "a passphrase").unwrap(), bytes, "{length} octets");
        }
    }

    #[test]
    fn another_passphrase_opens_nothing() {
        let error = opened(&sealed(b"text"), "another").unwrap_err();
        assert!(error.to_string().contains("passphrase is another"), "{error}");
    }

    #[test]
    fn whatever_is_altered_cut_or_moved_is_noticed() {
        let whole = sealed(&vec![7; 2 * PIECE + 100]);
        let piece = PIECE + TAG;
        // the cost of the key stands first and is left alone: a greater one only takes long
        for at in [0, 21, 40, HEADER, HEADER + piece, whole.len() - 1] {
            let mut altered = whole.clone();
            altered[at] ^= 1;
            assert!(opened(&altered, "a passphrase").is_err(), "octet {at}");
        }
        for length in [10, HEADER, HEADER + piece, HEADER + 2 * piece, whole.len() - 1] {
            assert!(opened(&whole[..length], "a passphrase").is_err(), "cut to {length} octets");
        }
        let mut moved = whole.clone();
        moved[HEADER..HEADER + 2 * piece].rotate_left(piece);
        assert!(opened(&moved, "a passphrase").is_err());
    }

    #[test]
    fn a_key_that_asks_for_all_memory_is_refused() {
        let mut greedy = sealed(b"text");
        greedy[8..12].copy_from_slice(&u32::MAX.to_be_bytes());
        assert!(opened(&greedy, "a passphrase").unwrap_err().to_string().contains("more memory"));
    }
}
