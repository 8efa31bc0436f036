//! Backups of this host's server: made while it runs, checked anywhere, brought back while it is stopped.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use vigie_backup::Manifest;
use vigie_domain::{Secret, Timestamp};

use super::commands::Bar;
use super::connection::read_secret_file;
use super::local::{ConfigurationArgs, print};
use crate::StartError;
use crate::backup::{self, KeyNote, Stand, Tell};
use crate::commands;
use crate::configuration::Environment;
use crate::wiring;

/// What to do with backups.
#[derive(Clone, Debug, Subcommand)]
pub enum BackupCommand {
    /// Keeps everything as it stands now in one file; also while the server runs. Meanwhile the disk needs room for a copy of the databases.
    Create(BackupArgs),
    /// Reads a backup to its end, and opens the databases in it. Needs no server.
    Verify(FileArgs),
    /// Brings a backup back into the database of the configuration, which must be empty. The server must be stopped.
    Restore(BackupArgs),
}

/// A backup.
#[derive(Args, Clone, Debug)]
pub struct FileArgs {
    /// The file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// File whose first line is the passphrase, `-` for standard input. Under one the master key is in the backup too.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// A backup, and what it is of.
#[derive(Args, Clone, Debug)]
pub struct BackupArgs {
    /// The backup.
    #[command(flatten)]
    file: FileArgs,
    /// Where the configuration and the state are.
    #[command(flatten)]
    configuration: ConfigurationArgs,
}

/// Does it.
pub fn run(command: &BackupCommand) -> Result<(), StartError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|e| StartError::new(StartError::SOFTWARE, format!("cannot begin: {e}")))?;
    let bar = Arc::new(Bar::new("backup"));
    let tell: Tell = {
        let bar = bar.clone();
        Arc::new(move |done, of, what| bar.at(done, Some(of), what))
    };
    let said = runtime.block_on(async {
        match command {
            BackupCommand::Create(args) => create(args, &tell).await,
            BackupCommand::Verify(args) => verify(args, &tell).await,
            BackupCommand::Restore(args) => restore(args, &tell).await,
        }
    });
    bar.clear();
    print(&said?)
}

async fn create(args: &BackupArgs, tell: &Tell) -> Result<String, StartError> {
    let file = &args.file.file;
    let (manifest, key) = backup::create(&args.stand()?, file, args.file.passphrase()?.as_ref(), tell).await?;
    let size = std::fs::metadata(file).map_or(0, |about| about.len());
    let rows: u64 = manifest.rows.values().sum();
    Ok(format!("{rows} rows kept in {}, {:.1} MB\n{}", file.display(), size as f64 / 1e6, said(&key)))
}

async fn verify(args: &FileArgs, tell: &Tell) -> Result<String, StartError> {
    let manifest = backup::verify(&args.file, args.passphrase()?.as_ref(), tell).await?;
    let Manifest { created_at, vigie, engine, rows, master_key_id, .. } = &manifest;
    let (rows, tables) = (rows.values().sum::<u64>(), rows.len());
    let at = Timestamp(*created_at);
    let key = match master_key_id {
        Some(id) if manifest.has("master.key") => format!("the master key {id} is in it\n"),
        Some(id) => format!("its secrets open with the master key {id}, which is not in it\n"),
        None => String::new(),
    };
    Ok(format!("{} is whole: {rows} rows of {tables} tables, made {at} by vigie {vigie} from {engine}\n{key}", args.file.display()))
}

async fn restore(args: &BackupArgs, tell: &Tell) -> Result<String, StartError> {
    let (copied, key) = backup::restore(&args.stand()?, &args.file.file, args.file.passphrase()?.as_ref(), tell).await?;
    let rows: u64 = copied.iter().map(|(_, rows)| rows).sum();
    Ok(format!("{rows} rows brought back from {}, and counted\n{}", args.file.file.display(), said(&key)))
}

fn said(key: &KeyNote) -> String {
    match key {
        KeyNote::In => "the master key is in it, under the passphrase\n".to_owned(),
        KeyNote::Apart(file) => format!("the master key is not in it: keep a copy of {} apart\n", file.display()),
        KeyNote::Same => String::new(),
        KeyNote::Written(file) => format!("the master key was written to {}\n", file.display()),
        KeyNote::Wanted(id, file) => {
            format!("put the master key {id} into {} before the server starts: without it no secret of this backup opens\n", file.display())
        }
    }
}

impl FileArgs {
    fn passphrase(&self) -> Result<Option<Secret>, StartError> {
        let read =
            |file: &PathBuf| read_secret_file(file).map(Secret::new).map_err(|e| StartError::new(StartError::CONFIGURATION, e.to_string()));
        self.passphrase_file.as_ref().map(read).transpose()
    }
}

impl BackupArgs {
    fn stand(&self) -> Result<Stand, StartError> {
        let environment = Environment::of_process();
        let usual = environment.state_directory();
        let loaded = commands::load(self.configuration.flags(), environment)?;
        Ok(Stand {
            place: wiring::place(&loaded, usual.clone())?,
            key_file: wiring::master_key_file(&loaded, &wiring::state_folder(&loaded, usual)?),
        })
    }
}
