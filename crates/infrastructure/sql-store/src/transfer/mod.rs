//! Carrying everything from one database to another, whatever their engines: each table is read in the order of its key and written as it
//! is, in one transaction, and counted on both sides before it is made permanent.

mod look;
mod sheet;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use vigie_domain::{Clock, Error, Result};

pub use look::{Look, documents_beside, look};
pub(crate) use sheet::Sheet;

use crate::engine::{self, Connection, Transaction};
use crate::open::{Database, OpenError};
use crate::state::{history, sheets};
use crate::{SqlSampleStore, SqlStore, error, samples, state};

/// The file of the state in a folder.
pub const STATE: &str = "vigie.db";
/// The file of the samples in a folder.
pub const SAMPLES: &str = "samples.db";

/// Where state and samples are kept.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// In files of this folder.
    Folder(PathBuf),
    /// In the database at this URL of PostgreSQL.
    Server(String),
}

impl Place {
    /// Reads `sqlite:DIR` or the URL of a database; `None` when it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("sqlite", folder) if !folder.is_empty() => Some(Self::Folder(folder.into())),
            ("postgres" | "postgresql", rest) if rest.starts_with("//") => Some(Self::Server(text.to_owned())),
            _ => None,
        }
    }
}

/// State and samples, opened for a copy: their locks are held, so that no server is at work.
#[derive(Debug)]
pub struct Home {
    state: SqlStore,
    samples: SqlSampleStore,
}

impl Home {
    /// Opens both, makes what is missing, and brings their schemas up to date.
    pub async fn open(place: &Place, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        Ok(match place {
            Place::Folder(folder) => Self {
                state: SqlStore::open(&folder.join(STATE), clock).await?,
                samples: SqlSampleStore::open(&folder.join(SAMPLES)).await?,
            },
            Place::Server(url) => Self { state: SqlStore::connect(url, clock).await?, samples: SqlSampleStore::connect(url).await? },
        })
    }

    /// Whether a folder holds a database.
    pub fn is_in(folder: &Path) -> bool {
        folder.join(STATE).exists()
    }

    /// Lets go of both in order.
    pub async fn close(&self) {
        self.samples.close().await;
        self.state.close().await;
    }

    /// Where it is, without any secret.
    pub fn place(&self) -> String {
        self.state.database().place()
    }
}

/// How far a copy is.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The table being copied.
    pub table: &'static str,
    /// Rows copied, of all tables.
    pub done: u64,
    /// Rows there are.
    pub of: u64,
}

/// Rows of a table that were copied and counted again.
pub type Copied = Vec<(&'static str, u64)>;

/// Copies everything. What it is copied to must be empty but for what a new database holds; when something fails it is as before.
pub async fn copy(from: &Home, to: &Home, tell: &(dyn Fn(Step) + Sync)) -> Result<Copied> {
    let sources = [begin(from.state.database()).await?, begin(from.samples.database()).await?];
    pour(sources, to, tell).await
}

/// Copies everything as it stands at one moment to files in a new folder, while a server may work on it.
pub async fn keep(from: &Place, to: &Home, tell: &(dyn Fn(Step) + Sync)) -> Result<Copied> {
    for look in look(from).await? {
        if look.schema != Some(look.known) {
            let detail = format!("the schema of {} is {}, this vigie knows {}", look.name, look.schema.unwrap_or(0), look.known);
            return Err(
                Error::conflict("conflict", detail).solution("use the vigie that serves it, or run vigie db migrate while it is stopped")
            );
        }
    }
    let mut sources = [from.snapshot(STATE, state::SCHEMA).await?, from.snapshot(SAMPLES, samples::SCHEMA).await?];
    for source in &mut sources {
        source.take_time().await.map_err(error::storage)?;
    }
    pour(sources, to, tell).await
}

/// Copies what the transactions see of state and samples.
async fn pour(mut sources: [Transaction; 2], to: &Home, tell: &(dyn Fn(Step) + Sync)) -> Result<Copied> {
    let pairs = [(to.state.database(), sheets::all()), (to.samples.database(), samples::sheets())];
    let (mut targets, mut step) = (Vec::new(), Step { table: "", done: 0, of: 0 });
    for (source, (to, sheets)) in sources.iter_mut().zip(&pairs) {
        must_be_empty(to, sheets).await?;
        step.of += sheet::count_all(&mut source.connection(), sheets).await?;
        targets.push(begin(to).await?);
    }
    let mut copied = Copied::new();
    for ((source, target), (_, sheets)) in sources.iter_mut().zip(&mut targets).zip(&pairs) {
        copied.extend(copy_sheets(&mut source.connection(), &mut target.connection(), sheets, &mut step, tell).await?);
    }
    // the samples first: without their devices they are found by nobody, devices without their samples would be missed
    while let Some(target) = targets.pop() {
        target.commit().await.map_err(error::storage)?;
    }
    Ok(copied)
}

async fn begin(database: &Database) -> Result<Transaction> {
    let mut transaction = database.transaction().await?;
    transaction.take_time().await.map_err(error::storage)?;
    Ok(transaction)
}

async fn copy_sheets(
    from: &mut Connection<'_>,
    to: &mut Connection<'_>,
    sheets: &[Sheet],
    step: &mut Step,
    tell: &(dyn Fn(Step) + Sync),
) -> Result<Copied> {
    engine::defer_references(to).await?;
    for sheet in sheets.iter().filter(|sheet| sheet.is_seeded()) {
        sheet.clear(to).await?;
    }
    let mut copied = Copied::new();
    for sheet in sheets {
        step.table = sheet.table;
        history::reach_back(from, to, sheet.table).await?;
        let tell_of = |rows| {
            step.done += rows;
            tell(*step);
        };
        sheet.copy(from, to, tell_of).await?;
        let (there, here) = (sheet.count(from).await?, sheet.count(to).await?);
        if there != here {
            let cause = format!("of {there} rows of {} {here} arrived", sheet.table);
            return Err(Error::storage(std::fmt::Error).cause(cause));
        }
        sheet.go_on_counting(to).await?;
        engine::gather_statistics(to, sheet.table).await?;
        copied.push((sheet.table, here));
    }
    Ok(copied)
}

async fn must_be_empty(to: &Database, sheets: &[Sheet]) -> Result<()> {
    let mut lent = to.reader().await?;
    for sheet in sheets.iter().filter(|sheet| !sheet.is_seeded()) {
        let rows = sheet.count(&mut lent.connection()).await?;
        if rows > 0 {
            let detail = format!("{} is not empty: it has {rows} rows of {}", to.place(), sheet.table);
            return Err(Error::conflict("conflict", detail).solution("give an empty database, or remove this one first"));
        }
    }
    Ok(())
}
