//! The host's own figures, read every five seconds whether or not anybody looks: rates need two readings, and a chart more.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use vigie_domain::dashboards::{Source, SourceStatus};
use vigie_domain::system::{Figure, HostProbe};
use vigie_domain::{Clock, Error, ErrorKind, Result, Timestamp};

use super::gather::{DEADLINE, missing};
use super::ring::Ring;
use crate::beat::Beat;
use crate::telemetry::SourceView;

/// How often the host is read.
pub const EVERY: Duration = Duration::from_secs(5);
/// A reading older than this is stale.
const FRESH: Duration = Duration::from_secs(15);

/// A figure as it was last read, and its last minutes.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The figure.
    pub figure: Figure,
    /// Its last minutes.
    pub ring: Ring,
}

#[derive(Default)]
struct Reading {
    at: Option<Timestamp>,
    figures: BTreeMap<(&'static str, Option<String>), Kept>,
    fault: Option<Error>,
}

/// Reads the host.
pub struct HostSampler {
    probe: Arc<dyn HostProbe>,
    clock: Arc<dyn Clock>,
    reading: Mutex<Reading>,
}

impl HostSampler {
    /// A sampler over this probe. It does nothing before [`Self::run`].
    pub fn new(probe: Arc<dyn HostProbe>, clock: Arc<dyn Clock>) -> Self {
        Self { probe, clock, reading: Mutex::default() }
    }

    /// Reads every five seconds until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        let mut beat = Beat::new(EVERY, stop);
        while beat.next().await {
            self.sample().await;
        }
    }

    /// Reads once.
    pub async fn sample(&self) {
        let now = self.clock.now();
        let outcome: Result<Vec<Figure>> = match tokio::time::timeout(DEADLINE, self.probe.figures(now)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Error::new(ErrorKind::ServiceTimeout, "service_timeout", "the host did not tell its figures in time")),
        };
        let mut reading = self.reading();
        match outcome {
            Ok(figures) => {
                (reading.at, reading.fault) = (Some(now), None);
                let before = std::mem::take(&mut reading.figures);
                for figure in figures {
                    let key = (figure.name, figure.label.clone());
                    // what is no longer told, such as a mount that went, is forgotten with its minutes
                    let mut ring = before.get(&key).map(|kept| kept.ring.clone()).unwrap_or_default();
                    ring.push((now.0, figure.value));
                    reading.figures.insert(key, Kept { figure, ring });
                }
            }
            Err(error) => {
                tracing::warn!(%error, cause = error.chain(), "cannot read the figures of the host");
                reading.fault = Some(error);
            }
        }
    }

    /// When it was last read, its figures, and how it did.
    pub fn latest(&self) -> (Option<Timestamp>, Vec<Kept>, SourceView) {
        let reading = self.reading();
        let now = self.clock.now();
        let age = reading.at.map(|at| now.since(at));
        let source = match (&reading.fault, age) {
            (None, Some(age)) if age <= FRESH => Source { age_seconds: Some(age.as_secs_f64()), ..Source::ok("host") }.into(),
            (Some(error), None) => missing("host", SourceStatus::Error, error.detail()),
            (fault, Some(age)) => {
                let detail = fault.as_ref().map(|error| error.detail().to_owned());
                Source { name: "host".to_owned(), status: SourceStatus::Stale, age_seconds: Some(age.as_secs_f64()), detail }.into()
            }
            (None, None) => missing("host", SourceStatus::Timeout, "the host was not read yet"),
        };
        (reading.at, reading.figures.values().cloned().collect(), source)
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
