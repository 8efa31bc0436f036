//! Tokens: 244 random bits each, kept only as their SHA-256.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::hex::hex;

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
