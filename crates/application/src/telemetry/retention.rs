//! Forgetting: what is older than it is kept goes, a bounded number of rows at a time.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use vigie_domain::alerts::{Alert, Delivery};
use vigie_domain::identity::Session;
use vigie_domain::query::{Filter, ListQuery, Operator, Schema, Value};
use vigie_domain::store::{Entity, Read as _};
use vigie_domain::system::{AuditEntry, Event, IdempotencyRecord, Job, JobStatus};
use vigie_domain::telemetry::KeepFrom;
use vigie_domain::topology::{Run, RunResult, RunStatus};
use vigie_domain::{Result, Scope, Timestamp};

use super::EventKeeping;
use super::reckoning::Reckoning;
use crate::devices::DeviceEnv;
use crate::system::StorageKeeper;

/// How often it looks.
const EVERY: Duration = Duration::from_mins(2);
/// How long the store of events may take.
const EVENTS: Duration = Duration::from_secs(30);
/// Rows deleted in one transaction: others wait for it.
const CHUNK: usize = 2_000;
/// Transactions of one kind in one round.
const ROUNDS: usize = 50;
/// How long jobs and deliveries that ended are kept, and what runs found.
const KEEP_WORK: Duration = Duration::from_hours(30 * 24);
/// How long runs of discoveries are kept.
const KEEP_RUNS: Duration = Duration::from_hours(365 * 24);

