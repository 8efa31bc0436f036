//! The master key: one secret from which every other key is derived (HKDF-SHA-256, RFC 5869), one per purpose.
//!
//! Two forms of sealing, both AES-256-GCM with the purpose as associated data:
//! - [`MasterKey::seal`] for what is stored: `key id . nonce . ciphertext`, a key per purpose and a random nonce per text (NIST SP 800-38D
//!   bounds that at 2^32 texts a purpose, which stored secrets do not reach).
//! - [`MasterKey::seal_token`] for what travels in great numbers, such as cursors: a key per token, so there is no such bound.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use ring::hmac;
use zeroize::Zeroizing;

use super::digest::to_hex;
use super::random::{NoRandomness, fill_random};

/// Length of a master key in bytes.
pub(super) const KEY_LEN: usize = 32;
/// Bytes of a token before its ciphertext: key id, then the salt of its own key.
const TOKEN_ID_LEN: usize = 4;
const TOKEN_SALT_LEN: usize = 16;

/// Why sealing or opening failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealFault {
    /// The system gave no randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// It was altered, cut, or sealed for another purpose.
    #[error("the sealed text was altered, or made for another purpose")]
    Altered,
    /// It was sealed under a key that this installation does not have.
    #[error("the text was sealed under the master key {0}, which is not in the key file")]
    UnknownKey(String),
    /// The algorithm refused, which sizes of this kind never cause.
    #[error("the text could not be sealed")]
    Refused,
}

/// The keys of the key file: the first seals, all of them open.
#[derive(Clone)]
pub struct MasterKey {
    keys: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    id: [u8; TOKEN_ID_LEN],
    id_text: String,
    root: Prk,
}

impl MasterKey {
    /// A master key of these 32 bytes; for tests and for those who keep keys elsewhere.
    pub fn from_bytes(bytes: &[u8; KEY_LEN]) -> Self {
        Self { keys: vec![Key::new(bytes)] }
    }

    /// The current key, then older ones that still open.
    pub(super) fn from_all(current: &[u8; KEY_LEN], older: &[Zeroizing<[u8; KEY_LEN]>]) -> Self {
        let keys = std::iter::once(Key::new(current)).chain(older.iter().map(|bytes| Key::new(bytes))).collect();
        Self { keys }
    }

    /// Id of the current key: eight hex digits, no secret. Equal on all nodes that share a store.
    pub fn id(&self) -> &str {
        &self.keys[0].id_text
    }

