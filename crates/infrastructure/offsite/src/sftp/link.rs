//! A connection to a host: its key is looked at, then Vigie signs in.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use russh::client::{self, Handle, Handler};
use russh::keys::{HashAlg, PrivateKeyWithHashAlg, PublicKeyOrCertificate};
use russh::{ChannelMsg, Disconnect};
use russh_sftp::client::RawSftpSession;
use russh_sftp::client::error::Error as SftpError;
use russh_sftp::protocol::Packet;
use tokio::net::TcpStream;
use tokio::time::timeout;
use vigie_domain::{Error, ErrorKind, Result};

use super::transfer::UNDER_WAY;
use super::{Proof, Sftp};

/// How long the host may take until Vigie is signed in.
const SIGN_IN: Duration = Duration::from_secs(30);
/// How long it may take to connect.
const CONNECT: Duration = Duration::from_secs(10);
/// After so long without a word the host is asked whether it is there.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

const FSYNC: &str = "fsync@openssh.com";
const POSIX_RENAME: &str = "posix-rename@openssh.com";

/// A connection with a session of SFTP in it. Letting go of it ends both.
pub(super) struct Link {
    handle: Arc<Handle<Keeper>>,
    pub(super) session: RawSftpSession,
    /// Whether it can be told to write through to its disk.
    pub(super) syncs: bool,
    /// Whether a file can be renamed over another.
    pub(super) replaces: bool,
}

impl Link {
    pub(super) fn is_open(&self) -> bool {
        !self.handle.is_closed()
    }

    pub(super) async fn rename_over(&self, from: &str, to: &str) -> Result<(), SftpError> {
        let mut words = Vec::with_capacity(from.len() + to.len() + 8);
        for word in [from, to] {
            words.extend(u32::try_from(word.len()).unwrap_or(u32::MAX).to_be_bytes());
            words.extend(word.as_bytes());
        }
        match self.session.extended(POSIX_RENAME, words).await? {
            Packet::Status(status) if status.status_code != russh_sftp::protocol::StatusCode::Ok => Err(SftpError::Status(status)),
            _ => Ok(()),
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let handle = self.handle.clone();
        // the session alone would keep the connection open; where nothing runs any more, the process ends it
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { timeout(CONNECT, handle.disconnect(Disconnect::ByApplication, "", "")).await });
        }
    }
}

/// Looks at the key of the host.
pub(super) struct Keeper {
    wanted: String,
    seen: Arc<OnceLock<String>>,
}

impl Handler for Keeper {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        let key = key.public_key();
        let found = key.fingerprint(HashAlg::Sha256).to_string();
        let is_known = found == self.wanted;
        // it is looked at once more when keys are renewed
        let _ = self.seen.set(format!("{found} ({})", key.algorithm()));
        Ok(is_known)
    }
}

impl Sftp {
    pub(super) async fn connect(&self) -> Result<Link> {
        let settings = &self.settings;
        let to = (settings.host.as_str(), settings.port);
        let stream = match timeout(CONNECT, TcpStream::connect(to)).await {
            Ok(stream) => stream.map_err(|error| self.unreachable(&error.to_string()))?,
            Err(_) => return Err(self.unreachable(&format!("no connection within {} s", CONNECT.as_secs()))),
        };
        // pieces are large, and answers small
        let _ = stream.set_nodelay(true);
        match timeout(SIGN_IN, self.sign_in(stream)).await {
            Ok(link) => link,
            Err(_) => Err(self.silent(SIGN_IN)),
        }
    }

    async fn sign_in(&self, stream: TcpStream) -> Result<Link> {
        let config = client::Config { keepalive_interval: Some(KEEP_ALIVE), keepalive_max: 3, ..client::Config::default() };
        let seen = Arc::<OnceLock<String>>::default();
        let keeper = Keeper { wanted: self.settings.host_key.clone(), seen: seen.clone() };
        let connected = client::connect_stream(Arc::new(config), stream, keeper).await;
        let mut handle = connected.map_err(|error| self.not_spoken_to(&error, seen.get()))?;
        let broke = |error: russh::Error| self.unreachable(&error.to_string());
        let user = self.settings.username.as_str();
        let answer = match &self.proof {
            Proof::Password(password) => handle.authenticate_password(user, password.expose()).await,
            Proof::Key(key) => handle.authenticate_publickey(user, PrivateKeyWithHashAlg::new(key.clone(), None)).await,
        };
        if !answer.map_err(broke)?.success() {
            let detail = format!("{} does not let {user} in", self.settings.host);
            let solution = "check backup.sftp.username, and backup.sftp.private_key or .password";
            return Err(Error::new(ErrorKind::ServiceFailed, "service_failed", detail).solution(solution));
        }
        let mut channel = handle.channel_open_session().await.map_err(broke)?;
        channel.request_subsystem(true, "sftp").await.map_err(broke)?;
        loop {
            match channel.wait().await {
                Some(ChannelMsg::Success) => break,
                Some(ChannelMsg::Failure | ChannelMsg::Close) => return Err(self.without_sftp("it refuses the subsystem")),
                Some(_) => {}
                None => return Err(self.unreachable("the connection ended")),
            }
        }
        let session = RawSftpSession::new(channel.into_stream());
        session.set_timeout(UNDER_WAY.as_secs());
        let version = session.init().await.map_err(|error| match error {
            SftpError::Status(status) => self.without_sftp(&status.error_message),
            SftpError::UnexpectedPacket => self.without_sftp("it answers something else"),
            other => self.unreachable(&other.to_string()),
        })?;
        let knows = |extensions: &HashMap<String, String>, name: &str| extensions.contains_key(name);
        Ok(Link {
            handle: Arc::new(handle),
            session,
            syncs: knows(&version.extensions, FSYNC),
            replaces: knows(&version.extensions, POSIX_RENAME),
        })
    }

    /// What came of it before Vigie could sign in.
    fn not_spoken_to(&self, error: &russh::Error, seen: Option<&String>) -> Error {
        match (error, seen) {
            (russh::Error::UnknownKey, Some(seen)) => {
                let (host, wanted) = (&self.settings.host, &self.settings.host_key);
                let detail = format!("{host} has the key {seen} and not {wanted}: it is not spoken to");
                let solution = "if that is its key, set backup.sftp.host_key to it; if not, somebody stands between";
                Error::new(ErrorKind::ServiceFailed, "service_failed", detail).solution(solution)
            }
            (russh::Error::NoCommonAlgo { kind, theirs, .. }, _) => {
                let detail = format!("{} offers no {kind:?} that vigie speaks: {}", self.settings.host, theirs.join(", "));
                let solution = "let it have a key of the kind ed25519 or ECDSA, and ciphers of today";
                Error::new(ErrorKind::ServiceFailed, "service_failed", detail).solution(solution)
            }
            _ => self.unreachable(&error.to_string()),
        }
    }

    fn without_sftp(&self, why: &str) -> Error {
        let detail = format!("{} has no SFTP for {}: {why}", self.settings.host, self.settings.username);
        Error::new(ErrorKind::ServiceFailed, "service_failed", detail).solution("let the host serve the subsystem sftp")
    }
}
