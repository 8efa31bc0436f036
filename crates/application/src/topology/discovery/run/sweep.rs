//! Every address of a plan, at the allowed pace.

use std::sync::Arc;

use tokio::task::JoinSet;
use vigie_domain::{Error, Result};

use super::pace::Pace;
use super::probe::visit;
use super::progress::Progress;
use super::{Errand, SAVE, Visited, total};
use crate::topology::discovery::span::Plan;

/// Addresses that wait for an answer at a time, for each one begun a second: silence takes some seconds.
const SECONDS_OPEN: usize = 8;
const MOST_OPEN: usize = 2_048;

/// Looks at every address that is not done yet. Fails when it is to stop.
pub(super) async fn sweep(errand: &Arc<Errand>, plan: Plan, progress: &mut Progress) -> Result<()> {
    let (count, rate) = (total(&plan), errand.env.core.settings.discovery_rate);
    progress.set_total(count);
    let most_open = (rate as usize * SECONDS_OPEN).clamp(16, MOST_OPEN);
    let mut pace = Pace::new(rate);
    let mut open: JoinSet<(u64, Result<Visited>)> = JoinSet::new();
    let mut save = tokio::time::interval(SAVE);
    save.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut next = progress.next();
    while next < count || !open.is_empty() {
        tokio::select! {
            biased;
            () = errand.job.stopping().cancelled() => {
                open.shutdown().await;
                return Err(stopped());
            }
            _ = save.tick() => progress.save(&errand.job).await?,
            Some(done) = open.join_next(), if !open.is_empty() => settle(done, progress)?,
            () = pace.turn(), if next < count && open.len() < most_open => {
                let Some(address) = plan.nth(next.into()) else { break };
                progress.begin(next);
                let (errand, place) = (errand.clone(), next);
                open.spawn(async move { (place, visit(&errand, address).await) });
                next += 1;
            }
        }
    }
    Ok(())
}

/// Takes what one address brought. What went wrong with one address does not end the run; what the store refuses does.
pub(super) fn settle(done: Result<(u64, Result<Visited>), tokio::task::JoinError>, progress: &mut Progress) -> Result<()> {
    match done {
        Ok((place, Ok(visited))) => {
            progress.end(place, visited.result, visited.written);
            Ok(())
        }
        Ok((_, Err(error))) => Err(error),
        Err(error) if error.is_cancelled() => Ok(()),
        Err(error) => Err(Error::storage(error)),
    }
}

/// The run is to stop.
pub(super) fn stopped() -> Error {
    Error::conflict("conflict", "the run was stopped")
}