    /// Ids of all keys, the current one first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| key.id_text.as_str())
    }

    /// Seals bytes for a purpose: `key id . nonce . ciphertext`, the last two in base64url.
    pub fn seal(&self, purpose: &str, clear: &[u8]) -> Result<String, SealFault> {
        let key = &self.keys[0];
        let mut nonce = [0_u8; NONCE_LEN];
        fill_random(&mut nonce)?;
        let mut text = clear.to_vec();
        key.cipher("seal", purpose, &[])?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(purpose.as_bytes()), &mut text)
            .map_err(|_| SealFault::Refused)?;
        Ok(format!("{}.{}.{}", key.id_text, BASE64.encode(nonce), BASE64.encode(text)))
    }

    /// Opens what [`seal`](Self::seal) made for the same purpose.
    pub fn open(&self, purpose: &str, sealed: &str) -> Result<Vec<u8>, SealFault> {
        let mut parts = sealed.split('.');
        let (Some(id), Some(nonce), Some(text), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(SealFault::Altered);
        };
        let nonce = BASE64.decode(nonce).map_err(|_| SealFault::Altered)?;
        let nonce = Nonce::try_assume_unique_for_key(&nonce).map_err(|_| SealFault::Altered)?;
        let text = BASE64.decode(text).map_err(|_| SealFault::Altered)?;
        let key = self.keys.iter().find(|key| key.id_text == id).ok_or_else(|| unknown(id))?;
        open_with(&key.cipher("seal", purpose, &[])?, nonce, purpose, text)
    }

    /// Whether a sealed text was made under an older key, and is to be sealed again.
    pub fn is_outdated(&self, sealed: &str) -> bool {
        sealed.split('.').next() != Some(self.id())
    }

    /// Seals bytes into a compact URL-safe token: 48 characters more than the bytes alone would take.
    pub fn seal_token(&self, purpose: &str, clear: &[u8]) -> Result<String, SealFault> {
        let key = &self.keys[0];
        let mut salt = [0_u8; TOKEN_SALT_LEN];
        fill_random(&mut salt)?;
        let mut text = clear.to_vec();
        // the key is used once, so its nonce may be constant
        key.cipher("token", purpose, &salt)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key([0; NONCE_LEN]), Aad::from(purpose.as_bytes()), &mut text)
            .map_err(|_| SealFault::Refused)?;
        Ok(BASE64.encode([key.id.as_slice(), &salt, &text].concat()))
    }

    /// Opens what [`seal_token`](Self::seal_token) made for the same purpose. Tells nothing of why it fails: tokens come from strangers.
    pub fn open_token(&self, purpose: &str, token: &str) -> Result<Vec<u8>, SealFault> {
        let bytes = BASE64.decode(token).map_err(|_| SealFault::Altered)?;
        let (id, rest) = bytes.split_at_checked(TOKEN_ID_LEN).ok_or(SealFault::Altered)?;
        let (salt, text) = rest.split_at_checked(TOKEN_SALT_LEN).ok_or(SealFault::Altered)?;
        let key = self.keys.iter().find(|key| key.id == id).ok_or(SealFault::Altered)?;
        open_with(&key.cipher("token", purpose, salt)?, Nonce::assume_unique_for_key([0; NONCE_LEN]), purpose, text.to_vec())
    }

    /// HMAC-SHA-256 of bytes under a key of its own for the purpose, in base64url: CSRF tokens and the like.
    pub fn mac(&self, purpose: &str, bytes: &[u8]) -> Result<String, SealFault> {
        Ok(BASE64.encode(hmac::sign(&self.keys[0].mac_key(purpose)?, bytes)))
    }

    /// Whether [`mac`](Self::mac) made it for these bytes, under any of the keys.
    pub fn verify_mac(&self, purpose: &str, bytes: &[u8], mac: &str) -> bool {
        let Ok(mac) = BASE64.decode(mac) else { return false };
        self.keys.iter().any(|key| key.mac_key(purpose).is_ok_and(|own| hmac::verify(&own, bytes, &mac).is_ok()))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterKey").field("id", &self.id()).finish_non_exhaustive()
    }
}

impl Key {
    fn new(bytes: &[u8; KEY_LEN]) -> Self {
        let root = Salt::new(HKDF_SHA256, b"vigie master key v1").extract(bytes);
        let mut id = [0_u8; TOKEN_ID_LEN];
        // an id that cannot be derived would be all zeroes, which is still an id: lengths this short are never refused
        let _ = expand(&root, &[b"id"], &mut id);
        Self { id, id_text: to_hex(&id), root }
    }

    fn cipher(&self, form: &str, purpose: &str, salt: &[u8]) -> Result<LessSafeKey, SealFault> {
        let mut bytes = Zeroizing::new([0_u8; KEY_LEN]);
        expand(&self.root, &[form.as_bytes(), b"\0", purpose.as_bytes(), b"\0", salt], bytes.as_mut())?;
        UnboundKey::new(&AES_256_GCM, bytes.as_ref()).map(LessSafeKey::new).map_err(|_| SealFault::Refused)
    }

    fn mac_key(&self, purpose: &str) -> Result<hmac::Key, SealFault> {
        let mut bytes = Zeroizing::new([0_u8; KEY_LEN]);
        expand(&self.root, &[b"mac\0", purpose.as_bytes()], bytes.as_mut())?;
        Ok(hmac::Key::new(hmac::HMAC_SHA256, bytes.as_ref()))
    }
}

