//! Tokens: 244 random bits each, kept only as their SHA-256.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A new secret token behind a prefix that tells what it is.
pub(super) fn token(prefix: &str) -> String {
    format!("{prefix}{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

/// What is kept of a token.
pub(super) fn hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// The token that unsafe requests with the session cookie must carry: derived from the cookie, so that only its page can know it.
pub fn csrf_token(session_token: &str) -> String {
    hash(&format!("csrf:{session_token}"))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digits = |byte: &u8| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    bytes.iter().flat_map(digits).collect()
}
