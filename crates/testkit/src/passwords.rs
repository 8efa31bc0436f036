//! Passwords, where nobody signs in.

use vigie_domain::identity::PasswordHasher;
use vigie_domain::{Error, Result, Secret};

/// Hashes nothing, and knows nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPasswords;

impl PasswordHasher for NoPasswords {
    fn hash(&self, _: &Secret) -> Result<String> {
        Err(Error::not_authenticated("nobody signs in here"))
    }

    fn verify(&self, _: &Secret, _: &str) -> bool {
        false
    }
}
