//! Secrets: in memory they never print, at rest they are sealed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Result;

/// A secret in the clear. Never serialised, never printed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself: only for the call that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A secret sealed under the master key: `key id . nonce . ciphertext`, base64. Safe to store.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(pub String);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sealed(***)")
    }
}

/// Seals and opens secrets with authenticated encryption under keys derived from the master key.
pub trait Sealer: Send + Sync {
    /// Seals bytes for a purpose; the same purpose is needed to open them.
    fn seal(&self, purpose: &str, clear: &[u8]) -> Result<Sealed>;
    /// Opens what `seal` made; fails when it was altered or made for another purpose or key.
    fn open(&self, purpose: &str, sealed: &Sealed) -> Result<Vec<u8>>;
}