fn open_with(cipher: &LessSafeKey, nonce: Nonce, purpose: &str, mut text: Vec<u8>) -> Result<Vec<u8>, SealFault> {
    let clear = cipher.open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut text).map_err(|_| SealFault::Altered)?.len();
    text.truncate(clear);
    Ok(text)
}

fn unknown(id: &str) -> SealFault {
    let is_id = id.len() == TOKEN_ID_LEN * 2 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id { SealFault::UnknownKey(id.to_owned()) } else { SealFault::Altered }
}

fn expand(root: &Prk, info: &[&[u8]], bytes: &mut [u8]) -> Result<(), SealFault> {
    root.expand(info, Length(bytes.len())).and_then(|okm| okm.fill(bytes)).map_err(|_| SealFault::Refused)
}

/// How many bytes to derive, as ring asks for it.
struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> MasterKey {
        MasterKey::from_bytes(&[7; KEY_LEN])
    }

    #[test]
    fn keys_differ_by_purpose_and_form() {
        let (key, other) = (key(), MasterKey::from_bytes(&[8; KEY_LEN]));
        let sealed = key.seal("secrets", b"public").unwrap();
        assert_eq!(key.open("cursors", &sealed), Err(SealFault::Altered));
        assert_eq!(other.open("secrets", &sealed), Err(SealFault::UnknownKey(key.id().to_owned())));
        let token = key.seal_token("cursors", b"page").unwrap();
        assert_eq!(key.open_token("csrf", &token), Err(SealFault::Altered));
        assert_eq!(other.open_token("cursors", &token), Err(SealFault::Altered));
        assert_ne!(key.mac("csrf", b"1").unwrap(), key.mac("tickets", b"1").unwrap());
    }

    #[test]
    fn older_keys_open_and_the_current_one_seals() {
        let old = key();
        let sealed = old.seal("secrets", b"public").unwrap();
        let both = MasterKey::from_all(&[9; KEY_LEN], &[Zeroizing::new([7; KEY_LEN])]);
        assert_eq!(both.open("secrets", &sealed).unwrap(), b"public");
        assert!(both.is_outdated(&sealed));
        let again = both.seal("secrets", b"public").unwrap();
        assert!(!both.is_outdated(&again));
        assert!(matches!(old.open("secrets", &again), Err(SealFault::UnknownKey(_))));
        assert!(both.verify_mac("csrf", b"1", &old.mac("csrf", b"1").unwrap()));
    }

    #[test]
    fn nothing_prints_a_key() {
        assert_eq!(format!("{:?}", key()), format!("MasterKey {{ id: \"{}\", .. }}", key().id()));
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens(purpose in "[a-z:]{0,20}", clear in prop::collection::vec(any::<u8>(), 0..500)) {
            let sealed = key().seal(&purpose, &clear).unwrap();
            prop_assert_eq!(key().open(&purpose, &sealed).unwrap(), clear.clone());
            let token = key().seal_token(&purpose, &clear).unwrap();
            prop_assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
            prop_assert_eq!(token.len(), (36 + clear.len()).div_ceil(3) * 4 - (3 - (36 + clear.len()) % 3) % 3);
            prop_assert_eq!(key().open_token(&purpose, &token).unwrap(), clear.clone());
            prop_assert!(key().verify_mac(&purpose, &clear, &key().mac(&purpose, &clear).unwrap()));
        }

        #[test]
        fn one_altered_character_is_seen(at in any::<prop::sample::Index>(), letter in "[0-9A-Za-z_-]") {
            for (text, token) in [(key().seal("p", b"clear").unwrap(), false), (key().seal_token("p", b"clear").unwrap(), true)] {
                let at = at.index(text.len());
                let mut wrong = text.clone();
                wrong.replace_range(at..=at, &letter);
                prop_assume!(wrong != text);
                let opened = if token { key().open_token("p", &wrong) } else { key().open("p", &wrong) };
                prop_assert!(opened.is_err());
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,120}") {
            let _ = key().open("p", &text);
            let _ = key().open_token("p", &text);
            let _ = key().verify_mac("p", b"", &text);
        }
    }
}
