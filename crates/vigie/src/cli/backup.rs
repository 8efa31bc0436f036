//! Backups of this host's server: made while it runs, checked anywhere, brought back while it is stopped.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use clap::{Args, Subcommand};
use vigie_application::backups::name_at;
use vigie_backup::{Events, EventsKept, Manifest};
use vigie_domain::system::{Backup, BackupCheck, BackupFolder as _, BackupOrigin, BackupWatch};
use vigie_domain::{Clock as _, Secret, Timestamp};

use super::commands::Bar;
use super::connection::read_secret_file;
use super::local::{ConfigurationArgs, print};
use super::offsite::{self, FetchArgs, ListArgs, SendArgs};
use super::show::{Cell, Quantity, Tone, table};
use crate::StartError;
use crate::backup::{self, EventsNote, KeyNote, Restored, Stand, Tell, TlsNote, Vault};
use crate::commands;
use crate::configuration::Environment;
use crate::wiring::{self, SystemClock};

/// What to do with backups.
#[derive(Clone, Debug, Subcommand)]
pub enum BackupCommand {
    /// Keeps everything as it stands now in one file; also while the server runs. Meanwhile the disk needs room for a copy of the databases.
    Create(CreateArgs),
    /// Lists the backups in the folder of the configuration, or at a destination elsewhere.
    List(ListArgs),
    /// Brings a copy back from a destination elsewhere, to a file. Needs no server.
    Fetch(FetchArgs),
    /// Copies a file to a destination elsewhere, as the server does with those it makes.
    Send(SendArgs),
    /// Reads a backup to its end, and opens the databases and logs in it. Needs no server.
    Verify(FileArgs),
    /// Brings a backup back beside everything else, opens it, counts, and removes it again; without a file the newest of the folder of the
    /// configuration. Also while the server runs.
    Drill(DrillArgs),
    /// Brings a backup back into the database of the configuration, which must be empty, and its logs to the state folder. The server must be stopped.
    Restore(BackupArgs),
}

/// A backup.
#[derive(Args, Clone, Debug)]
pub struct FileArgs {
    /// The file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// File whose first line is the passphrase, `-` for standard input. Under one the keys and certificates are in it too.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// A new backup.
#[derive(Args, Clone, Debug)]
pub struct CreateArgs {
    /// The file; unless given, one in the folder of the configuration, under its passphrase.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// File whose first line is the passphrase, `-` for standard input. Under one the keys and certificates are in the backup too.
    #[arg(long, value_name = "FILE", requires = "file")]
    passphrase_file: Option<PathBuf>,
    /// Leaves the logs out.
    #[arg(long)]
    without_events: bool,
    /// Where the configuration and the state are.
    #[command(flatten)]
    configuration: ConfigurationArgs,
}

/// A backup that is tried out.
#[derive(Args, Clone, Debug)]
pub struct DrillArgs {
    /// The file; unless given, the newest in the folder of the configuration, under its passphrase.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// File whose first line is the passphrase, `-` for standard input.
    #[arg(long, value_name = "FILE", requires = "file")]
    passphrase_file: Option<PathBuf>,
    /// Where the configuration and the state are.
    #[command(flatten)]
    configuration: ConfigurationArgs,
}

/// A backup, and what it is of.
#[derive(Args, Clone, Debug)]
pub struct BackupArgs {
    /// The backup.
    #[command(flatten)]
    file: FileArgs,
    /// Leaves the logs in it.
    #[arg(long)]
    without_events: bool,
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
        Arc::new(move |done, of, what| {
            bar.at(done, Some(of), what);
            true
        })
    };
    let said = runtime.block_on(async {
        match command {
            BackupCommand::Create(args) => create(args, &tell).await,
            BackupCommand::List(ListArgs { at: Some(name), configuration }) => offsite::list(name, configuration).await,
            BackupCommand::List(ListArgs { at: None, configuration }) => list(configuration).await,
            BackupCommand::Fetch(args) => offsite::fetch(args, &tell).await,
            BackupCommand::Send(args) => offsite::send(args, &tell).await,
            BackupCommand::Verify(args) => verify(args, &tell).await,
            BackupCommand::Drill(args) => drill(args, &tell).await,
            BackupCommand::Restore(args) => restore(args, &tell).await,
        }
    });
    bar.clear();
    print(&said?)
}

