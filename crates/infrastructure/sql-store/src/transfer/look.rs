//! Looking at a database without touching it, also while a server works on it.

use std::path::Path;

use vigie_domain::query::{FieldKind, Schema};
use vigie_domain::{Error, Result};

use super::{Place, SAMPLES, STATE, Sheet};
use crate::engine::{self, Engine, Lent, Transaction};
use crate::open::{self, OpenError};
use crate::state::sheets;
use crate::{samples, state};

/// One of the two databases of a place, as it stands.
#[derive(Clone, Debug)]
pub struct Look {
    /// `state` or `samples`.
    pub name: &'static str,
    /// `sqlite` or `postgresql`.
    pub engine: &'static str,
    /// Version of the engine.
    pub version: String,
    /// The last migration applied; `None` when none was.
    pub schema: Option<i64>,
    /// The last migration that this program knows.
    pub known: i64,
    /// Rows by table, without empty ones.
    pub rows: Vec<(&'static str, u64)>,
}

/// Looks at both databases of a place.
pub async fn look(place: &Place) -> Result<[Look; 2], OpenError> {
    let engine = place.engine();
    let known = [open::newest(&state::migrations(engine)), open::newest(&samples::migrations(engine))];
    let mut state = place.lend(STATE, state::SCHEMA).await?;
    let mut samples = place.lend(SAMPLES, samples::SCHEMA).await?;
    let unusable = |e: Error| OpenError::NotUsable { place: "of this configuration".to_owned(), reason: e.chain() };
    Ok([
        look_at(&mut state, "state", known[0], &sheets::all()).await.map_err(unusable)?,
        look_at(&mut samples, "samples", known[1], &samples::sheets()).await.map_err(unusable)?,
    ])
}

/// The documents of some objects of a kind, at most `most`; none of a database that has no such table yet.
pub async fn documents_beside(place: &Place, schema: &'static Schema, most: u64) -> Result<Vec<String>, OpenError> {
    let mut lent = place.lend(STATE, state::SCHEMA).await?;
    Ok(state::some_documents(&mut lent.connection(), schema, most).await.unwrap_or_default())
}

async fn look_at(lent: &mut Lent, name: &'static str, known: i64, sheets: &[Sheet]) -> Result<Look> {
    let connection = &mut lent.connection();
    let version = engine::version(connection).await?;
    let applied = Sheet::new(open::MIGRATIONS, 1, &[("version", FieldKind::Int)]).last(connection).await;
    // a new database has no table of migrations
    let applied = applied.unwrap_or(None);
    let mut rows = Vec::new();
    for sheet in sheets {
        let count = match sheet.count(connection).await {
            // a table that an older schema has not yet is empty
            Err(_) if applied != Some(known) => 0,
            counted => counted?,
        };
        if count > 0 {
            rows.push((sheet.table, count));
        }
    }
    Ok(Look { name, engine: connection.engine().name(), version, schema: applied, known, rows })
}

impl Place {
    fn engine(&self) -> Engine {
        match self {
            Self::Folder(_) => Engine::Sqlite,
            Self::Server(_) => Engine::Postgres,
        }
    }

    /// A transaction that sees one state, without the lock.
    pub(super) async fn snapshot(&self, file: &str, schema: &'static str) -> Result<Transaction, OpenError> {
        match self {
            Self::Folder(folder) => open::snapshot_file(&Path::new(folder).join(file)).await,
            Self::Server(url) => open::snapshot_server(url, schema).await,
        }
    }

    /// A connection that reads, without the lock.
    async fn lend(&self, file: &str, schema: &'static str) -> Result<Lent, OpenError> {
        match self {
            Self::Folder(folder) => open::lend_file(&Path::new(folder).join(file)).await.map(Lent::Sqlite),
            Self::Server(url) => open::lend_server(url, schema).await.map(Lent::Postgres),
        }
    }
}
