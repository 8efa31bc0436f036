//! The port to what the host itself tells.

use async_trait::async_trait;
use serde::Serialize;

use crate::{Result, Timestamp};

/// A figure of the host.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// Its name, such as `cpu_ratio`.
    pub name: &'static str,
    /// What it belongs to, such as the mount `/var`.
    pub label: Option<String>,
    /// Its value; `None` when the host does not tell.
    pub value: Option<f64>,
    /// Its unit, such as `ratio`, `byte`, `bit/s`.
    pub unit: &'static str,
}

/// Reads the host's own figures.
#[async_trait]
pub trait HostProbe: Send + Sync {
    /// All figures at this moment. Rates are over the time since the call before; the first call answers `None` for them.
    async fn figures(&self, now: Timestamp) -> Result<Vec<Figure>>;
}
