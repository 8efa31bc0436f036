//! From the targets along their neighbours.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use tokio::task::JoinSet;
use vigie_domain::Result;
use vigie_domain::devices::{Device, Neighbour};
use vigie_domain::query::Filter;
use vigie_domain::store::{Entity, Read};
use vigie_domain::{Error, Scope};

use super::pace::Pace;
use super::probe::visit;
use super::progress::Progress;
use super::sweep::stopped;
use super::{Errand, SAVE, Visited, total};
use crate::topology::discovery::span::Plan;
use crate::topology::node::names_one_host;

/// Devices looked at at a time.
const MOST_OPEN: usize = 64;

/// What is to be looked at: addresses of one thing, tried in order until one answers.
type Errands = VecDeque<Vec<IpAddr>>;

/// Where a crawl has been.
struct Trail {
    addresses: HashSet<IpAddr>,
    chassis: HashSet<String>,
    queue: Errands,
    /// Things queued so far.
    total: u64,
    most: u64,
}

/// Goes from neighbour to neighbour until nothing new is heard of. Fails when it is to stop.
pub(super) async fn crawl(errand: &Arc<Errand>, plan: &Plan, progress: &mut Progress) -> Result<()> {
    let most = errand.env.core.settings.discovery_max_addresses.max(total(plan));
    let mut trail = Trail { addresses: HashSet::new(), chassis: HashSet::new(), queue: VecDeque::new(), total: 0, most };
    for place in 0..plan.count() {
        trail.queue_up(errand, plan.nth(place).into_iter().collect());
    }
    trail.resume(errand, progress).await?;
    progress.run.progress.done = 0;
    let mut pace = Pace::new(errand.env.core.settings.discovery_rate);
    let mut open: JoinSet<(u64, Result<Visited>)> = JoinSet::new();
    let mut save = tokio::time::interval(SAVE);
    save.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut place = 0;
    while !trail.queue.is_empty() || !open.is_empty() {
        progress.set_total(trail.total);
        tokio::select! {
            biased;
            () = errand.job.stopping().cancelled() => {
                open.shutdown().await;
                return Err(stopped());
            }
            _ = save.tick() => progress.save(&errand.job).await?,
            Some(done) = open.join_next(), if !open.is_empty() => settle(done, errand, &mut trail, progress)?,
            () = pace.turn(), if !trail.queue.is_empty() && open.len() < MOST_OPEN => {
                let Some(addresses) = trail.queue.pop_front() else { continue };
                progress.begin(place);
                let (errand, at) = (errand.clone(), place);
                open.spawn(async move { (at, first_answer(&errand, addresses).await) });
                place += 1;
            }
        }
    }
    progress.set_total(trail.total);
    Ok(())
}

/// The first of these addresses that answers.
async fn first_answer(errand: &Errand, addresses: Vec<IpAddr>) -> Result<Visited> {
    for address in &addresses {
        let visited = visit(errand, *address).await?;
        if visited.result.is_some() {
            return Ok(visited);
        }
    }
    if let Some(first) = addresses.first() {
        errand.job.info(format!("{first} does not answer"));
    }
    Ok(Visited::silent())
}

fn settle(
    done: Result<(u64, Result<Visited>), tokio::task::JoinError>,
    errand: &Errand,
    trail: &mut Trail,
    progress: &mut Progress,
) -> Result<()> {
    let (place, visited) = match done {
        Ok((place, visited)) => (place, visited?),
        Err(error) if error.is_cancelled() => return Ok(()),
        Err(error) => return Err(Error::storage(error)),
    };
    trail.chassis.extend(visited.chassis_id.map(|c| c.to_lowercase()));
    for heard in &visited.neighbours {
        trail.follow(errand, heard.chassis_id.as_deref(), &heard.management_addresses);
    }
    progress.end(place, visited.result, visited.written);
    Ok(())
}

impl Trail {
    /// Queues what was not looked at, is not excluded, and can be one host's.
    fn queue_up(&mut self, errand: &Errand, mut addresses: Vec<IpAddr>) {
        addresses.retain(|address| !self.addresses.contains(address) && !errand.exclude.iter().any(|out| out.contains(*address)));
        if addresses.is_empty() || self.total >= self.most {
            return;
        }
        self.addresses.extend(&addresses);
        self.queue.push_back(addresses);
        self.total += 1;
    }

    /// Follows a neighbour to where it says that it can be managed.
    fn follow(&mut self, errand: &Errand, chassis: Option<&str>, addresses: &[IpAddr]) {
        if chassis.is_some_and(|c| self.chassis.contains(&c.to_lowercase())) {
            return;
        }
        let local = errand.env.core.settings.allow_local;
        let usable = |a: &&IpAddr| names_one_host(**a) || local && a.is_loopback() && **a != IpAddr::from([127, 0, 0, 1]);
        // one that was looked at tells that the neighbour was
        if addresses.iter().any(|a| self.addresses.contains(a)) {
            return;
        }
        let mut usable: Vec<IpAddr> = addresses.iter().filter(usable).copied().collect();
        usable.sort_by_key(IpAddr::is_ipv6);
        self.queue_up(errand, usable);
    }

    /// Goes on after a restart: what was found is not looked at again, but its neighbours are followed.
    async fn resume(&mut self, errand: &Errand, progress: &Progress) -> Result<()> {
        if progress.before().is_empty() {
            return Ok(());
        }
        let store = &errand.env.core.store;
        let done: HashMap<IpAddr, _> = progress.before().iter().map(|r| (r.address, r.device_id)).collect();
        self.queue.retain(|addresses| !addresses.iter().any(|a| done.contains_key(a)));
        self.addresses.extend(done.keys());
        for id in done.values().flatten() {
            let Some(device) = store.get::<Device>(&Scope::system(), *id).await? else { continue };
            self.chassis.extend(device.identity.chassis_id.map(|c| c.to_lowercase()));
            let of_device = Filter::eq(Neighbour::SCHEMA, "device_id", *id)?;
            for told in store.all::<Neighbour>(&Scope::system(), vec![of_device]).await? {
                self.follow(errand, told.chassis_id.as_deref(), &told.management_addresses);
            }
        }
        Ok(())
    }
}
