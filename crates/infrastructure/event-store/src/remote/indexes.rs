//! The indexes of a cluster: their names, their templates, their end.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::OnceCell;
use vigie_domain::telemetry::{EventKind, EventStoreStatus, Retention};
use vigie_domain::{Result, Timestamp};
use vigie_foundation::http::Method;

use super::client::Cluster;
use super::mapping;
use super::probe::Abilities;
use crate::settings::ClusterSettings;
use crate::slot::{Horizon, Slot};

const DAY_SECONDS: u64 = 86_400;

/// Most indexes that a search names one by one; beyond, it asks for all of a kind.
const MOST_NAMED: i64 = 40;

/// The indexes.
pub(super) struct Indexes {
    pub(super) cluster: Arc<Cluster>,
    pub(super) settings: ClusterSettings,
    abilities: OnceCell<Abilities>,
    horizon: Horizon,
    /// Those that are known to be there.
    known: Mutex<BTreeSet<Slot>>,
    /// The lifetimes that the cluster was told.
    told: Mutex<Vec<Retention>>,
}

impl Indexes {
    pub(super) fn new(cluster: Arc<Cluster>, settings: ClusterSettings) -> Self {
        Self { cluster, settings, abilities: OnceCell::new(), horizon: Horizon::default(), known: Mutex::default(), told: Mutex::default() }
    }

    /// What the cluster offers. The first time it is asked, and the templates are put.
    pub(super) async fn abilities(&self) -> Result<&Abilities> {
        self.abilities.get_or_try_init(|| self.prepare()).await
    }

    /// The same, if the cluster has answered once.
    pub(super) fn known_abilities(&self) -> Option<&Abilities> {
        self.abilities.get()
    }

    async fn prepare(&self) -> Result<Abilities> {
        let abilities = Abilities::probe(&self.cluster).await?;
        for kind in EventKind::ALL {
            let policy = self.policy(kind);
            let template = mapping::template(&self.settings, kind, abilities.ilm.then_some(policy.as_str()));
            self.cluster.tell(Method::PUT, &format!("/_index_template/{policy}"), &template).await?.success()?;
        }
        tracing::info!(engine = abilities.engine, version = abilities.version, offers = ?abilities.names(), "events are kept by a cluster");
        Ok(abilities)
    }

    /// The name of a day's index: `vigie-log-2026-11-23`.
    pub(super) fn name(&self, slot: Slot) -> String {
        format!("{}-{}", self.settings.prefix, slot.name())
    }

    pub(super) fn is_gone(&self, slot: Slot) -> bool {
        self.horizon.is_gone(slot)
    }

    /// Makes an index, where it is not known to be there.
    pub(super) async fn ensure(&self, slot: Slot) -> Result<()> {
        if self.lock().contains(&slot) {
            return Ok(());
        }
        self.abilities().await?;
        let made = self.cluster.ask(Method::PUT, &format!("/{}", self.name(slot))).await?;
        if !made.is_error("resource_already_exists_exception") {
            made.success()?;
        }
        self.lock().insert(slot);
        Ok(())
    }

    /// Forgets that an index was there.
    pub(super) fn forget(&self, slot: Slot) {
        self.lock().remove(&slot);
    }

    /// What a search is about, as a part of its path.
    pub(super) fn within(&self, kinds: &[EventKind], from: Timestamp, to: Timestamp) -> String {
        let kinds = if kinds.is_empty() { &EventKind::ALL[..] } else { kinds };
        let (first, last) = (Slot::of(EventKind::Log, from).day, Slot::of(EventKind::Log, to).day);
        let names = kinds.iter().flat_map(|kind| {
            let named = (0..MOST_NAMED).contains(&last.saturating_sub(first));
            let days = named.then_some(first..=last).into_iter().flatten();
            let all = (!named).then(|| format!("{}-{}-*", self.settings.prefix, kind.name()));
            days.map(|day| self.name(Slot { day, kind: *kind })).chain(all)
        });
        names.collect::<Vec<_>>().join(",")
    }

