//! A folder of a host with SFTP (version 3, draft-ietf-secsh-filexfer-02, and what OpenSSH adds to it).

mod fault;
mod link;
mod transfer;

use std::sync::{Arc, Weak};

use async_trait::async_trait;
use russh::keys::{PrivateKey, decode_secret_key};
use russh_sftp::protocol::{FileAttributes, OpenFlags, StatusCode};
use tokio::sync::Mutex;
use vigie_domain::system::{BackupContent, Offsite, OffsiteContent, OffsiteFile};
use vigie_domain::{Error, ErrorKind, Result, Secret, Timestamp};
use vigie_foundation::secrets::to_hex;

use crate::fault::{passing, too_many};
use crate::name::{MOST, PART, is_plain, must_be_plain};
use link::Link;

/// Of files, for their owner alone.
const PRIVATE: u32 = 0o600;

/// How a host is reached.
#[derive(Clone, Debug)]
pub struct SftpSettings {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The fingerprint of its key: `SHA256:…`.
    pub host_key: String,
    /// User to sign in as.
    pub username: String,
    /// What to sign in with.
    pub login: SftpLogin,
    /// The folder, made where it is not there.
    pub folder: String,
    /// Whether what was written is read again and compared.
    pub reads_back: bool,
}

/// What to sign in with.
#[derive(Clone, Debug)]
pub enum SftpLogin {
    /// A private key, as OpenSSH writes it.
    Key(Secret),
    /// A password.
    Password(Secret),
}

/// What to sign in with, read.
enum Proof {
    Key(Arc<PrivateKey>),
    Password(Secret),
}

/// A folder of a host.
pub struct Sftp {
    settings: SftpSettings,
    proof: Proof,
    /// One connection for all that happens at a time; closed when nothing does.
    link: Mutex<Weak<Link>>,
}

impl Sftp {
    /// Over this folder. Nothing is asked yet; a private key that cannot be read is told.
    pub fn new(settings: SftpSettings) -> Result<Self> {
        let proof = match &settings.login {
            SftpLogin::Password(password) => Proof::Password(password.clone()),
            SftpLogin::Key(key) => Proof::Key(Arc::new(decode_secret_key(key.expose(), None).map_err(|error| {
                let detail = format!("it is no private key that can be read: {error}");
                Error::new(ErrorKind::ValidationFailed, "validation_failed", detail)
                    .solution("give one without a passphrase, such as ssh-keygen -t ed25519 -N '' makes")
            })?)),
        };
        Ok(Self { settings, proof, link: Mutex::default() })
    }

    /// The connection that is in use, or a new one.
    async fn link(&self) -> Result<Arc<Link>> {
        let mut known = self.link.lock().await;
        if let Some(link) = known.upgrade().filter(|link| link.is_open()) {
            return Ok(link);
        }
        let link = Arc::new(self.connect().await?);
        *known = Arc::downgrade(&link);
        Ok(link)
    }

    fn path(&self, name: &str) -> Result<String> {
        must_be_plain(name)?;
        Ok(format!("{}/{name}", self.settings.folder.trim_end_matches('/')))
    }

    /// Makes the folder, and those that it is in.
    async fn make_folder(&self, link: &Link) -> Result<()> {
        let folder = self.settings.folder.trim_end_matches('/');
        if folder.is_empty() || self.call(link.session.stat(folder)).await?.is_ok() {
            return Ok(());
        }
        let mut last = None;
        for (at, _) in folder.match_indices('/').filter(|(at, _)| *at > 0).chain([(folder.len(), "")]) {
            // one that is there already is refused, which the last look tells from one that cannot be made
            last = self.call(link.session.mkdir(&folder[..at], FileAttributes::empty())).await?.err();
        }
        let seen = self.call(link.session.stat(folder)).await?;
        seen.map(drop).map_err(|error| self.cannot_make(folder, &last.unwrap_or(error)))
    }

