//! Flights: a value under way, that all who ask for it wait for. A flight goes on when those who wait go away.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use vigie_domain::cache::CacheValue;
use vigie_domain::{Error, ErrorKind, Result};

use crate::memory::Key;

pub(crate) type Flight = Shared<BoxFuture<'static, Result<CacheValue>>>;

#[derive(Default)]
pub(crate) struct Flights(Mutex<Table>);

#[derive(Default)]
struct Table {
    next: u64,
    under_way: HashMap<Key, (u64, Flight)>,
}

impl Flights {
    /// Joins the flight of a key, or begins one; `fresh` begins one in any case. `begin` gets the number with which to [`land`](Self::land).
    pub fn board(&self, key: &Key, fresh: bool, begin: impl FnOnce(u64) -> BoxFuture<'static, Result<CacheValue>>) -> Flight {
        let mut table = self.lock();
        if !fresh && let Some((_, flight)) = table.under_way.get(key) {
            return flight.clone();
        }
        table.next += 1;
        let number = table.next;
        let flight = begin(number).shared();
        table.under_way.insert(key.clone(), (number, flight.clone()));
        // under the runtime of whoever asks first, but not under their fate
        tokio::spawn(flight.clone().map(drop));
        flight
    }

    /// Takes a flight off the table, unless a later one took its place.
    pub fn land(&self, key: &Key, number: u64) {
        let mut table = self.lock();
        if table.under_way.get(key).is_some_and(|(at, _)| *at == number) {
            table.under_way.remove(key);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs what makes a value under its own deadline; a panic of it is an error to all who wait, not the end of them.
pub(crate) async fn run(operation: &'static str, deadline: Duration, make: impl Future<Output = Result<CacheValue>>) -> Result<CacheValue> {
    let caught = AssertUnwindSafe(make).catch_unwind();
    let Ok(ended) = tokio::time::timeout(deadline, caught).await else {
        let detail = format!("{operation} took longer than {} s", deadline.as_secs_f32());
        return Err(Error::new(ErrorKind::ServiceTimeout, "service_timeout", detail));
    };
    ended.unwrap_or_else(|_| Err(Error::new(ErrorKind::ServiceFailed, "internal", format!("{operation} failed unexpectedly"))))
}
