//! API keys: `vgk_`, 40 random characters (238 bits), and 6 that check them, so that a typing error is told from a key that does not exist.

use ring::digest::{SHA256, digest};

use super::digest::constant_time_eq;
use super::random::{NoRandomness, random_letters};

/// What every key begins with: secret scanners find it.
const PREFIX: &str = "vgk_";
/// Length of the random part.
const RANDOM: usize = 40;
/// Length of the check.
const CHECK: usize = 6;

const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Why a text is not an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApiKeyFault {
    /// It does not begin with `vgk_`.
    #[error("not an API key: those begin with vgk_")]
    NotAKey,
    /// It has the wrong length or a character that keys do not have.
    #[error("the API key is incomplete or has foreign characters: copy it whole")]
    Malformed,
    /// Its check does not match: a typing error.
    #[error("the API key has a typing error: its last six characters do not match the others")]
    Typo,
}

/// Makes a key. It is shown once; keep its SHA-256.
pub fn new_api_key() -> Result<String, NoRandomness> {
    let random = random_letters(BASE62, RANDOM)?;
    Ok(format!("{PREFIX}{}{}", random.as_str(), check_of(&random)))
}

/// Whether a text could be a key at all. Needs no look-up.
pub fn check_api_key(text: &str) -> Result<(), ApiKeyFault> {
    let body = text.strip_prefix(PREFIX).ok_or(ApiKeyFault::NotAKey)?;
    if body.len() != RANDOM + CHECK || !body.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(ApiKeyFault::Malformed);
    }
    let (random, check) = body.split_at(RANDOM);
    if constant_time_eq(check_of(random).as_bytes(), check.as_bytes()) { Ok(()) } else { Err(ApiKeyFault::Typo) }
}

/// Six base-62 digits of the SHA-256.
fn check_of(random: &str) -> String {
    let digest = digest(&SHA256, random.as_bytes());
    let mut number = digest.as_ref().iter().take(8).fold(0_u64, |number, &byte| number << 8 | u64::from(byte));
    let mut text = String::with_capacity(CHECK);
    for _ in 0..CHECK {
        text.push(char::from(BASE62[(number % 62) as usize]));
        number /= 62;
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_checks() {
        let key = new_api_key().unwrap();
        assert_eq!(key.len(), 50);
        assert_eq!(check_api_key(&key), Ok(()));
        assert_eq!(check_api_key("hello"), Err(ApiKeyFault::NotAKey));
        assert_eq!(check_api_key(&key[..49]), Err(ApiKeyFault::Malformed));
    }

    proptest! {
        #[test]
        fn one_wrong_character_is_a_typing_error(at in 4_usize..50, letter in "[0-9A-Za-z]") {
            let key = new_api_key().unwrap();
            let mut wrong = key.clone();
            wrong.replace_range(at..=at, &letter);
            prop_assume!(wrong != key);
            prop_assert_eq!(check_api_key(&wrong), Err(ApiKeyFault::Typo));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,80}") {
            let _ = check_api_key(&text);
            let _ = check_api_key(&format!("vgk_{text}"));
        }
    }
}