    /// Drops the days that are older than they are to be kept. Where the cluster can do so itself it is told how long, too, so that it goes
    /// on without Vigie.
    pub(super) async fn retain(&self, now: Timestamp, rules: &[Retention]) -> Result<usize> {
        self.horizon.set(now, rules);
        self.tell(rules).await?;
        let mut dropped = 0;
        for (slot, _, _) in self.list().await? {
            if self.is_gone(slot) {
                let gone = self.cluster.ask(Method::DELETE, &format!("/{}", self.name(slot))).await?;
                if !gone.is_error("index_not_found_exception") {
                    gone.success()?;
                }
                self.forget(slot);
                tracing::info!(index = self.name(slot), "a day of events is dropped");
                dropped += 1;
            }
        }
        Ok(dropped)
    }

    /// Adds what the indexes hold.
    pub(super) async fn describe(&self, status: &mut EventStoreStatus) -> Result<()> {
        let list = self.list().await?;
        status.partitions = list.len();
        status.events = list.iter().map(|(_, events, _)| events).sum();
        status.bytes = list.iter().map(|(_, _, bytes)| bytes).sum();
        status.oldest = list.iter().map(|(slot, _, _)| slot.begin()).min();
        Ok(())
    }

    /// Makes what was sent searchable now.
    pub(super) async fn refresh(&self) -> Result<()> {
        let path = format!("/{}-*/_refresh?allow_no_indices=true", self.settings.prefix);
        self.cluster.ask(Method::POST, &path).await?.success().map(drop)
    }

    /// The days that there are, with their events and bytes.
    async fn list(&self) -> Result<Vec<(Slot, u64, u64)>> {
        let path = format!("/_cat/indices/{}-*?format=json&bytes=b&h=index,docs.count,store.size", self.settings.prefix);
        let list = self.cluster.ask(Method::GET, &path).await?.success()?;
        let number = |row: &Value, name: &str| row[name].as_str().and_then(|text| text.parse().ok()).unwrap_or(0);
        let slot = |row: &Value| Slot::named(row["index"].as_str()?.strip_prefix(&self.settings.prefix)?.strip_prefix('-')?);
        let rows = list.as_array().into_iter().flatten();
        Ok(rows.filter_map(|row| Some((slot(row)?, number(row, "docs.count"), number(row, "store.size")))).collect())
    }

    async fn tell(&self, rules: &[Retention]) -> Result<()> {
        let abilities = self.abilities().await?;
        if !(abilities.ilm || abilities.ism) || *self.told.lock().unwrap_or_else(PoisonError::into_inner) == rules {
            return Ok(());
        }
        for rule in rules {
            // a day more than Vigie keeps, as a day begins before its last event
            let days = (rule.keep + Duration::from_secs(DAY_SECONDS)).as_secs().div_ceil(DAY_SECONDS);
            let name = self.policy(rule.kind);
            if abilities.ilm {
                self.cluster.tell(Method::PUT, &format!("/_ilm/policy/{name}"), &ilm(days)).await?.success()?;
            } else {
                self.put_ism(&name, &ism(days, &format!("{name}-*"))).await?;
            }
        }
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = rules.to_vec();
        Ok(())
    }

    /// A policy that is there is replaced under the numbers that it has.
    async fn put_ism(&self, name: &str, policy: &Value) -> Result<()> {
        let path = format!("/_plugins/_ism/policies/{name}");
        let there = self.cluster.ask(Method::GET, &path).await?;
        let path = match (there.body["_seq_no"].as_u64(), there.body["_primary_term"].as_u64()) {
            (Some(number), Some(term)) => format!("{path}?if_seq_no={number}&if_primary_term={term}"),
            _ => path,
        };
        self.cluster.tell(Method::PUT, &path, policy).await?.success().map(drop)
    }

    fn policy(&self, kind: EventKind) -> String {
        format!("{}-{}", self.settings.prefix, kind.name())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeSet<Slot>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A policy of index lifecycle management.
fn ilm(days: u64) -> Value {
    json!({ "policy": { "phases": { "hot": { "actions": {} }, "delete": { "min_age": format!("{days}d"), "actions": { "delete": {} } } } } })
}

/// A policy of index state management.
fn ism(days: u64, pattern: &str) -> Value {
    json!({ "policy": {
        "description": "Drops events that are older than Vigie keeps them.",
        "default_state": "kept",
        "states": [
            { "name": "kept", "actions": [], "transitions": [{ "state_name": "dropped", "conditions": { "min_index_age": format!("{days}d") } }] },
            { "name": "dropped", "actions": [{ "delete": {} }], "transitions": [] },
        ],
        "ism_template": [{ "index_patterns": [pattern], "priority": 500 }],
    } })
}
