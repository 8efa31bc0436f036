//! Names of backups, and ids that follow from them.

use sha2::{Digest, Sha256};
use uuid::Builder;
use vigie_domain::{Id, Timestamp};

/// The name of a backup that is begun now, such as `vigie-2026-11-28T03-00-04-112Z.vigie`. Names stand in the order of their times.
pub fn name_at(now: Timestamp) -> String {
    format!("vigie-{}.vigie", now.to_string().replace([':', '.'], "-"))
}

/// The id of the backup with this name: a UUID of version 8 (RFC 9562, section 5.8) out of its SHA-256.
pub fn id_of(name: &str) -> Id {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(name.as_bytes())[..16]);
    Id(Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_plain_and_its_id_stays() {
        let name = name_at(Timestamp::parse("2026-11-28T03:00:04.112Z").unwrap());
        assert_eq!(name, "vigie-2026-11-28T03-00-04-112Z.vigie");
        assert_eq!(id_of(&name), id_of(&name));
        assert_ne!(id_of(&name), id_of("vigie-2026-11-28T03-00-04-113Z.vigie"));
        assert_eq!(id_of(&name).0.get_version_num(), 8);
    }
}
