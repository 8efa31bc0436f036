//! What a host says when it does not do what it is asked.

use std::time::Duration;

use russh_sftp::client::error::Error as SftpError;
use russh_sftp::protocol::StatusCode;
use tokio::time::timeout;
use vigie_domain::system::Offsite as _;
use vigie_domain::{Error, ErrorKind, Result};

use super::Sftp;
use crate::fault::{passing, silent};
use crate::silence::SILENCE;

impl Sftp {
    pub(super) fn unreachable(&self, why: &str) -> Error {
        passing(format!("{} cannot be reached: {why}", self.place()))
            .solution("check backup.sftp.host and backup.sftp.port, and that the network leads there")
    }

    pub(super) fn silent(&self, limit: Duration) -> Error {
        silent(&self.place(), limit)
    }

    /// What it says of a file.
    pub(super) fn refused(&self, path: &str, error: &SftpError) -> Error {
        let SftpError::Status(status) = error else { return self.unreachable(&error.to_string()) };
        match status.status_code {
            StatusCode::NoSuchFile => {
                Error::new(ErrorKind::ResourceNotFound, "not_found", format!("there is no {path} on {}", self.settings.host))
            }
            _ => self.cannot_make(path, error),
        }
    }

    /// What it says of a file or folder that it does not make.
    pub(super) fn cannot_make(&self, path: &str, error: &SftpError) -> Error {
        let SftpError::Status(status) = error else { return self.unreachable(&error.to_string()) };
        let said: String = status.error_message.chars().take(300).collect();
        if matches!(status.status_code, StatusCode::NoConnection | StatusCode::ConnectionLost) {
            return self.unreachable(&said);
        }
        let detail = format!("{} refuses {path}: {said}", self.settings.host);
        Error::new(ErrorKind::ServiceFailed, "service_failed", detail)
            .solution("let backup.sftp.username write in backup.sftp.folder, and look whether there is room")
    }

    /// What it answers, in time.
    pub(super) async fn call<T>(&self, asked: impl Future<Output = Result<T, SftpError>>) -> Result<Result<T, SftpError>> {
        timeout(SILENCE, asked).await.map_err(|_| self.silent(SILENCE))
    }

    /// The same, where a refusal is an error.
    pub(super) async fn done<T>(&self, path: &str, asked: impl Future<Output = Result<T, SftpError>>) -> Result<T> {
        self.call(asked).await?.map_err(|error| self.refused(path, &error))
    }
}
