//! How far a run is, and what it found.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;
use vigie_domain::query::Filter;
use vigie_domain::store::{Entity, Read, Write};
use vigie_domain::system::{Event, Subject, event_types};
use vigie_domain::topology::{Discovery, Found, Outcome, Run, RunResult, RunStatus};
use vigie_domain::{Result, Scope};

use super::{DiscoveryFeed, ended};
use crate::devices::DeviceEnv;
use crate::jobs::JobHandle;
use crate::topology::discovery::DiscoveryUpdate;

/// The rate is that of the last so many seconds.
const RATE_OVER: Duration = Duration::from_secs(10);

/// The run, and what is not saved of it yet.
pub(super) struct Progress {
    env: DeviceEnv,
    feed: DiscoveryFeed,
    pub(super) run: Run,
    /// Results that are not in the store yet.
    loose: Vec<RunResult>,
    /// Results that listeners have not been told of.
    untold: Vec<RunResult>,
    /// Results of before a restart.
    before: Vec<RunResult>,
    /// Places that were begun and are not done.
    open: BTreeSet<u64>,
    /// The first place that was not begun.
    next: u64,
    marks: VecDeque<(Instant, u64)>,
}

impl Progress {
    /// Takes a run up: from the beginning, or from where it was.
    pub(super) async fn resume(env: &DeviceEnv, feed: &DiscoveryFeed, job: &JobHandle, run: Run) -> Result<Self> {
        let of_run = Filter::eq(RunResult::SCHEMA, "run_id", run.id)?;
        let before: Vec<RunResult> = env.core.store.all(&Scope::system(), vec![of_run]).await?;
        let next = job.checkpoint().and_then(|c| c.get("next")?.as_u64()).unwrap_or(0);
        let mut progress = Self {
            env: env.clone(),
            feed: feed.clone(),
            run,
            loose: Vec::new(),
            untold: Vec::new(),
            before,
            open: BTreeSet::new(),
            next,
            marks: VecDeque::new(),
        };
        progress.run.found = Found::default();
        let earlier = std::mem::take(&mut progress.before);
        for result in &earlier {
            count(&mut progress.run.found, result.outcome);
        }
        progress.before = earlier;
        progress.run.progress.done = next;
        Ok(progress)
    }

    /// Marks the run as begun, with its event the first time.
    pub(super) async fn start(&mut self, discovery: &Discovery) -> Result<()> {
        let cx = crate::CallContext::system(self.env.core.now());
        let mut unit = self.env.core.unit(&cx).await?;
        let again = self.run.started_at.is_some();
        self.run.status = RunStatus::Running;
        self.run.started_at.get_or_insert(cx.now);
        unit.work().update(&self.run).await?;
        if !again {
            let subject = Subject::new("discovery", discovery.id, &discovery.name);
            unit.event(Event::new(event_types::DISCOVERY_STARTED, cx.now, subject, None).data(json!({ "run_id": self.run.id }))).await?;
        }
        unit.commit().await?;
        self.tell();
        Ok(())
    }

    /// What the run found before a restart.
    pub(super) fn before(&self) -> &[RunResult] {
        &self.before
    }

    /// The first place that is not done.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Begins a place.
    pub(super) fn begin(&mut self, place: u64) {
        self.open.insert(place);
        self.next = self.next.max(place + 1);
    }

    /// Ends a place, with what was found there; `written` when the store has it already.
    pub(super) fn end(&mut self, place: u64, found: Option<RunResult>, written: bool) {
        self.open.remove(&place);
        self.run.progress.done += 1;
        let Some(result) = found else { return };
        // an address that is looked at again after a restart is counted once
        if !self.before.iter().any(|b| b.id == result.id) {
            count(&mut self.run.found, result.outcome);
        }
        if !written {
            self.loose.push(result.clone());
        }
        self.untold.push(result);
    }

    pub(super) fn set_total(&mut self, total: u64) {
        self.run.progress.total = total;
    }

    /// Saves what was found and how far it is, in one transaction with the job, and tells listeners.
    pub(super) async fn save(&mut self, job: &JobHandle) -> Result<()> {
        self.measure();
        job.progress(self.run.progress.done, Some(self.run.progress.total), None);
        // everything before the first open place is done, and with this transaction in the store
        job.set_checkpoint(json!({ "next": self.open.first().copied().unwrap_or(self.next) }));
        let cx = job.context();
        let mut unit = self.env.core.unit(&cx).await?;
        job.save_in(unit.work()).await?;
        unit.work().upsert(&self.loose).await?;
        unit.work().update(&self.run).await?;
        unit.commit().await?;
        self.loose.clear();
        self.tell();
        Ok(())
    }

    /// As [`Self::save`], with the event that the run ended.
    pub(super) async fn finish(&mut self, job: &JobHandle, discovery: &Discovery) -> Result<()> {
        self.run.progress.eta_seconds = None;
        job.progress(self.run.progress.done, Some(self.run.progress.total), None);
        let cx = job.context();
        let mut unit = self.env.core.unit(&cx).await?;
        job.save_in(unit.work()).await?;
        unit.work().upsert(&self.loose).await?;
        if self.run.status == RunStatus::Cancelled {
            // what was under way when the run was cancelled may have been written, and was not counted
            let of_run = Filter::eq(RunResult::SCHEMA, "run_id", self.run.id)?;
            let kept: Vec<RunResult> = unit.work().all(&Scope::system(), vec![of_run]).await?;
            self.run.found = Found::default();
            for result in &kept {
                count(&mut self.run.found, result.outcome);
            }
        }
        unit.work().update(&self.run).await?;
        unit.event(ended(discovery, &self.run, self.env.core.now())).await?;
        unit.commit().await?;
        self.loose.clear();
        self.tell();
        Ok(())
    }

    fn tell(&mut self) {
        let results = std::mem::take(&mut self.untold);
        self.feed.publish(DiscoveryUpdate { discovery_id: self.run.discovery_id, run: self.run.clone(), results });
    }

    /// Rate over the last seconds, and what is left at that rate.
    fn measure(&mut self) {
        let now = Instant::now();
        let done = self.run.progress.done;
        self.marks.push_back((now, done));
        while self.marks.len() > 2 && self.marks.front().is_some_and(|(at, _)| now - *at > RATE_OVER) {
            self.marks.pop_front();
        }
        let Some((since, from)) = self.marks.front().copied().filter(|(at, _)| now > *at) else { return };
        let rate = done.saturating_sub(from) as f64 / (now - since).as_secs_f64();
        let left = self.run.progress.total.saturating_sub(done) as f64;
        self.run.progress.rate_per_second = Some((rate * 10.0).round() / 10.0);
        self.run.progress.eta_seconds = (rate > 0.0).then(|| (left / rate).round());
    }
}

fn count(found: &mut Found, outcome: Outcome) {
    match outcome {
        Outcome::New => (found.devices, found.new) = (found.devices + 1, found.new + 1),
        Outcome::Changed => (found.devices, found.changed) = (found.devices + 1, found.changed + 1),
        Outcome::Unchanged => found.devices += 1,
        Outcome::Candidate => found.candidates += 1,
        Outcome::Ignored | Outcome::Duplicate => {}
    }
}
