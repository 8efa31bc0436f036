//! Warming: dashboards are computed, and popular searches made, before somebody asks for them.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use vigie_domain::identity::{Role, User};
use vigie_domain::store::Read;
use vigie_domain::{PermissionSet, Result, Scope};

use super::{Audience, audience_key};
use crate::dashboards::{Dashboards, READ};
use crate::logs::{Logs, SETTLED};
use crate::{CallContext, Core, schedule};

/// Audiences warmed at most.
const AUDIENCES: usize = 100;
/// How long a schedule without a next time is left alone.
const NEVER: Duration = Duration::from_hours(24);

/// Warms the dashboards of those who may see them, at the start and by a schedule.
pub struct Warming {
    core: Core,
    dashboards: Dashboards,
    schedule: Option<String>,
}

impl Warming {
    /// By this cron expression (UTC); without one nothing is warmed.
    pub fn new(core: &Core, dashboards: &Dashboards, schedule: Option<String>) -> Self {
        Self { core: core.clone(), dashboards: dashboards.clone(), schedule }
    }

    /// Warms until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let Some(schedule) = &self.schedule else { return };
        loop {
            match stop.run_until_cancelled(self.turn()).await {
                None => return,
                Some(Ok(warmed)) => tracing::debug!(warmed, "dashboards are warm"),
                Some(Err(error)) => tracing::warn!(cause = error.chain(), "cannot warm dashboards"),
            }
            let now = self.core.now();
            let pause = schedule::next(schedule, now).map_or(NEVER, |at| at.since(now));
            if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
        }
    }

    /// Warms once; how many dashboards that were.
    pub async fn turn(&self) -> Result<usize> {
        let began = Instant::now();
        let warmed = self.dashboards.warm(self.audiences().await?).await;
        metrics::counter!("cache_warmed_total").increment(warmed as u64);
        metrics::gauge!("cache_warming_seconds").set(began.elapsed().as_secs_f64());
        Ok(warmed)
    }

    /// Everybody who may see dashboards, those who see the same once.
    async fn audiences(&self) -> Result<Vec<(String, Audience)>> {
        let roles: Vec<Role> = self.core.store.all(&Scope::system(), Vec::new()).await?;
        let roles: HashMap<String, PermissionSet> = roles.into_iter().map(|role| (role.name, role.permissions)).collect();
        let users: Vec<User> = self.core.store.all(&Scope::system(), Vec::new()).await?;
        let mut found: BTreeMap<String, Audience> = BTreeMap::new();
        for user in users.into_iter().filter(|user| !user.disabled && !user.must_change_password) {
            let mut cx = CallContext::system(self.core.now());
            let allowed = user.roles.iter().filter_map(|name| roles.get(name)).flat_map(|set| set.0.iter().cloned());
            cx.principal.permissions = PermissionSet(allowed.collect());
            cx.principal.scope = user.scope;
            if cx.may(READ) && found.len() < AUDIENCES {
                found.entry(audience_key(&cx)).or_insert_with(|| Audience::of(&cx));
            }
        }
        Ok(found.into_iter().collect())
    }
}

/// Warms the searches that were asked for most, by a schedule.
pub struct SearchWarming {
    core: Core,
    logs: Logs,
    schedule: Option<String>,
}

impl SearchWarming {
    /// By this cron expression (UTC); without one nothing is warmed.
    pub fn new(core: &Core, logs: &Logs, schedule: Option<String>) -> Self {
        Self { core: core.clone(), logs: logs.clone(), schedule }
    }

    /// Warms until `stop`. What is popular outlives the process.
    pub async fn run(self, stop: CancellationToken) {
        if let Err(error) = self.logs.recall_popular().await {
            tracing::warn!(cause = error.chain(), "popular searches of the time before the start are not known");
        }
        while stop.run_until_cancelled(self.pause()).await.is_some() {
            let Some(warmed) = stop.run_until_cancelled(Box::pin(self.turn())).await else { break };
            tracing::debug!(warmed, "popular searches are warm");
            self.remember().await;
        }
        self.remember().await;
    }

    /// Warms once; how many searches that were.
    pub async fn turn(&self) -> usize {
        let began = Instant::now();
        let warmed = self.logs.warm().await;
        metrics::counter!("cache_warmed_searches_total").increment(warmed as u64);
        metrics::gauge!("cache_search_warming_seconds").set(began.elapsed().as_secs_f64());
        warmed
    }

    /// Until it is time, and the hour that ends then is over: until then lines of it may still come.
    async fn pause(&self) {
        let now = self.core.now();
        let next = self.schedule.as_deref().and_then(|schedule| schedule::next(schedule, now));
        match next {
            Some(at) => tokio::time::sleep(at.since(now) + SETTLED).await,
            None => std::future::pending().await,
        }
    }

    async fn remember(&self) {
        if let Err(error) = self.logs.remember_popular().await {
            tracing::warn!(cause = error.chain(), "popular searches cannot be kept for the next start");
        }
    }
}