async fn create(args: &CreateArgs, tell: &Tell) -> Result<String, StartError> {
    let Some(file) = &args.file else { return create_in_folder(args, tell).await };
    let passphrase = passphrase(args.passphrase_file.as_deref())?;
    let stand = stand(&args.configuration, args.without_events)?;
    let (manifest, key) = backup::create(&stand, file, passphrase.as_ref(), tell).await?;
    let size = std::fs::metadata(file).map_or(0, |about| about.len());
    let (rows, events) = (manifest.rows.values().sum(), manifest.events);
    let counted = counted(rows, events.map(|events| events.count));
    let kept = events.map_or("", |events| of_events(events.kept));
    Ok(format!("{counted} kept in {}, {:.1} MB\n{}{kept}", file.display(), size as f64 / 1e6, said(&key)))
}

/// How much is in a backup.
fn counted(rows: u64, events: Option<u64>) -> String {
    match events {
        None | Some(0) => format!("{rows} rows"),
        Some(events) => format!("{rows} rows and {events} events"),
    }
}

/// What is said of the events, where they are not in a backup.
fn of_events(kept: EventsKept) -> &'static str {
    match kept {
        EventsKept::Included => "",
        EventsKept::LeftOut => "the logs are not in it\n",
        EventsKept::Cluster => {
            "the logs are in the cluster of event_store.nodes and not in it: have the cluster make snapshots of its own\n"
        }
    }
}

async fn create_in_folder(args: &CreateArgs, tell: &Tell) -> Result<String, StartError> {
    let vault = vault(&args.configuration)?;
    let vault = if args.without_events { vault.without_events() } else { vault };
    vault.free_bytes().await?;
    let made = vault.make(&name_at(SystemClock.now()), BackupOrigin::Manual, Arc::new(Watch(tell.clone()))).await?;
    let Backup { name, size_bytes, rows, events, .. } = &made;
    let key = if made.has_master_key == Some(true) { "the keys and certificates are in it, under the passphrase" } else { NO_KEYS };
    let counted = counted(rows.unwrap_or(0), events.map(|events| events.count));
    let kept = of_events(vault.events());
    Ok(format!("{counted} kept in {}/{name}, {:.1} MB\n{key}\n{kept}", vault.place(), *size_bytes as f64 / 1e6))
}

/// What is said of a backup without a passphrase.
const NO_KEYS: &str = "the master key is not in it: keep a copy apart, or set backup.passphrase_file";

async fn list(args: &ConfigurationArgs) -> Result<String, StartError> {
    let vault = vault(args)?;
    Ok(listed(vault.list().await?, &vault.place()))
}

/// Backups as a table, the newest first.
pub(super) fn listed(mut all: Vec<Backup>, place: &str) -> String {
    all.sort_by(|a, b| b.created_at.cmp(&a.created_at).then_with(|| b.name.cmp(&a.name)));
    if all.is_empty() {
        return format!("there are no backups in {place}\n");
    }
    let text = |text: &str| Cell::new(text, Tone::Plain);
    let rows: Vec<_> = all
        .iter()
        .map(|backup| {
            vec![
                text(&backup.name),
                text(&backup.created_at.to_string()),
                Cell::number(Quantity::Bytes.show(backup.size_bytes as f64)),
                text(if backup.encrypted { "yes" } else { "no" }),
                text(backup.origin.map_or("", BackupOrigin::word)),
                text(backup.check.word()),
                text(backup.drill.word()),
            ]
        })
        .collect();
    let headings = ["NAME", "CREATED", "SIZE", "ENCRYPTED", "ORIGIN", "CHECK", "DRILL"].map(str::to_owned);
    table(&headings, &rows, None, false)
}

/// Shows how far it is; nobody stops it but by ending the command.
pub(super) struct Watch(pub(super) Tell);

#[async_trait]
impl BackupWatch for Watch {
    fn at(&self, done: u64, of: u64, what: &str) {
        (self.0)(done, of, what);
    }

    fn is_stopped(&self) -> bool {
        false
    }

    async fn stopped(&self) {
        std::future::pending::<()>().await;
    }
}

