//! Where backups are copied to, as configured.

use std::sync::Arc;
use std::time::Duration;

use vigie_application::backups::{Destination, Retention};
use vigie_domain::Secret;
use vigie_domain::system::Offsite;
use vigie_offsite::{S3, S3Settings, Sftp, SftpLogin, SftpSettings};

use crate::StartError;
use crate::configuration::{BackupS3, BackupSftp, Loaded};

use super::events::trust;

/// The destinations of this configuration. None is spoken to yet.
pub fn destinations(loaded: &Loaded) -> Result<Vec<Destination>, StartError> {
    let backup = &loaded.configuration.backup;
    let mut all = Vec::new();
    if let Some(offsite) = s3(&backup.s3)? {
        all.push(Destination::new("s3", offsite, retention(backup.s3.keep_last, backup.s3.keep_days)));
    }
    if let Some(offsite) = sftp(&backup.sftp)? {
        all.push(Destination::new("sftp", offsite, retention(backup.sftp.keep_last, backup.sftp.keep_days)));
    }
    Ok(all)
}

/// So many, and those of so many days.
pub(super) fn retention(keep_last: usize, keep_days: u32) -> Retention {
    Retention { keep_last, keep_for: Duration::from_hours(24 * u64::from(keep_days)) }
}

fn s3(section: &BackupS3) -> Result<Option<Arc<dyn Offsite>>, StartError> {
    // the check of the configuration wants all four or none
    let (Some(endpoint), Some(bucket), Some(access_key), Some(secret_key)) =
        (&section.endpoint, &section.bucket, &section.access_key, &section.secret_key)
    else {
        return Ok(None);
    };
    let settings = S3Settings {
        endpoint: endpoint.clone(),
        bucket: bucket.clone(),
        region: section.region.clone(),
        prefix: section.prefix.clone(),
        is_path_style: section.path_style,
        access_key: access_key.clone(),
        secret_key: secret_key.0.clone(),
        trust: trust("backup.s3.ca_file", section.ca_file.as_deref())?,
    };
    let s3 = S3::new(settings).map_err(|e| StartError::new(StartError::CONFIGURATION, format!("backup.s3: {e}")))?;
    Ok(Some(Arc::new(s3)))
}

fn sftp(section: &BackupSftp) -> Result<Option<Arc<dyn Offsite>>, StartError> {
    let (Some(host), Some(host_key), Some(username)) = (&section.host, &section.host_key, &section.username) else { return Ok(None) };
    let login = match (&section.private_key, &section.password) {
        (Some(key), _) => SftpLogin::Key(key.0.clone()),
        (None, password) => SftpLogin::Password(password.as_ref().map_or_else(|| Secret::new(""), |password| password.0.clone())),
    };
    let settings = SftpSettings {
        host: host.clone(),
        port: section.port,
        host_key: host_key.clone(),
        username: username.clone(),
        login,
        folder: section.folder.clone(),
        reads_back: section.read_back,
    };
    let sftp = Sftp::new(settings).map_err(|e| StartError::new(StartError::CONFIGURATION, format!("backup.sftp.private_key: {e}")))?;
    Ok(Some(Arc::new(sftp)))
}
