//! The domain's ports to time, secrets and passwords, on what the foundation offers.

use vigie_domain::identity::PasswordHasher;
use vigie_domain::{Clock, Error, ErrorKind, Result, Sealed, Sealer, Secret, Timestamp};
use vigie_foundation::clock::system_now_ms;
use vigie_foundation::secrets::{MasterKey, PasswordFault, Passwords, SealFault};

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp(system_now_ms())
    }
}

/// Seals under the master key.
#[derive(Clone, Debug)]
pub struct MasterSealer(pub MasterKey);

impl Sealer for MasterSealer {
    fn seal(&self, purpose: &str, clear: &[u8]) -> Result<Sealed> {
        self.0.seal(purpose, clear).map(Sealed).map_err(seal_error)
    }

    fn open(&self, purpose: &str, sealed: &Sealed) -> Result<Vec<u8>> {
        self.0.open(purpose, &sealed.0).map_err(seal_error)
    }
}

/// Hashes passwords with argon2id.
#[derive(Debug, Default)]
pub struct Argon2id(pub Passwords);

impl PasswordHasher for Argon2id {
    fn hash(&self, password: &Secret) -> Result<String> {
        self.0.hash(password.expose()).map_err(|fault| match fault {
            PasswordFault::TooLong => Error::invalid("password", "too_long", fault.to_string()),
            other => Error::storage(other),
        })
    }

    fn verify(&self, password: &Secret, hash: &str) -> bool {
        self.0.verify(password.expose(), hash)
    }
}

fn seal_error(fault: SealFault) -> Error {
    let error = Error::new(ErrorKind::StorageFailed, "storage_failed", "a stored secret cannot be opened").cause(fault.to_string());
    let error = match fault {
        SealFault::UnknownKey(_) => {
            error.solution("put the master key file back that was in use when it was stored, or enter the secret again")
        }
        SealFault::Altered => error.solution("enter the secret again"),
        SealFault::NoRandomness(_) | SealFault::Refused => error,
    };
    error.source(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_and_another_key_says_what_to_do() {
        let (sealer, other) = (MasterSealer(MasterKey::from_bytes(&[1; 32])), MasterSealer(MasterKey::from_bytes(&[2; 32])));
        let sealed = sealer.seal("credentials", b"public").unwrap();
        assert_eq!(sealer.open("credentials", &sealed).unwrap(), b"public");
        let error = other.open("credentials", &sealed).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFailed);
        assert!(error.solution_text().is_some_and(|text| text.contains("master key file")));
    }

    #[test]
    fn a_password_that_is_too_long_is_a_field_error() {
        let hasher = Argon2id::default();
        assert_eq!(hasher.hash(&Secret::new("x".repeat(2_000))).unwrap_err().kind(), ErrorKind::ValidationFailed);
        assert!(!hasher.verify(&Secret::new("x"), "no hash"));
    }
}
