//! Passwords: argon2id (RFC 9106) with 19 MiB, two passes, one lane, the parameters OWASP recommends for servers.

use std::sync::OnceLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

use super::random::{NoRandomness, random_token};

/// Memory in KiB.
const MEMORY: u32 = 19 * 1024;
/// Passes over it.
const PASSES: u32 = 2;
/// Lanes.
const LANES: u32 = 1;
/// Longer passwords are refused rather than hashed: they only cost.
const LONGEST: usize = 1024;

/// Why a password could not be hashed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordFault {
    /// It is longer than 1,024 bytes.
    #[error("the password is longer than 1024 bytes")]
    TooLong,
    /// The system gave no randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The algorithm refused.
    #[error("the password could not be hashed: {0}")]
    Refused(String),
}

/// Hashes and verifies passwords. Each call takes some 20 ms and 19 MiB: make it off the async threads, and bound how many run at once.
#[derive(Debug, Default)]
pub struct Passwords {
    dummy: OnceLock<String>,
}

impl Passwords {
    /// Nothing is computed yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A PHC string: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.
    pub fn hash(&self, password: &str) -> Result<String, PasswordFault> {
        if password.len() > LONGEST {
            return Err(PasswordFault::TooLong);
        }
        let hash = hasher()?.hash_password(password.as_bytes()).map_err(|error| PasswordFault::Refused(error.to_string()))?;
        Ok(hash.to_string())
    }

    /// Whether the password is the one behind the hash. A hash that cannot be read, such as an empty one, takes as long as one that does not match.
    pub fn verify(&self, password: &str, hash: &str) -> bool {
        if password.len() > LONGEST {
            return false;
        }
        let Some(parsed) = readable(hash) else {
            self.verify_unknown(password);
            return false;
        };
        hasher().is_ok_and(|hasher| hasher.verify_password(password.as_bytes(), &parsed).is_ok())
    }

    /// Does the work of [`verify`](Self::verify) for a user who does not exist, so that time does not tell.
    pub fn verify_unknown(&self, password: &str) {
        let dummy = self.dummy.get_or_init(|| random_token().ok().and_then(|token| self.hash(&token).ok()).unwrap_or_default());
        if let Some(parsed) = readable(dummy) {
            let _ = hasher().map(|hasher| hasher.verify_password(password.as_bytes(), &parsed).is_ok());
        }
    }

    /// Computes what [`verify_unknown`](Self::verify_unknown) compares with: once at start, so that the first unknown user does not take twice as long.
    pub fn warm_up(&self) {
        self.verify_unknown("");
    }

    /// Whether a hash was made with other parameters than today's: hash again at the next sign-in.
    pub fn is_outdated(&self, hash: &str) -> bool {
        let wanted = format!("$argon2id$v=19$m={MEMORY},t={PASSES},p={LANES}$");
        !hash.starts_with(&wanted)
    }
}

/// A PHC string whose cost is bounded: a hash from a restored backup must not be able to ask for all memory.
fn readable(hash: &str) -> Option<PasswordHash> {
    let parsed = PasswordHash::new(hash).ok()?;
    let params = Params::try_from(&parsed).ok()?;
    let bounded = params.m_cost() <= 4 * 64 * 1024 && params.t_cost() <= 16 && params.p_cost() <= 16;
    (bounded && parsed.hash.is_some()).then_some(parsed)
}

fn hasher() -> Result<Argon2<'static>, PasswordFault> {
    let params = Params::new(MEMORY, PASSES, LANES, None).map_err(|error| PasswordFault::Refused(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_password_verifies_against_its_hash_alone() {
        let passwords = Passwords::new();
        let hash = passwords.hash("correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse", &hash));
        assert!(!passwords.verify("correct horses", &hash));
        assert!(!passwords.verify("correct horse", ""));
        assert!(!passwords.is_outdated(&hash));
        assert!(passwords.is_outdated("$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaA"));
        assert_ne!(hash, passwords.hash("correct horse").unwrap());
    }

    #[test]
    fn a_hash_of_another_program_verifies() {
        // printf %s password | argon2 somesalt -id -t 2 -k 65536 -p 1 -e
        let hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert!(Passwords::new().verify("password", hash));
    }

    #[test]
    fn long_passwords_and_costly_hashes_are_refused() {
        let passwords = Passwords::new();
        assert!(matches!(passwords.hash(&"x".repeat(1025)), Err(PasswordFault::TooLong)));
        assert!(readable("$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc").is_none());
    }

    #[test]
    fn an_unknown_user_takes_as_long_as_a_wrong_password() {
        let passwords = Passwords::new();
        passwords.warm_up();
        let hash = passwords.hash("correct horse").unwrap();
        // the quickest of several is what the work itself takes, whatever else runs here
        let quickest = |hash: &str| {
            let time = || {
                let started = Instant::now();
                assert!(!passwords.verify("wrong", hash));
                started.elapsed()
            };
            (0..7).map(|_| time()).min().unwrap_or(Duration::ZERO)
        };
        let (known, unknown) = (quickest(&hash), quickest(""));
        let ratio = unknown.as_secs_f64() / known.as_secs_f64();
        assert!((0.2..5.0).contains(&ratio), "known {known:?}, unknown {unknown:?}");
    }
}
