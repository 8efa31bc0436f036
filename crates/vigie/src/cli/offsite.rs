//! Backups elsewhere: seen, fetched, sent. Needs no server, and to see and fetch no state: a fresh host fetches what it is to bring back.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use futures::TryStreamExt as _;
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt as _;
use vigie_application::backups::Destination;
use vigie_domain::system::{BackupCheck, BackupContent, BackupCopy, BackupFolder as _, BackupWatch, CopyState};
use vigie_domain::{Clock as _, Error, ErrorKind};

use super::backup::{Watch, listed, vault};
use super::local::ConfigurationArgs;
use crate::StartError;
use crate::backup::{Tell, folder_of};
use crate::commands;
use crate::configuration::Environment;
use crate::wiring::{self, SystemClock};

/// Which backups to list.
#[derive(Args, Clone, Debug)]
pub struct ListArgs {
    /// Those at this destination of the configuration, `s3` or `sftp`, in place of those in the folder.
    #[arg(long, value_name = "DESTINATION")]
    pub at: Option<String>,
    /// Where the configuration and the state are.
    #[command(flatten)]
    pub configuration: ConfigurationArgs,
}

/// A backup to fetch.
#[derive(Args, Clone, Debug)]
pub struct FetchArgs {
    /// Its name; `newest` is the newest whole one.
    #[arg(value_name = "NAME")]
    name: String,
    /// The destination of the configuration that has it: `s3` or `sftp`.
    #[arg(long, value_name = "DESTINATION")]
    from: String,
    /// The file to write; unless given, one of its name in the working folder.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Where the configuration and the state are.
    #[command(flatten)]
    configuration: ConfigurationArgs,
}

/// A backup to send.
#[derive(Args, Clone, Debug)]
pub struct SendArgs {
    /// The file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The destination of the configuration that is to have it: `s3` or `sftp`.
    #[arg(long, value_name = "DESTINATION")]
    to: String,
    /// Where the configuration and the state are.
    #[command(flatten)]
    configuration: ConfigurationArgs,
}

/// What lies at a destination.
pub(super) async fn list(name: &str, args: &ConfigurationArgs) -> Result<String, StartError> {
    let destination = destination(name, args)?;
    let all = destination.list().await.map_err(told)?;
    Ok(listed(all, &destination.offsite.place()))
}

/// Writes a copy to a file, which is there when it is whole.
pub(super) async fn fetch(args: &FetchArgs, tell: &Tell) -> Result<String, StartError> {
    let destination = destination(&args.from, &args.configuration)?;
    let name = if args.name == "newest" { destination.newest().await.map_err(told)?.name } else { args.name.clone() };
    let file = args.file.clone().unwrap_or_else(|| PathBuf::from(&name));
    if file.exists() {
        return Err(StartError::new(StartError::CANNOT_CREATE, format!("{} is there already: name another file", file.display())));
    }
    let content = destination.fetch(&name).await.map_err(told)?;
    let (size_bytes, folder) = (content.size_bytes, folder_of(&file));
    // for its owner alone, and removed whatever comes of it
    let draft = tempfile::Builder::new().prefix(".vigie-").suffix(".part").tempfile_in(folder).map_err(|e| cannot_write(&file, &e))?;
    write(content, &draft, tell).await?;
    draft.persist_noclobber(&file).map_err(|e| cannot_write(&file, &e.error))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|e| cannot_write(&file, &e))?;
    Ok(format!("{} holds {name} of {}, {:.1} MB\n", file.display(), destination.offsite.place(), size_bytes as f64 / 1e6))
}

async fn write(mut content: BackupContent, draft: &NamedTempFile, tell: &Tell) -> Result<(), StartError> {
    let unwritable = |e: io::Error| cannot_write(draft.path(), &e);
    let (mut file, mut done) = (tokio::fs::File::from_std(draft.reopen().map_err(unwritable)?), 0);
    while let Some(piece) = content.pieces.try_next().await.map_err(told)? {
        file.write_all(&piece).await.map_err(unwritable)?;
        done += piece.len() as u64;
        tell(done, content.size_bytes, "fetch");
    }
    file.flush().await.map_err(unwritable)?;
    file.sync_all().await.map_err(unwritable)
}

/// Copies a file to a destination.
pub(super) async fn send(args: &SendArgs, tell: &Tell) -> Result<String, StartError> {
    let destination = destination(&args.to, &args.configuration)?;
    let (own, file) = (vault(&args.configuration)?, &args.file);
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = own.elsewhere(folder_of(file));
    if !name.ends_with(".vigie") {
        return Err(StartError::new(StartError::DATA, format!("{} is no backup: their names end in .vigie", file.display())));
    }
    let backup = folder.one(&name).map_err(told)?;
    if backup.check == BackupCheck::Failed {
        let why = backup.problem.as_deref().unwrap_or("it does not read back");
        return Err(StartError::new(StartError::DATA, format!("{} is damaged and not sent: {why}", file.display())));
    }
    let watch: Arc<dyn BackupWatch> = Arc::new(Watch(tell.clone()));
    destination.send(&folder, &backup, &watch, &|line| eprintln!("{line}")).await.map_err(told)?;
    if folder.is_same(&own) {
        let copy = BackupCopy { destination: destination.name.clone(), state: CopyState::Copied, at: SystemClock.now(), error: None };
        own.note_copy(&name, copy).await.map_err(told)?;
    }
    Ok(format!("{} is copied to {}, {:.1} MB\n", file.display(), destination.offsite.place(), backup.size_bytes as f64 / 1e6))
}

fn destination(name: &str, args: &ConfigurationArgs) -> Result<Destination, StartError> {
    let loaded = commands::load(args.flags(), Environment::of_process())?;
    let all = wiring::destinations(&loaded)?;
    let names: Vec<&str> = all.iter().map(|destination| destination.name.as_str()).collect();
    let known =
        if names.is_empty() { "set backup.s3.bucket or backup.sftp.host".to_owned() } else { format!("there is {}", names.join(" and ")) };
    let none = StartError::new(StartError::CONFIGURATION, format!("no destination {name} is configured: {known}"));
    all.into_iter().find(|destination| destination.name == name).ok_or(none)
}

fn cannot_write(file: &Path, error: &io::Error) -> StartError {
    StartError::new(StartError::CANNOT_CREATE, format!("{} cannot be written: {error}", file.display()))
}

/// What a destination says, and what to do.
fn told(error: Error) -> StartError {
    let code = match error.kind() {
        ErrorKind::ServiceUnavailable | ErrorKind::ServiceTimeout | ErrorKind::ServiceFailed => StartError::UNAVAILABLE,
        ErrorKind::ResourceNotFound | ErrorKind::Conflict => StartError::DATA,
        _ => StartError::SOFTWARE,
    };
    let solution = error.solution_text().map(|text| format!("; {text}")).unwrap_or_default();
    StartError::new(code, format!("{error}{solution}"))
}
