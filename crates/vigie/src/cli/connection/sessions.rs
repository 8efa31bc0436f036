//! Sign-ins of the command line, kept in a file for its owner alone.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use vigie_foundation::files;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// How a server is let know who asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// A pair of tokens: the second gets a new pair when the first has ended.
    Tokens {
        /// For `Authorization: Bearer`.
        access_token: String,
        /// For a new pair, once.
        refresh_token: String,
    },
    /// An API key.
    ApiKey(String),
}

impl Access {
    /// The pair in an answer of `auth/token`.
    pub fn of_tokens(body: &Json) -> Result<Self, Failure> {
        match (body["access_token"].as_str(), body["refresh_token"].as_str()) {
            (Some(access), Some(refresh)) => Ok(Self::Tokens { access_token: access.to_owned(), refresh_token: refresh.to_owned() }),
            _ => Err(Failure::new(Exit::Failed, "the server's answer holds no tokens")),
        }
    }

    /// What goes into `Authorization: Bearer`.
    pub fn bearer(&self) -> &str {
        match self {
            Self::Tokens { access_token, .. } => access_token,
            Self::ApiKey(key) => key,
        }
    }
}

/// A sign-in at one server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Who signed in, for people.
    pub username: String,
    /// The tokens or the key.
    pub access: Access,
    /// Certificates (PEM) to trust besides the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// Whether any certificate is trusted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub insecure: bool,
}

/// What the file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Content {
    /// The server signed in to last.
    current: Option<String>,
    /// Sign-ins by the server's address.
    servers: BTreeMap<String, Session>,
}

/// The file of sign-ins.
#[derive(Clone, Debug)]
pub struct Sessions {
    folder: Option<PathBuf>,
}

impl Sessions {
    /// In this folder, which need not be there yet; `None` for a user without a home keeps nothing.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// The server signed in to last.
    pub fn current(&self) -> Result<Option<String>, Failure> {
        Ok(self.read()?.current)
    }

    /// The sign-in at a server.
    pub fn get(&self, server: &str) -> Result<Option<Session>, Failure> {
        Ok(self.read()?.servers.remove(server))
    }

    /// Keeps a sign-in, and makes its server the usual one.
    pub fn sign_in(&self, server: &str, session: Session) -> Result<PathBuf, Failure> {
        let _held = self.hold()?;
        let mut content = self.read()?;
        content.current = Some(server.to_owned());
        content.servers.insert(server.to_owned(), session);
        self.write(&content)
    }

    /// Keeps other tokens for a server that is signed in to.
    pub fn renew(&self, server: &str, access: Access) -> Result<(), Failure> {
        let mut content = self.read()?;
        if let Some(session) = content.servers.get_mut(server) {
            session.access = access;
            self.write(&content)?;
        }
        Ok(())
    }

    /// Forgets a sign-in. Says whether there was one.
    pub fn sign_out(&self, server: &str) -> Result<bool, Failure> {
        let _held = self.hold()?;
        let mut content = self.read()?;
        let was_there = content.servers.remove(server).is_some();
        if was_there {
            self.write(&content)?;
        }
        Ok(was_there)
    }

    /// Keeps other processes from renewing the same tokens until it is dropped: a refresh token is good once.
    pub fn hold(&self) -> Result<Option<File>, Failure> {
        let Some(folder) = &self.folder else { return Ok(None) };
        let path = folder.join("client.lock");
        let lock = || {
            fs::create_dir_all(folder)?;
            let file = OpenOptions::new().create(true).truncate(false).write(true).mode(files::PRIVATE).open(&path)?;
            file.lock()?;
            Ok(file)
        };
        lock().map(Some).map_err(|error: std::io::Error| unusable(&path, &error))
    }

    fn path(&self) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join("client.json"))
    }

    fn read(&self) -> Result<Content, Failure> {
        let Some(path) = self.path() else { return Ok(Content::default()) };
        match files::read_private(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                Failure::new(Exit::Failed, format!("{} is damaged: {error}", path.display()))
                    .solution("remove it and sign in again with `vigie login`")
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Content::default()),
            Err(error) => Err(unusable(&path, &error)),
        }
    }

    fn write(&self, content: &Content) -> Result<PathBuf, Failure> {
        let Some(path) = self.path() else {
            return Err(Failure::new(Exit::Failed, "there is no place to keep a sign-in: neither HOME nor XDG_CONFIG_HOME is set")
                .solution("give an API key by VIGIE_API_KEY or --api-key-file instead"));
        };
        let bytes = serde_json::to_vec_pretty(content).unwrap_or_default();
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).and_then(|()| files::replace(&path, files::PRIVATE, &bytes)).map_err(|error| unusable(&path, &error))?;
        Ok(path)
    }
}

fn unusable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("the file of sign-ins {} cannot be used: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    fn session(token: &str) -> Session {
        let access = Access::Tokens { access_token: token.to_owned(), refresh_token: "vgr".to_owned() };
        Session { username: "admin".to_owned(), access, authority: None, insecure: false }
    }

    #[test]
    fn a_sign_in_is_kept_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let sessions = Sessions::new(Some(folder.path().join("vigie")));
        assert_eq!(sessions.current().unwrap(), None);
        let path = sessions.sign_in("https://a", session("one")).unwrap();
        sessions.sign_in("https://b", session("two")).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(sessions.current().unwrap().as_deref(), Some("https://b"));
        sessions.renew("https://a", Access::ApiKey("vgk".to_owned())).unwrap();
        assert_eq!(sessions.get("https://a").unwrap().unwrap().access.bearer(), "vgk");
        assert!(sessions.sign_out("https://a").unwrap() && !sessions.sign_out("https://a").unwrap());
        assert_eq!(sessions.get("https://b").unwrap(), Some(session("two")));
    }

    #[test]
    fn a_file_that_others_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let sessions = Sessions::new(Some(folder.path().to_owned()));
        let path = sessions.sign_in("https://a", session("one")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(sessions.get("https://a").unwrap_err().to_string().contains("chmod 600"));
    }
}