/// How many rows went, by table.
pub type Swept = Vec<(&'static str, u64)>;

/// Keeps the store from growing for ever.
pub struct Retention {
    env: DeviceEnv,
    storage: Arc<StorageKeeper>,
    events: EventKeeping,
}

impl Retention {
    /// Retention over this environment. It does nothing before [`Self::run`].
    pub fn new(env: &DeviceEnv, storage: Arc<StorageKeeper>, events: EventKeeping) -> Self {
        Self { env: env.clone(), storage, events }
    }

    /// Sweeps every two minutes until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut reckoning = None;
        // before the time of day can leap: what happens afterwards carries the time after it
        let forget_by = self.forget_by(&mut reckoning, self.env.core.now()).await;
        // a replay of the log of events may bring days back that were dropped
        self.keep_events(forget_by, &stop).await;
        loop {
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = stop.cancelled() => return,
            }
            let now = self.env.core.now();
            let forget_by = self.forget_by(&mut reckoning, now).await;
            let settings = &self.env.core.settings;
            let mut keep_from = KeepFrom {
                samples: forget_by.minus(settings.keep_samples),
                five_minutes: forget_by.minus(settings.keep_samples_5m),
                hours: forget_by.minus(settings.keep_samples_1h),
            };
            if let Err(error) = self.make_room(now, &mut keep_from).await {
                tracing::error!(cause = error.chain(), "cannot see how much room there is");
            }
            if let Err(error) = self.env.samples.maintain(now, &keep_from).await {
                tracing::error!(cause = error.chain(), "cannot pack samples");
            }
            self.keep_events(forget_by, &stop).await;
            match self.sweep(forget_by).await {
                Ok(swept) => {
                    for (table, rows) in swept {
                        tracing::debug!(table, rows, "old rows deleted");
                    }
                }
                Err(error) => tracing::error!(cause = error.chain(), "cannot delete old rows"),
            }
        }
    }

    /// A cluster that says nothing holds up neither the rest nor the end.
    async fn keep_events(&self, now: Timestamp, stop: &CancellationToken) {
        match stop.run_until_cancelled(tokio::time::timeout(EVENTS, self.events.look(now))).await {
            None | Some(Ok(Ok(()))) => {}
            Some(Ok(Err(error))) => tracing::error!(cause = error.chain(), "cannot drop old events"),
            Some(Err(_)) => tracing::error!("old events cannot be dropped: their store does not answer"),
        }
    }

    /// The time to forget by. It is reckoned from the last event on: a server that was down for long, or wakes up in another year, forgets
    /// nothing more for a day.
    async fn forget_by(&self, reckoning: &mut Option<Reckoning>, now: Timestamp) -> Timestamp {
        let mut known = match *reckoning {
            Some(known) => known,
            None => match self.last_event().await {
                Ok(last) => Reckoning::from(last.unwrap_or(now)),
                Err(error) => {
                    tracing::error!(cause = error.chain(), "cannot read what happened last, nothing is deleted");
                    return Timestamp(0);
                }
            },
        };
        let time = known.at(now);
        *reckoning = Some(known);
        time
    }

    async fn last_event(&self) -> Result<Option<Timestamp>> {
        let query = ListQuery::all(1).order("occurred_at", true);
        let last = self.env.core.store.list::<Event>(&Scope::system(), &query).await?.results;
        Ok(last.first().map(|event| event.occurred_at))
    }

    async fn make_room(&self, now: Timestamp, keep_from: &mut KeepFrom) -> Result<()> {
        let info = self.env.samples.describe().await?;
        self.storage.look(&info, now, keep_from).await
    }

    /// Deletes what is older than it is kept.
    pub async fn sweep(&self, now: Timestamp) -> Result<Swept> {
        let settings = &self.env.core.settings;
        let old = |keep: Duration| Value::from(now.minus(keep));
        let ended = [JobStatus::Succeeded, JobStatus::Failed, JobStatus::Cancelled].map(|s| Value::from(s.word()));
        let run_ended = [RunStatus::Succeeded, RunStatus::Failed, RunStatus::Cancelled].map(|s| Value::from(s.word()));
        let mut swept = Swept::new();
        let plans: [(&'static Schema, Vec<Filter>); 9] = [
            (Event::SCHEMA, vec![before::<Event>("occurred_at", old(settings.keep_events))?]),
            (AuditEntry::SCHEMA, vec![before::<AuditEntry>("at", old(settings.keep_audit))?]),
            (Alert::SCHEMA, vec![Filter::eq(Alert::SCHEMA, "open", false)?, before::<Alert>("resolved_at", old(settings.keep_alerts))?]),
            (
                Delivery::SCHEMA,
                vec![
                    Filter::on(Delivery::SCHEMA, "status", Operator::In, ["sent", "failed"].map(Value::from))?,
                    before::<Delivery>("created_at", old(KEEP_WORK))?,
                ],
            ),
            (IdempotencyRecord::SCHEMA, vec![before::<IdempotencyRecord>("expires_at", now.into())?]),
            (Session::SCHEMA, vec![before::<Session>("expires_at", now.into())?]),
            (Job::SCHEMA, vec![Filter::on(Job::SCHEMA, "status", Operator::In, ended)?, before::<Job>("created_at", old(KEEP_WORK))?]),
            (Run::SCHEMA, vec![Filter::on(Run::SCHEMA, "status", Operator::In, run_ended)?, before::<Run>("created_at", old(KEEP_RUNS))?]),
            (RunResult::SCHEMA, vec![before::<RunResult>("found_at", old(KEEP_WORK))?]),
        ];
        for (schema, filters) in plans {
            let rows = self.delete(schema, &filters).await?;
            if rows > 0 {
                swept.push((schema.table, rows));
            }
        }
        Ok(swept)
    }

    async fn delete(&self, schema: &'static Schema, filters: &[Filter]) -> Result<u64> {
        let mut total = 0;
        for _ in 0..ROUNDS {
            let mut work = self.env.core.store.begin().await?;
            let rows = work.delete_where(schema, filters, CHUNK).await?;
            work.commit().await?;
            total += rows;
            if rows < CHUNK as u64 {
                break;
            }
        }
        metrics::counter!("retention_deleted_total", "table" => schema.table).increment(total);
        Ok(total)
    }
}

fn before<E: Entity>(field: &'static str, moment: Value) -> Result<Filter> {
    Filter::on(E::SCHEMA, field, Operator::Lt, [moment])
}
