//! Dashboards: what a source says of itself beside its figures.

use serde::{Deserialize, Serialize};

/// How a source of a dashboard or a series did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceStatus {
    /// It answered.
    Ok,
    /// Its last answer is shown; it is old.
    Stale,
    /// It did not answer before its deadline.
    Timeout,
    /// It failed.
    Error,
    /// Nobody configured it.
    NotConfigured,
}

/// A source: what is missing is always named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// How it did.
    pub status: SourceStatus,
    /// Age of what it said.
    pub age_seconds: Option<f64>,
    /// What is wrong, in one sentence.
    pub detail: Option<String>,
}

impl Source {
    /// A source that answered just now.
    pub fn ok(name: impl Into<String>) -> Self {
        Self { name: name.into(), status: SourceStatus::Ok, age_seconds: Some(0.0), detail: None }
    }
}
