//! A cluster of Elasticsearch (7.17, 8, 9) or OpenSearch (1, 2, 3), spoken to by what all of them have in common.
//!
//! An index for each kind and day, `vigie-<kind>-<day>`. What the cluster offers is asked at the start and told in the status; if it is not
//! there yet, the log takes events in and it is asked again.

mod answer;
mod bulk;
mod client;
mod dsl;
mod indexes;
mod mapping;
mod probe;

use std::sync::Arc;

use async_trait::async_trait;
use vigie_domain::search::{EventAnswer, EventQuery, Sort, visible};
use vigie_domain::telemetry::{EventBatch, EventListener, EventStore, EventStoreStatus, Promise, Retention};
use vigie_domain::{Result, Scope, Timestamp};
use vigie_foundation::http::Method;
use vigie_foundation::task::Stage;

use self::bulk::ClusterSink;
use self::client::Cluster;
use self::indexes::Indexes;
use crate::error;
use crate::journal::{Carriage, Carrier, Journal};
use crate::settings::{ClusterSettings, EventStoreSettings};
use crate::tokens::Tokens;

/// The store over a cluster.
pub(crate) struct ClusterStore {
    journal: Arc<Journal>,
    indexes: Arc<Indexes>,
    carriage: Carriage,
}

impl ClusterStore {
    /// Begins to carry what the log holds. A cluster that does not answer yet is asked until it does.
    pub(crate) async fn open(settings: EventStoreSettings, engine: ClusterSettings, stage: &Stage) -> Result<Self> {
        let cluster = Arc::new(Cluster::new(&engine)?);
        let commit_every = engine.send_every;
        let indexes = Arc::new(Indexes::new(cluster, engine));
        let node = settings.node;
        let journal = tokio::task::spawn_blocking(move || Journal::open(&settings)).await.map_err(error::task)?.map_err(error::log)?;
        let carriage = Carriage::start(stage, {
            let (indexes, journal) = (indexes.clone(), journal.clone());
            move || {
                let (indexes, tokens) = (indexes.clone(), Tokens::default());
                let sink = ClusterSink { indexes, journal: journal.clone(), node, waiting: Vec::new(), waiting_bytes: 0, tokens };
                Carrier { journal: journal.clone(), sink, commit_every }
            }
        });
        Ok(Self { journal, indexes, carriage })
    }
}

#[async_trait]
impl EventStore for ClusterStore {
    async fn append(&self, batch: &EventBatch, promise: Promise) -> Result<()> {
        self.journal.append(batch, promise).await
    }

    async fn search(&self, scope: &Scope, query: &EventQuery) -> Result<EventAnswer> {
        if matches!(query.sort, Sort::Best) {
            return EventAnswer::best(query, |query| async move { self.search(scope, &query).await }).await;
        }
        query.check()?;
        if query.from >= query.to {
            return answer::read(query, &serde_json::json!({ "hits": { "total": { "value": 0 }, "hits": [] } }));
        }
        let condition = query.condition.clone().and(visible(scope));
        let names = self.indexes.within(&query.kinds, query.from, query.to);
        let path = format!("/{names}/_search?ignore_unavailable=true&allow_no_indices=true");
        let body = self.indexes.cluster.tell(Method::POST, &path, &dsl::body(query, &condition)).await?.success()?;
        if body["_shards"]["failed"].as_u64().unwrap_or(0) > 0 || body["timed_out"] == true {
            return Err(crate::wire::nonsense("a part of the days"));
        }
        answer::read(query, &body)
    }

    async fn settle(&self) -> Result<()> {
        self.journal.settle().await?;
        self.indexes.refresh().await
    }

    async fn retain(&self, now: Timestamp, rules: &[Retention]) -> Result<usize> {
        let dropped = self.indexes.retain(now, rules).await;
        // one that failed may have dropped some
        self.journal.drop_days(*dropped.as_ref().unwrap_or(&1));
        dropped
    }

    fn listen(&self, listener: Arc<dyn EventListener>) {
        self.journal.listen(listener);
    }

    async fn status(&self) -> Result<EventStoreStatus> {
        let mut status = EventStoreStatus { requests: Some(self.indexes.cluster.requests()), ..EventStoreStatus::default() };
        self.journal.describe(&mut status);
        if let Err(error) = self.indexes.describe(&mut status).await {
            status.problem = Some(error.to_string());
        }
        if let Some(abilities) = self.indexes.known_abilities() {
            status.engine = abilities.engine.to_owned();
            status.version.clone_from(&abilities.version);
            status.abilities = abilities.names();
        }
        Ok(status)
    }

    async fn close(&self) -> Result<()> {
        self.carriage.stop().await;
        Ok(())
    }
}
