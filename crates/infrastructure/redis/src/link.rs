//! Calls: each has its deadline, one that timed out is tried once more, and after failures in a row none is made until the server is back.

use std::sync::Arc;
use std::time::Duration;

use redis::RedisError;
use tokio::sync::Notify;
use vigie_domain::{Error, ErrorKind};
use vigie_foundation::resilience::{Breaker, BreakerSettings, BreakerState, Guarded};

use crate::lanes::{Lanes, Ride};

/// Calls that failed in a row after which the server is held to be away: each was tried twice, and nobody is to wait for it again.
const FAILURES: u32 = 1;
/// Between two looks whether it is back.
pub(crate) const PAUSE: Duration = Duration::from_millis(500);
/// Tries of one call.
const TRIES: u32 = 2;

#[derive(Clone)]
pub(crate) struct Link {
    lanes: Arc<Lanes>,
    breaker: Arc<Breaker>,
    timeout: Duration,
    /// Says that the server was found to be away.
    lost: Arc<Notify>,
}

impl Link {
    pub fn new(lanes: Lanes, timeout: Duration) -> Self {
        let breaker = Breaker::new(BreakerSettings { failures: FAILURES, pause: PAUSE });
        Self { lanes: Arc::new(lanes), breaker: Arc::new(breaker), timeout, lost: Arc::default() }
    }

    pub fn lanes(&self) -> &Lanes {
        &self.lanes
    }

    /// Whether calls are made.
    pub fn is_up(&self) -> bool {
        self.breaker.state() == BreakerState::Closed
    }

    /// Waits until the server is found to be away.
    pub async fn lost(&self) {
        self.lost.notified().await;
    }

    /// Makes a call, unless the server is away. `call` may be made twice: it must do no harm then.
    pub async fn call<T, F>(&self, call: impl Fn(redis::aio::MultiplexedConnection) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, RedisError>>,
    {
        if !self.is_up() {
            return Err(away());
        }
        self.guarded(call).await
    }

    /// Makes a call also when the server is away: to see whether it is back.
    pub async fn probe<T, F>(&self, call: impl Fn(redis::aio::MultiplexedConnection) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, RedisError>>,
    {
        self.guarded(call).await
    }

    async fn guarded<T, F>(&self, call: impl Fn(redis::aio::MultiplexedConnection) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, RedisError>>,
    {
        let was_up = self.is_up();
        let outcome = self.breaker.call(is_fault_of_server, self.tries(call)).await;
        if was_up && !self.is_up() {
            self.lost.notify_one();
        }
        outcome.map_err(|failed| match failed {
            Guarded::Open(_) => away(),
            Guarded::Failed(error) => told(error),
        })
    }

    async fn tries<T, F>(&self, call: impl Fn(redis::aio::MultiplexedConnection) -> F) -> Result<T, RedisError>
    where
        F: Future<Output = Result<T, RedisError>>,
    {
        let mut tries = 1;
        loop {
            let outcome = self.once(&call).await;
            match outcome {
                Err(error) if tries < TRIES && may_be_tried_again(&error) => tries += 1,
                outcome => return outcome,
            }
        }
    }

    async fn once<T, F>(&self, call: impl Fn(redis::aio::MultiplexedConnection) -> F) -> Result<T, RedisError>
    where
        F: Future<Output = Result<T, RedisError>>,
    {
        let mut ride: Option<Ride> = None;
        let made = async {
            let boarded = ride.insert(self.lanes.board().await?);
            call(boarded.connection()).await
        };
        let outcome = tokio::time::timeout(self.timeout, made).await.unwrap_or_else(|_| Err(too_late()));
        if let (Err(error), Some(ride)) = (&outcome, &ride)
            && (error.is_io_error() || error.is_unrecoverable_error())
        {
            self.lanes.drop_lane(ride);
        }
        outcome
    }
}

fn too_late() -> RedisError {
    RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut))
}

/// Not one that says that the call itself was wrong.
fn is_fault_of_server(error: &RedisError) -> bool {
    use redis::{ErrorKind as Kind, ServerErrorKind as Server};
    let is_unfit = matches!(
        error.kind(),
        Kind::Server(Server::BusyLoading | Server::MasterDown | Server::ReadOnly | Server::ClusterDown | Server::NoPerm)
    );
    is_unfit || error.is_io_error() || error.is_unrecoverable_error() || error.kind() == Kind::AuthenticationFailed
}

/// A timeout, or a connection that was lost before it: not a server that refuses connections.
fn may_be_tried_again(error: &RedisError) -> bool {
    error.is_timeout() || error.is_connection_dropped()
}

fn away() -> Error {
    Error::new(ErrorKind::ServiceUnavailable, "service_unavailable", "redis does not answer")
}

fn told(error: RedisError) -> Error {
    let kind = if error.is_timeout() { ErrorKind::ServiceTimeout } else { ErrorKind::ServiceFailed };
    let code = if error.is_timeout() { "service_timeout" } else { "service_failed" };
    Error::new(kind, code, "redis did not do what it was asked for").cause(why(&error)).source(error)
}

/// What went wrong, in words for an operator.
pub(crate) fn why(error: &RedisError) -> String {
    if error.is_timeout() { "it does not answer in time".to_owned() } else { error.to_string() }
}
