//! The database on this host: how it is, bringing it up to date, carrying it to another.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use vigie_sql_store::transfer::{self, Copied, Home, Look, Place};

use super::commands::Bar;
use super::event_move::{self, MoveEventsArgs};
use super::local::{ConfigurationArgs, print};
use super::show::{Cell, Tone, table};
use crate::StartError;
use crate::commands;
use crate::configuration::{Environment, Loaded};
use crate::wiring::{self, SystemClock};

/// What to do with the database.
#[derive(Clone, Debug, Subcommand)]
pub enum DbCommand {
    /// Says its engine, version, schema and rows; also while the server runs.
    Status(ConfigurationArgs),
    /// Brings its schema up to date, as the server does when it starts.
    Migrate(ConfigurationArgs),
    /// Copies all of it to another database, which must be empty, and counts it there. The server must be stopped; nothing is deleted.
    Move(MoveArgs),
    /// Copies all logs to the cluster of events, or back, and counts them there. The server must be stopped; nothing is deleted.
    MoveEvents(MoveEventsArgs),
    /// Copies all of it to `SQLite` files in a new folder, for keeping. The server must be stopped.
    Dump(FolderArgs),
    /// Copies a dump back into the database, which must be empty. The server must be stopped.
    Restore(FolderArgs),
}

/// Where to.
#[derive(Args, Clone, Debug)]
pub struct MoveArgs {
    /// Where the configuration and the state are.
    #[command(flatten)]
    configuration: ConfigurationArgs,
    /// postgres://user@host/name or sqlite:DIR. A password is better in `PGPASSWORD`, `~/.pgpass` or --to-file.
    #[arg(long, value_name = "PLACE", required_unless_present = "to_file")]
    to: Option<String>,
    /// A file that holds the same.
    #[arg(long, value_name = "FILE", conflicts_with = "to")]
    to_file: Option<PathBuf>,
}

/// A folder of files.
#[derive(Args, Clone, Debug)]
pub struct FolderArgs {
    /// The folder.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Where the configuration and the state are.
    #[command(flatten)]
    configuration: ConfigurationArgs,
}

/// Does it.
pub fn run(command: &DbCommand) -> Result<(), StartError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|e| StartError::new(StartError::SOFTWARE, format!("cannot begin: {e}")))?;
    runtime.block_on(async {
        match command {
            DbCommand::Status(args) => status(&here(args)?).await,
            DbCommand::Migrate(args) => migrate(&here(args)?).await,
            DbCommand::Move(args) => {
                let to = args.place()?;
                carry(&here(&args.configuration)?, &to).await?;
                print("to use it, set store.url to it, or unset store.url for files of the state folder\n")
            }
            DbCommand::MoveEvents(args) => event_move::run(args).await,
            DbCommand::Dump(args) => {
                if Home::is_in(&args.folder) {
                    let message = format!("{} holds a database already: name a new folder", args.folder.display());
                    return Err(StartError::new(StartError::CANNOT_CREATE, message));
                }
                carry(&here(&args.configuration)?, &Place::Folder(args.folder.clone())).await
            }
            DbCommand::Restore(args) => carry(&Place::Folder(args.folder.clone()), &here(&args.configuration)?).await,
        }
    })
}

impl MoveArgs {
    fn place(&self) -> Result<Place, StartError> {
        let unclear = |why: String| StartError::new(StartError::CONFIGURATION, why);
        let text = match (&self.to, &self.to_file) {
            (Some(text), _) => text.clone(),
            (None, Some(file)) => {
                std::fs::read_to_string(file).map_err(|e| unclear(format!("--to-file {} cannot be read: {e}", file.display())))?
            }
            (None, None) => String::new(),
        };
        Place::parse(text.trim()).ok_or_else(|| unclear("--to: expected postgres://user@host/name or sqlite:DIR".to_owned()))
    }
}

/// Where the configuration says it is.
fn here(args: &ConfigurationArgs) -> Result<Place, StartError> {
    let environment = Environment::of_process();
    let state = environment.state_directory();
    let loaded: Loaded = commands::load(args.flags(), environment)?;
    wiring::place(&loaded, state)
}

async fn status(place: &Place) -> Result<(), StartError> {
    let looks = transfer::look(place).await?;
    let number = |n: u64| Cell::number(n.to_string());
    let mut text = String::new();
    for Look { name, engine, version, schema, known, rows } in looks {
        let schema = match schema {
            Some(schema) if schema == known => format!("schema {schema}"),
            Some(schema) => format!("schema {schema}, this vigie brings {known}"),
            None => "empty".to_owned(),
        };
        text.extend([format!("{name}: {engine} {version}, {schema}\n")]);
        let rows: Vec<_> = rows.into_iter().map(|(table, rows)| vec![Cell::new(table, Tone::Plain), number(rows)]).collect();
        if !rows.is_empty() {
            text += &table(&["TABLE".to_owned(), "ROWS".to_owned()], &rows, None, false);
        }
    }
    print(&text)
}

async fn migrate(place: &Place) -> Result<(), StartError> {
    let home = Home::open(place, Arc::new(SystemClock)).await?;
    let at = home.place();
    home.close().await;
    print(&format!("{at} is up to date\n"))
}

/// Refuses a folder without a database: opening it would make one.
pub fn must_hold(place: &Place) -> Result<(), StartError> {
    match place {
        Place::Folder(folder) if !Home::is_in(folder) => {
            Err(StartError::new(StartError::DATA, format!("{} holds no database: name the folder of one", folder.display())))
        }
        _ => Ok(()),
    }
}

async fn carry(from: &Place, to: &Place) -> Result<(), StartError> {
    if from == to {
        return Err(StartError::new(StartError::CONFIGURATION, "the two databases are the same"));
    }
    must_hold(from)?;
    let (source, target) = (Home::open(from, Arc::new(SystemClock)).await?, Home::open(to, Arc::new(SystemClock)).await?);
    let bar = Bar::new("copy");
    let outcome = transfer::copy(&source, &target, &|step| bar.at(step.done, Some(step.of), step.table)).await;
    bar.clear();
    let said = outcome.map(|copied| told(&copied, &source, &target));
    source.close().await;
    target.close().await;
    print(&said?)
}

fn told(copied: &Copied, source: &Home, target: &Home) -> String {
    let rows: u64 = copied.iter().map(|(_, rows)| rows).sum();
    let tables = copied.iter().filter(|(_, rows)| *rows > 0).count();
    format!("{rows} rows of {tables} tables copied from {} to {}, and counted there\n", source.place(), target.place())
}
