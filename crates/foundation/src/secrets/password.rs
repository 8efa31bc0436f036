//! Passwords: argon2id (RFC 9106) with 19 MiB, two passes, one lane, the parameters OWASP recommends for servers.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

use super::random::NoRandomness;

/// Memory in KiB.
const MEMORY: u32 = 19 * 1024;
/// Passes over it.
const PASSES: u32 = 2;
/// Lanes.
const LANES: u32 = 1;
/// Longer passwords are refused rather than hashed: they only cost.
const LONGEST: usize = 1024;
/// What a password is compared with where there is no hash: made at today's cost, of no password that anybody knows.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

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
pub struct Passwords;

impl Passwords {
    /// A PHC string: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.
    pub fn hash(&self, password: &str) -> Result<String, PasswordFault> {
        if password.len() > LONGEST {
            return Err(PasswordFault::TooLong);
        }
        let hash = hasher()?.hash_password(password.as_bytes()).map_err(|error| PasswordFault::Refused(error.to_string()))?;
        Ok(hash.to_string())
    }

    /// Whether the password is the one behind the hash. A hash that cannot be read, such as the empty one of a user who does not exist, takes as
    /// long as one that does not match, so that time does not tell.
    pub fn verify(&self, password: &str, hash: &str) -> bool {
        if password.len() > LONGEST {
            return false;
        }
        let theirs = readable(hash);
        let is_theirs = theirs.is_some();
        theirs.or_else(|| readable(NOBODYS)).is_some_and(|hash| compute(password, &hash)) && is_theirs
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

/// The work: argon2id with the cost that stands in the hash, and whether it comes to the same.
fn compute(password: &str, hash: &PasswordHash) -> bool {
    #[cfg(test)]
    tests::note(hash);
    hasher().is_ok_and(|hasher| hasher.verify_password(password.as_bytes(), hash).is_ok())
}

fn hasher() -> Result<Argon2<'static>, PasswordFault> {
    let params = Params::new(MEMORY, PASSES, LANES, None).map_err(|error| PasswordFault::Refused(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    thread_local! {
        /// Memory, passes, lanes and length of each hash that this thread computed.
        static COMPUTED: RefCell<Vec<[u32; 4]>> = const { RefCell::new(Vec::new()) };
    }

    pub(super) fn note(hash: &PasswordHash) {
        let params = Params::try_from(hash).unwrap();
        let length = hash.hash.map_or(0, |output| output.len());
        COMPUTED.with_borrow_mut(|all| all.push([params.m_cost(), params.t_cost(), params.p_cost(), length as u32]));
    }

    /// What refusing a password against this hash computes.
    fn work(passwords: &Passwords, hash: &str) -> Vec<[u32; 4]> {
        COMPUTED.take();
        assert!(!passwords.verify("wrong", hash));
        COMPUTED.take()
    }

    #[test]
    fn a_password_verifies_against_its_hash_alone() {
        let passwords = Passwords;
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
        assert!(Passwords.verify("password", hash));
    }

    #[test]
    fn long_passwords_and_costly_hashes_are_refused() {
        let passwords = Passwords;
        assert!(matches!(passwords.hash(&"x".repeat(1025)), Err(PasswordFault::TooLong)));
        assert!(readable("$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc").is_none());
    }

    #[test]
    fn an_unknown_user_costs_the_work_of_a_wrong_password() {
        let passwords = Passwords;
        let hash = passwords.hash("correct horse").unwrap();
        let wrong = work(&passwords, &hash);
        assert_eq!(wrong, [[MEMORY, PASSES, LANES, 32]]);
        for hash in ["", "no hash", "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"] {
            assert_eq!(work(&passwords, hash), wrong, "{hash}");
        }
    }
}