async fn verify(args: &FileArgs, tell: &Tell) -> Result<String, StartError> {
    let manifest = backup::verify(&args.file, backup::folder_of(&args.file), args.passphrase()?.as_ref(), tell).await?;
    let Manifest { created_at, vigie, engine, rows, events, master_key_id, .. } = &manifest;
    let (rows, tables) = (rows.values().sum::<u64>(), rows.len());
    let counted = match events {
        Some(Events { kept: EventsKept::Included, count }) => format!("{rows} rows of {tables} tables and {count} events"),
        _ => format!("{rows} rows of {tables} tables"),
    };
    let kept = events.map_or("", |events| of_events(events.kept));
    let at = Timestamp(*created_at);
    let key = match master_key_id {
        Some(id) if manifest.has("master.key") => format!("the master key {id} is in it\n"),
        Some(id) => format!("its secrets open with the master key {id}, which is not in it\n"),
        None => String::new(),
    };
    Ok(format!("{} is whole: {counted}, made {at} by vigie {vigie} from {engine}\n{key}{kept}", args.file.display()))
}

async fn drill(args: &DrillArgs, tell: &Tell) -> Result<String, StartError> {
    let Some(file) = &args.file else { return drill_newest(&args.configuration, tell).await };
    let passphrase = passphrase(args.passphrase_file.as_deref())?;
    let manifest = backup::drill(file, backup::folder_of(file), passphrase.as_ref(), tell).await?;
    let counted = counted(manifest.rows.values().sum(), manifest.events.map(|events| events.count));
    Ok(format!("{} comes back: {counted} were brought back, opened, counted and removed again\n", file.display()))
}

async fn drill_newest(args: &ConfigurationArgs, tell: &Tell) -> Result<String, StartError> {
    let vault = vault(args)?;
    let sound = vault.list().await?.into_iter().filter(|backup| backup.check != BackupCheck::Failed);
    let Some(newest) = sound.max_by_key(|backup| backup.created_at) else {
        return Err(StartError::new(StartError::DATA, format!("there are no backups in {}", vault.place())));
    };
    let drilled = vault.drill(&newest.name, Arc::new(Watch(tell.clone()))).await?;
    if let Some(problem) = drilled.drill_problem {
        return Err(StartError::new(StartError::DATA, problem));
    }
    let counted = counted(drilled.rows.unwrap_or(0), drilled.events.map(|events| events.count));
    Ok(format!("{}/{} comes back: {counted} were brought back, opened, counted and removed again\n", vault.place(), drilled.name))
}

async fn restore(args: &BackupArgs, tell: &Tell) -> Result<String, StartError> {
    let (file, stand) = (&args.file.file, stand(&args.configuration, args.without_events)?);
    let Restored { copied, key, tls, events, .. } = backup::restore(&stand, file, args.file.passphrase()?.as_ref(), tell).await?;
    let rows: u64 = copied.iter().map(|(_, rows)| rows).sum();
    let certificates = match tls {
        TlsNote::Absent => String::new(),
        TlsNote::Kept(folder) => format!("the certificates in {} stay as they are\n", folder.display()),
        TlsNote::Written(folder) => format!("the local authority and the certificate were written to {}\n", folder.display()),
    };
    let (events, beside) = match events {
        EventsNote::Absent => (None, String::new()),
        EventsNote::Written(count) => (Some(count), String::new()),
        EventsNote::Beside(count, folder) => {
            let folder = folder.display();
            let remedy = "before the server starts, carry them there with vigie db move-events --to cluster";
            (Some(count), format!("the logs were written to {folder}, the configuration keeps them in a cluster: {remedy}\n"))
        }
    };
    let counted = counted(rows, events);
    Ok(format!("{counted} brought back from {}, and counted\n{}{certificates}{beside}", file.display(), said(&key)))
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
        passphrase(self.passphrase_file.as_deref())
    }
}

fn passphrase(file: Option<&Path>) -> Result<Option<Secret>, StartError> {
    let read = |file| read_secret_file(file).map(Secret::new).map_err(|e| StartError::new(StartError::CONFIGURATION, e.to_string()));
    file.map(read).transpose()
}

fn stand(args: &ConfigurationArgs, without_events: bool) -> Result<Stand, StartError> {
    let environment = Environment::of_process();
    let usual = environment.state_directory();
    let loaded = commands::load(args.flags(), environment)?;
    let stand = wiring::stand(&loaded, &wiring::state_folder(&loaded, usual)?)?;
    Ok(if without_events { stand.without_events() } else { stand })
}

pub(super) fn vault(args: &ConfigurationArgs) -> Result<Vault, StartError> {
    let environment = Environment::of_process();
    let usual = environment.state_directory();
    let loaded = commands::load(args.flags(), environment)?;
    wiring::vault(&loaded, &wiring::state_folder(&loaded, usual)?)
}
