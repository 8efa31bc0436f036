//! Where backups are copied to: S3 and what speaks as it does, and SFTP. Both stand behind one port, and pass one suite.

mod fault;
mod name;
mod s3;
mod sftp;
mod silence;

pub use s3::{S3, S3Settings};
pub use sftp::{Sftp, SftpLogin, SftpSettings};
