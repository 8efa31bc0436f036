//! The state store: entities of every kind behind one port, and the unit of work that writes them.
//!
//! An [`Entity`] declares its [`Schema`] (the columns lists filter and order by) and travels to the store as a [`Record`]: those columns
//! and a document that holds the whole of it. So a new kind of object needs a struct, its schema and a migration, and no query of its own.

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::query::{Filter, ListQuery, Page, Schema, Value};
use crate::system::{Event, Job};
use crate::{Error, Id, Result, Scope, Timestamp};

/// An object as the store keeps it.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its id.
    pub id: Id,
    /// Raised by one at each change of its writable fields; starts at 1.
    pub version: i64,
    /// The values of the schema's fields, in their order.
    pub columns: Vec<Value>,
    /// The whole object as JSON.
    pub document: String,
}

/// Something the store keeps.
pub trait Entity: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// What lists offer, and where it is kept.
    const SCHEMA: &'static Schema;

    /// Its id.
    fn id(&self) -> Id;

    /// The version that its `ETag` shows. Things without writable fields stay at 1.
    fn version(&self) -> i64 {
        1
    }

    /// The values of the schema's fields, in their order.
    fn columns(&self) -> Vec<Value>;

    /// What the store keeps of it.
    fn record(&self) -> Result<Record> {
        let columns = self.columns();
        debug_assert_eq!(columns.len(), Self::SCHEMA.fields.len(), "columns of {}", Self::SCHEMA.table);
        let document = serde_json::to_string(self).map_err(Error::storage)?;
        Ok(Record { id: self.id(), version: self.version(), columns, document })
    }

    /// Reads it back from its document.
    fn from_document(document: &str) -> Result<Self> {
        serde_json::from_str(document).map_err(|e| Error::storage(e).cause(format!("a row of {} cannot be read", Self::SCHEMA.table)))
    }
}

