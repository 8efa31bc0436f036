//! The file of the master key: a line a key, `key id:base64`, the current key first.

use std::io;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use super::master_key::{KEY_LEN, MasterKey};
use super::random::{NoRandomness, fill_random};
use crate::files;

const HEADER: &str = "# master key of vigie: keep a copy apart from the data; who has both can read every sealed secret\n";

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyFault {
    /// The file could not be read or written, or others may read it.
    #[error("master key file {path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file does not hold keys.
    #[error("master key file {path}, line {line}: {problem}", path = path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The system gave no randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

type Bytes = Zeroizing<[u8; KEY_LEN]>;

/// Reads the key file, or makes it (mode 0600) where there is none. Says whether it was made.
pub fn load_or_create(path: &Path) -> Result<(MasterKey, bool), MasterKeyFault> {
    match files::read_private(path) {
        Ok(bytes) => Ok((parse(path, &Zeroizing::new(bytes))?.0, false)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(path),
        Err(source) => Err(MasterKeyFault::File { path: path.to_owned(), source }),
    }
}

/// Puts a new key before the others: it seals from now on, the older ones still open. Answers the new set.
pub fn rotate(path: &Path) -> Result<MasterKey, MasterKeyFault> {
    let at = |source| MasterKeyFault::File { path: path.to_owned(), source };
    let (_, mut keys) = parse(path, &Zeroizing::new(files::read_private(path).map_err(at)?))?;
    keys.insert(0, new_key()?);
    let text = render(&keys);
    files::replace(path, files::PRIVATE, text.as_bytes()).map_err(at)?;
    Ok(parse(path, text.as_bytes())?.0)
}

fn create(path: &Path) -> Result<(MasterKey, bool), MasterKeyFault> {
    let text = render(&[new_key()?]);
    match files::create(path, files::PRIVATE, text.as_bytes()) {
        Ok(()) => Ok((parse(path, text.as_bytes())?.0, true)),
        // another process was quicker: its key is the key
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => load_or_create(path),
        Err(source) => Err(MasterKeyFault::File { path: path.to_owned(), source }),
    }
}

fn new_key() -> Result<Bytes, NoRandomness> {
    let mut bytes = Zeroizing::new([0; KEY_LEN]);
    fill_random(bytes.as_mut())?;
    Ok(bytes)
}

fn render(keys: &[Bytes]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(HEADER.to_owned());
    for bytes in keys {
        let line =
            Zeroizing::new(format!("{}:{}\n", MasterKey::from_bytes(bytes).id(), Zeroizing::new(BASE64_STANDARD.encode(bytes)).as_str()));
        text.push_str(&line);
    }
    text
}

fn parse(path: &Path, bytes: &[u8]) -> Result<(MasterKey, Vec<Bytes>), MasterKeyFault> {
    let fault = |line, problem| MasterKeyFault::Content { path: path.to_owned(), line, problem };
    let text = std::str::from_utf8(bytes).map_err(|_| fault(1, "not a text"))?;
    let mut keys = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('#') {
            keys.push(parse_line(line).map_err(|problem| fault(number + 1, problem))?);
        }
    }
    let (current, older) = keys.split_first().ok_or_else(|| fault(1, "holds no key"))?;
    Ok((MasterKey::from_all(current, older), keys))
}

fn parse_line(line: &str) -> Result<Bytes, &'static str> {
    let (id, key) = line.split_once(':').ok_or("expected a key id, a colon and 32 bytes in base64")?;
    let decoded = Zeroizing::new(BASE64_STANDARD.decode(key).map_err(|_| "the key is not base64")?);
    let bytes: [u8; KEY_LEN] = decoded.as_slice().try_into().map_err(|_| "the key is not 32 bytes long")?;
    let bytes = Zeroizing::new(bytes);
    if MasterKey::from_bytes(&bytes).id() != id {
        return Err("the key id does not belong to the key: one of them was altered");
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;

    #[test]
    fn the_first_start_makes_the_file_and_the_second_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let (first, made) = load_or_create(&path).unwrap();
        assert!(made);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let (second, made) = load_or_create(&path).unwrap();
        assert!(!made);
        assert_eq!(second.open("p", &first.seal("p", b"clear").unwrap()).unwrap(), b"clear");
    }

    #[test]
    fn starts_at_the_same_time_agree_on_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let ids: Vec<String> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| load_or_create(&path).unwrap().0.id().to_owned())).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }

    #[test]
    fn a_file_that_others_read_or_that_is_damaged_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        load_or_create(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(load_or_create(&path).unwrap_err().to_string().contains("chmod 600"));
        for (text, said) in [("", "holds no key"), ("abc", "colon"), ("00:!!", "base64"), ("00:AAAA", "32 bytes")] {
            files::replace(&path, files::PRIVATE, text.as_bytes()).unwrap();
            assert!(load_or_create(&path).unwrap_err().to_string().contains(said), "{text}");
        }
        let other = format!("00000000:{}", BASE64_STANDARD.encode([1; KEY_LEN]));
        files::replace(&path, files::PRIVATE, other.as_bytes()).unwrap();
        assert!(load_or_create(&path).unwrap_err().to_string().contains("altered"));
    }

    #[test]
    fn rotation_keeps_the_older_keys() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let (old, _) = load_or_create(&path).unwrap();
        let sealed = old.seal("p", b"clear").unwrap();
        let new = rotate(&path).unwrap();
        assert_ne!(new.id(), old.id());
        assert_eq!(new.ids().count(), 2);
        assert_eq!(load_or_create(&path).unwrap().0.open("p", &sealed).unwrap(), b"clear");
    }
}