    async fn write(&self, link: &Arc<Link>, part: &str, content: OffsiteContent) -> Result<()> {
        let OffsiteContent { size_bytes, sha256, pieces } = content;
        let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNCATE;
        let mode = FileAttributes { permissions: Some(PRIVATE), ..FileAttributes::empty() };
        let handle = self.done(part, link.session.open(part, flags, mode)).await?.handle;
        let written = self.send_pieces(link, part, &handle, pieces).await;
        if written.is_ok() && link.syncs {
            self.done(part, link.session.fsync(handle.as_str())).await?;
        }
        let closed = self.done(part, link.session.close(handle)).await;
        written?;
        closed?;
        let size = self.done(part, link.session.stat(part)).await?.attrs.size;
        if size != Some(size_bytes) {
            return Err(passing(format!("{part} has {} octets instead of {size_bytes}", size.unwrap_or(0))));
        }
        if self.settings.reads_back && self.sum_of(link, part, size_bytes).await? != to_hex(&sha256) {
            return Err(passing(format!("{part} does not read back as what was written")));
        }
        Ok(())
    }

    /// Gives a whole file its name, in place of one that has it.
    async fn rename(&self, link: &Link, part: &str, path: &str) -> Result<()> {
        if link.replaces {
            return self.done(path, link.rename_over(part, path)).await.map(drop);
        }
        self.remove_path(link, path).await?;
        self.done(path, link.session.rename(part, path)).await.map(drop)
    }

    async fn remove_path(&self, link: &Link, path: &str) -> Result<()> {
        match self.done(path, link.session.remove(path)).await {
            Err(error) if error.kind() != ErrorKind::ResourceNotFound => Err(error),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Offsite for Sftp {
    fn place(&self) -> String {
        let SftpSettings { host, port, username, folder, .. } = &self.settings;
        let port = if *port == 22 { String::new() } else { format!(":{port}") };
        format!("sftp://{username}@{host}{port}/{}", folder.trim_matches('/'))
    }

    async fn list(&self) -> Result<Vec<OffsiteFile>> {
        let link = self.link().await?;
        let folder = self.settings.folder.as_str();
        let handle = match self.done(folder, link.session.opendir(folder)).await {
            Err(error) if error.kind() == ErrorKind::ResourceNotFound => return Ok(Vec::new()),
            opened => opened?.handle,
        };
        let mut files = Vec::new();
        loop {
            let page = match self.call(link.session.readdir(handle.as_str())).await? {
                Err(russh_sftp::client::error::Error::Status(status)) if status.status_code == StatusCode::Eof => break,
                page => page.map_err(|error| self.refused(folder, &error))?,
            };
            files.extend(page.files.into_iter().filter(|file| is_plain(&file.filename) && !file.attrs.is_dir()).map(|file| OffsiteFile {
                name: file.filename,
                size_bytes: file.attrs.size.unwrap_or(0),
                modified_at: file.attrs.mtime.map(|seconds| Timestamp(i64::from(seconds) * 1000)),
            }));
            if files.len() > MOST {
                return Err(too_many(&self.place(), "backup.sftp.folder"));
            }
        }
        self.done(folder, link.session.close(handle)).await?;
        Ok(files)
    }

    async fn put(&self, name: &str, content: OffsiteContent) -> Result<()> {
        let path = self.path(name)?;
        let (part, link) = (format!("{path}{PART}"), self.link().await?);
        self.make_folder(&link).await?;
        self.write(&link, &part, content).await?;
        self.rename(&link, &part, &path).await
    }

    async fn discard(&self, name: &str) -> Result<()> {
        let part = format!("{}{PART}", self.path(name)?);
        self.remove_path(&*self.link().await?, &part).await
    }

    async fn get(&self, name: &str) -> Result<BackupContent> {
        let path = self.path(name)?;
        let link = self.link().await?;
        let size_bytes = self.done(&path, link.session.stat(path.as_str())).await?.attrs.size.unwrap_or(0);
        self.read(link, path, size_bytes).await
    }

    async fn remove(&self, name: &str) -> Result<()> {
        let path = self.path(name)?;
        self.remove_path(&*self.link().await?, &path).await
    }
}
