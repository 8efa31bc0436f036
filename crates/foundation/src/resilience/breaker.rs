//! A circuit breaker: after failures in a row nobody waits for a service that is down; one probe at a time finds out when it is back.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct BreakerSettings {
    /// Failures in a row that open it.
    pub failures: u32,
    /// How long it refuses before a probe may pass.
    pub pause: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self { failures: 5, pause: Duration::from_secs(30) }
    }
}

/// How a breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls pass.
    Closed,
    /// Calls are refused.
    Open,
    /// One probe is under way, or may be.
    HalfOpen,
}

/// The breaker is open; a call makes sense after this long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the service failed repeatedly, the next try is in {} s", .retry_after.as_secs().max(1))]
pub struct BreakerOpen {
    /// Until the next probe.
    pub retry_after: Duration,
}

/// Why a call through a breaker gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guarded<E> {
    /// It was not made.
    Open(BreakerOpen),
    /// It was made, and failed.
    Failed(E),
}

/// A breaker for one service.
#[derive(Debug)]
pub struct Breaker {
    settings: BreakerSettings,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    failures: u32,
    open_until: Option<Instant>,
    probing: bool,
}

impl Breaker {
    /// A closed breaker.
    pub fn new(settings: BreakerSettings) -> Self {
        Self { settings, inner: Mutex::default() }
    }

    /// Makes a call, if it may be made, and learns from its outcome. `counts` tells failures of the service from errors of the caller.
    pub async fn call<T, E>(&self, counts: impl Fn(&E) -> bool, call: impl Future<Output = Result<T, E>>) -> Result<T, Guarded<E>> {
        let permit = self.admit().map_err(Guarded::Open)?;
        match call.await {
            Err(error) if counts(&error) => {
                permit.settle(Outcome::Failure);
                Err(Guarded::Failed(error))
            }
            outcome => {
                permit.settle(Outcome::Success);
                outcome.map_err(Guarded::Failed)
            }
        }
    }

    /// How it stands now.
    pub fn state(&self) -> BreakerState {
        match self.lock().open_until {
            None => BreakerState::Closed,
            Some(until) if until > Instant::now() => BreakerState::Open,
            Some(_) => BreakerState::HalfOpen,
        }
    }

    fn admit(&self) -> Result<Permit<'_>, BreakerOpen> {
        let mut inner = self.lock();
        let Some(until) = inner.open_until else { return Ok(Permit { breaker: self, probe: false, settled: false }) };
        let now = Instant::now();
        if until > now {
            return Err(BreakerOpen { retry_after: until - now });
        }
        if inner.probing {
            return Err(BreakerOpen { retry_after: Duration::from_secs(1) });
        }
        inner.probing = true;
        Ok(Permit { breaker: self, probe: true, settled: false })
    }

    fn settle(&self, probe: bool, outcome: Outcome) {
        let mut inner = self.lock();
        if probe {
            inner.probing = false;
        }
        match outcome {
            // one that began before it opened says nothing of how the service is now
            Outcome::Success if inner.open_until.is_none() || probe => *inner = Inner::default(),
            Outcome::Failure => {
                inner.failures = inner.failures.saturating_add(1);
                if probe || (inner.open_until.is_none() && inner.failures >= self.settings.failures) {
                    inner.open_until = Some(Instant::now() + self.settings.pause);
                }
            }
            Outcome::Success | Outcome::Abandoned => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Breaker {
    fn default() -> Self {
        Self::new(BreakerSettings::default())
    }
}

#[derive(Clone, Copy)]
enum Outcome {
    Success,
    Failure,
    Abandoned,
}

/// A call that may be made. Dropped without an outcome (the caller went away), it gives the probe back.
struct Permit<'a> {
    breaker: &'a Breaker,
    probe: bool,
    settled: bool,
}

impl Permit<'_> {
    fn settle(mut self, outcome: Outcome) {
        self.settled = true;
        self.breaker.settle(self.probe, outcome);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if !self.settled {
            self.breaker.settle(self.probe, Outcome::Abandoned);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn fail(breaker: &Breaker) -> Result<(), Guarded<&'static str>> {
        breaker.call(|_| true, async { Err("down") }).await
    }

    fn breaker() -> Breaker {
        Breaker::new(BreakerSettings { failures: 2, pause: Duration::from_secs(10) })
    }

    #[tokio::test(start_paused = true)]
    async fn it_opens_after_failures_in_a_row_and_closes_after_a_probe() {
        let breaker = breaker();
        assert_eq!(fail(&breaker).await, Err(Guarded::Failed("down")));
        breaker.call(|()| true, async { Ok(()) }).await.unwrap();
        assert_eq!(fail(&breaker).await, Err(Guarded::Failed("down")));
        assert_eq!(breaker.state(), BreakerState::Closed);
        let _ = fail(&breaker).await;
        assert_eq!(fail(&breaker).await, Err(Guarded::Open(BreakerOpen { retry_after: Duration::from_secs(10) })));
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        assert_eq!(fail(&breaker).await, Err(Guarded::Failed("down")));
        assert_eq!(breaker.state(), BreakerState::Open);
        tokio::time::advance(Duration::from_secs(10)).await;
        breaker.call(|()| true, async { Ok(()) }).await.unwrap();
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[tokio::test(start_paused = true)]
    async fn one_probe_passes_at_a_time_and_an_abandoned_one_is_given_back() {
        let breaker = breaker();
        let _ = (fail(&breaker).await, fail(&breaker).await);
        tokio::time::advance(Duration::from_secs(10)).await;
        let probe = breaker.admit().unwrap();
        assert!(matches!(fail(&breaker).await, Err(Guarded::Open(_))));
        drop(probe);
        assert_eq!(fail(&breaker).await, Err(Guarded::Failed("down")));
    }

    #[tokio::test(start_paused = true)]
    async fn errors_of_the_caller_do_not_count() {
        let breaker = breaker();
        for _ in 0..5 {
            let _ = breaker.call(|_| false, async { Err::<(), _>("bad request") }).await;
        }
        assert_eq!(breaker.state(), BreakerState::Closed);
    }
}
