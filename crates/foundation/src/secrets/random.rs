//! Random tokens.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

/// The system gave no randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no randomness")]
pub struct NoRandomness;

/// Letters and digits that nobody mistakes for one another: 31 of them.
const LEGIBLE: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// Fills a buffer from the system's generator.
pub fn fill_random(bytes: &mut [u8]) -> Result<(), NoRandomness> {
    SystemRandom::new().fill(bytes).map_err(|_| NoRandomness)
}

/// A token of 256 bits for sessions, refresh tokens and tickets: 43 URL-safe characters.
pub fn random_token() -> Result<String, NoRandomness> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    fill_random(bytes.as_mut())?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes.as_ref()))
}

/// A one-time password that a person can type: four groups of five, 99 bits.
pub fn random_password() -> Result<String, NoRandomness> {
    let letters = random_letters(LEGIBLE, 20)?;
    let groups: Vec<&str> = [0, 5, 10, 15].iter().map(|&at| &letters[at..at + 5]).collect();
    Ok(groups.join("-"))
}

/// Letters drawn evenly: bytes that would favour the first letters are drawn again.
pub(super) fn random_letters(alphabet: &[u8], count: usize) -> Result<Zeroizing<String>, NoRandomness> {
    let even = 256 / alphabet.len() * alphabet.len();
    let mut text = Zeroizing::new(String::with_capacity(count));
    let mut bytes = Zeroizing::new([0_u8; 64]);
    while text.len() < count {
        fill_random(bytes.as_mut())?;
        let drawn = bytes.iter().map(|&byte| usize::from(byte)).filter(|&byte| byte < even);
        let missing = count - text.len();
        text.extend(drawn.take(missing).map(|byte| char::from(alphabet[byte % alphabet.len()])));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn tokens_are_url_safe_and_differ() {
        let tokens: HashSet<String> = (0..100).map(|_| random_token().unwrap()).collect();
        assert_eq!(tokens.len(), 100);
        assert!(tokens.iter().all(|t| t.len() == 43 && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))));
    }

    #[test]
    fn passwords_can_be_typed() {
        let password = random_password().unwrap();
        assert_eq!(password.len(), 23);
        assert!(password.split('-').all(|group| group.len() == 5 && group.bytes().all(|b| LEGIBLE.contains(&b))));
    }
}