/// Reading, with the caller's scope applied in the query.
#[async_trait]
pub trait Reader: Send + Sync {
    /// The document of one object, `None` when it is absent or outside the scope.
    async fn document(&self, schema: &'static Schema, scope: &Scope, id: Id) -> Result<Option<String>>;

    /// The documents of these objects, in no order; absent ones are left out.
    async fn documents(&self, schema: &'static Schema, scope: &Scope, ids: &[Id]) -> Result<Vec<String>>;

    /// A page of documents.
    async fn page(&self, schema: &'static Schema, scope: &Scope, query: &ListQuery) -> Result<Page<String>>;

    /// How many rows match, counted to the end.
    async fn count(&self, schema: &'static Schema, scope: &Scope, filters: &[Filter]) -> Result<u64>;

    /// Rows by the words of a column: `status → how many`. The column is a field of the schema.
    async fn count_by(
        &self,
        schema: &'static Schema,
        scope: &Scope,
        column: &'static str,
        filters: &[Filter],
    ) -> Result<Vec<(String, u64)>>;
}

/// A transaction. Nothing is seen by others before `commit`; dropping it rolls back.
#[async_trait]
pub trait UnitOfWork: Reader {
    /// Inserts; fails with `already_exists` where a unique column is taken.
    async fn insert_record(&mut self, schema: &'static Schema, record: Record) -> Result<()>;

    /// Inserts or replaces many of one kind, in one statement where the store can.
    async fn upsert_records(&mut self, schema: &'static Schema, records: Vec<Record>) -> Result<()>;

    /// Replaces; `false` when it is not there.
    async fn update_record(&mut self, schema: &'static Schema, record: Record) -> Result<bool>;

    /// Deletes; `false` when it was not there. What hangs on it goes with it where the migration says so.
    async fn delete(&mut self, schema: &'static Schema, id: Id) -> Result<bool>;

    /// Deletes the rows that match, at most `limit`; how many went.
    async fn delete_where(&mut self, schema: &'static Schema, filters: &[Filter], limit: usize) -> Result<u64>;

    /// Makes it permanent.
    async fn commit(self: Box<Self>) -> Result<()>;
}

/// The store of state.
#[async_trait]
pub trait Store: Reader {
    /// Begins a transaction that may write. Units that decide on what they read are serialised.
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>>;

    /// Gives outbox events that have none their sequence number, in the order of their commit, and returns them; at most `limit`.
    async fn stamp_outbox(&self, limit: usize) -> Result<Vec<Event>>;

    /// Events after this sequence number, in order, and the oldest sequence number still kept.
    async fn events_after(&self, seq: i64, limit: usize) -> Result<(Vec<Event>, Option<i64>)>;

    /// Takes the next due job of one of these kinds for `owner` until `lease_until`: queued ones, and running ones whose lease ended.
    async fn claim_job(&self, kinds: &[&str], owner: &str, now: Timestamp, lease_until: Timestamp) -> Result<Option<Job>>;

    /// Whether the store answers.
    async fn ping(&self) -> Result<()>;

    /// What keeps it, known even while it does not answer: `sqlite` or `postgresql`.
    fn engine(&self) -> &'static str;

    /// Name and version of the engine, and the version of the schema.
    async fn describe(&self) -> Result<StoreInfo>;
}

/// What a store says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreInfo {
    /// `sqlite` or `postgresql`.
    pub engine: String,
    /// Version of the engine.
    pub version: String,
    /// The last migration applied.
    pub schema_version: i64,
    /// Bytes on disk.
    pub size_bytes: u64,
    /// Connections to a database server; `None` where there is none.
    pub connections: Option<u32>,
}

/// Typed reading over any [`Reader`].
#[async_trait]
pub trait Read: Reader {
    /// One object.
    async fn get<E: Entity>(&self, scope: &Scope, id: Id) -> Result<Option<E>> {
        self.document(E::SCHEMA, scope, id).await?.map(|d| E::from_document(&d)).transpose()
    }

    /// One object, or 404.
    async fn require<E: Entity>(&self, scope: &Scope, id: Id) -> Result<E> {
        self.get(scope, id).await?.ok_or_else(|| Error::not_found(E::SCHEMA.kind, id))
    }

    /// These objects, in no order.
    async fn get_many<E: Entity>(&self, scope: &Scope, ids: &[Id]) -> Result<Vec<E>> {
        self.documents(E::SCHEMA, scope, ids).await?.iter().map(|d| E::from_document(d)).collect()
    }

    /// A page.
    async fn list<E: Entity>(&self, scope: &Scope, query: &ListQuery) -> Result<Page<E>> {
        let page = self.page(E::SCHEMA, scope, query).await?;
        let results = page.results.iter().map(|d| E::from_document(d)).collect::<Result<Vec<E>>>()?;
        Ok(Page { results, next: page.next, previous: page.previous, total: page.total, total_is_exact: page.total_is_exact })
    }

    /// The first object whose `field` has this value.
    async fn find<E: Entity>(&self, scope: &Scope, field: &'static str, value: Value) -> Result<Option<E>> {
        let query = ListQuery::all(1).filter(Filter::eq(E::SCHEMA, field, value)?);
        Ok(self.list::<E>(scope, &query).await?.results.into_iter().next())
    }

    /// Everything that matches, page by page.
    async fn all<E: Entity>(&self, scope: &Scope, filters: Vec<Filter>) -> Result<Vec<E>> {
        let mut query = ListQuery { filters, ..ListQuery::all(1000) };
        let mut found = Vec::new();
        loop {
            let page = self.list::<E>(scope, &query).await?;
            found.extend(page.results);
            let Some(next) = page.next else { return Ok(found) };
            query.cursor = Some(next);
        }
    }
}

impl<R: Reader + ?Sized> Read for R {}

/// Typed writing over any [`UnitOfWork`].
#[async_trait]
pub trait Write: UnitOfWork {
    /// Inserts.
    async fn insert<E: Entity>(&mut self, entity: &E) -> Result<()> {
        self.insert_record(E::SCHEMA, entity.record()?).await
    }

    /// Inserts or replaces many.
    async fn upsert<E: Entity>(&mut self, entities: &[E]) -> Result<()> {
        let records = entities.iter().map(Entity::record).collect::<Result<Vec<_>>>()?;
        if records.is_empty() { Ok(()) } else { self.upsert_records(E::SCHEMA, records).await }
    }

    /// Replaces, or 404.
    async fn update<E: Entity>(&mut self, entity: &E) -> Result<()> {
        if self.update_record(E::SCHEMA, entity.record()?).await? { Ok(()) } else { Err(Error::not_found(E::SCHEMA.kind, entity.id())) }
    }
}

impl<U: UnitOfWork + ?Sized> Write for U {}
