//! Carrying events from one store to another, while nothing else writes to either.

use vigie_domain::search::{EventQuery, Sort};
use vigie_domain::telemetry::{EventBatch, EventStore, Promise};
use vigie_domain::{Error, ErrorKind, Result, Scope};

/// Events read at once.
const PAGE: usize = 10_000;
/// Pages between waits for what was handed over: the log before the other store stays small.
const SETTLE: usize = 20;

/// Copies every event, the oldest first, to a store that has nothing else; what it has already of them, from a move that was cut, is left out.
/// `told` hears how many are there, and of how many. Nothing is deleted. Returns how many there are.
///
/// # Errors
/// One of the stores fails, or the other one does not have all of them at the end.
pub async fn carry_events(from: &dyn EventStore, to: &dyn EventStore, told: &(dyn Fn(u64, u64) + Sync)) -> Result<u64> {
    to.settle().await?;
    let all = from.status().await?.events;
    // they were handed over in this order, so what is there is the beginning of it
    let mut left_out = to.status().await?.events;
    let (mut done, mut pages, mut after, mut batch) = (0, 0, None, EventBatch::new());
    loop {
        let query = EventQuery { sort: Sort::Oldest, after, ..EventQuery::all(PAGE) };
        let answer = from.search(&Scope::system(), &query).await?;
        batch.clear();
        for hit in &answer.hits {
            done += 1;
            if left_out > 0 {
                left_out -= 1;
            } else {
                batch.push(&hit.event);
            }
        }
        to.append(&batch, Promise::Process).await?;
        pages += 1;
        after = answer.next;
        if pages % SETTLE == 0 || after.is_none() {
            to.settle().await?;
        }
        told(done, all);
        if after.is_none() {
            break;
        }
    }
    let there = to.status().await?.events;
    if there != done {
        let text = format!("{there} events are there, of {done} that were copied");
        return Err(Error::new(ErrorKind::ServiceFailed, "service_failed", text).cause("something else wrote to one of the stores"));
    }
    Ok(done)
}
