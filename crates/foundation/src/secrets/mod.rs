//! Secrets: the master key and what is derived from it, random tokens, API keys, passwords.

mod api_key;
mod digest;
mod key_file;
mod master_key;
mod passphrase;
mod password;
mod random;

pub use api_key::{ApiKeyFault, check_api_key, new_api_key};
pub use digest::{Sha256, constant_time_eq, sha256_hex, to_hex};
pub use key_file::{MasterKeyFault, load_or_create, rotate};
pub use master_key::{MasterKey, SealFault};
pub use passphrase::{OpeningReader, SealingWriter, is_under_passphrase};
pub use password::{PasswordFault, Passwords};
pub use random::{NoRandomness, fill_random, random_password, random_token};
