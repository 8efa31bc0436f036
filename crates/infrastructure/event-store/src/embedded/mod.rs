//! The embedded engine: tantivy, an index for each kind and day.

mod bits;
mod compile;
mod distinct;
mod docs;
mod figures;
mod first;
mod partition;
mod schema;
mod search;
mod segment;
mod sheet;
mod shelf;
mod survey;
mod tally;
mod top;
mod writer;
mod zones;

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Semaphore;
use vigie_domain::search::{EventAnswer, EventQuery, Sort};
use vigie_domain::telemetry::{EventBatch, EventListener, EventStore, EventStoreStatus, Promise, Retention};
use vigie_domain::{Error, Result, Scope, Timestamp};
use vigie_foundation::task::Stage;

use self::shelf::Shelf;
use self::writer::EmbeddedSink;
use crate::error;
use crate::journal::{Carriage, Carrier, Journal};
use crate::settings::{EmbeddedSettings, EventStoreSettings};
use crate::snapshot::PARTITIONS;

/// The store over tantivy.
pub(crate) struct EmbeddedStore {
    journal: Arc<Journal>,
    shelf: Arc<Shelf>,
    node: u32,
    searches: Arc<Semaphore>,
    threads: usize,
    carriage: Carriage,
}

impl EmbeddedStore {
    /// Opens what is there, and begins to carry what the log holds.
    pub(crate) async fn open(settings: EventStoreSettings, engine: EmbeddedSettings, stage: &Stage) -> Result<Self> {
        let node = settings.node;
        let open = move || -> Result<_> {
            let shelf = Shelf::open(settings.folder.join(PARTITIONS))?;
            let journal = Journal::open(&settings).map_err(error::log)?;
            Ok((Arc::new(shelf), journal))
        };
        let (shelf, journal) = tokio::task::spawn_blocking(open).await.map_err(error::task)??;
        let carriage = Carriage::start(stage, {
            let (shelf, journal) = (shelf.clone(), journal.clone());
            move || {
                let sink = EmbeddedSink::new(shelf.clone(), journal.clone(), engine);
                Carrier { journal: journal.clone(), sink, commit_every: engine.commit_every }
            }
        });
        let searches = Arc::new(Semaphore::new(engine.searches.max(1)));
        Ok(Self { journal, shelf, node, searches, threads: engine.threads, carriage })
    }
}

#[async_trait]
impl EventStore for EmbeddedStore {
    async fn append(&self, batch: &EventBatch, promise: Promise) -> Result<()> {
        self.journal.append(batch, promise).await
    }

    async fn search(&self, scope: &Scope, query: &EventQuery) -> Result<EventAnswer> {
        if matches!(query.sort, Sort::Best) {
            return EventAnswer::best(query, |query| async move { self.search(scope, &query).await }).await;
        }
        let permit = self.searches.clone().acquire_owned().await.map_err(Error::storage)?;
        let (shelf, node, threads, scope, query) = (self.shelf.clone(), self.node, self.threads, scope.clone(), query.clone());
        let answer = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            search::search(&shelf, node, threads, &scope, &query)
        });
        answer.await.map_err(error::task)?
    }

    async fn settle(&self) -> Result<()> {
        self.journal.settle().await
    }

    async fn retain(&self, now: Timestamp, rules: &[Retention]) -> Result<usize> {
        let (shelf, rules) = (self.shelf.clone(), rules.to_vec());
        let dropped = tokio::task::spawn_blocking(move || shelf.retain(now, &rules)).await.map_err(error::task)?;
        // what could not be deleted is no longer searched either
        self.journal.drop_days(*dropped.as_ref().unwrap_or(&1));
        dropped
    }

    fn listen(&self, listener: Arc<dyn EventListener>) {
        self.journal.listen(listener);
    }

    async fn status(&self) -> Result<EventStoreStatus> {
        // it begins with the name of the engine
        let version = tantivy::version_string().trim_start_matches("tantivy v").to_owned();
        let mut status = EventStoreStatus { engine: "tantivy".to_owned(), version, ..Default::default() };
        self.journal.describe(&mut status);
        let shelf = self.shelf.clone();
        let describe = move || {
            shelf.describe(&mut status);
            status
        };
        tokio::task::spawn_blocking(describe).await.map_err(error::task)
    }

    async fn close(&self) -> Result<()> {
        self.carriage.stop().await;
        Ok(())
    }
}
