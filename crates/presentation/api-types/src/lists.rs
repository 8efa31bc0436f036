//! The envelope of lists (API, section 3).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a list says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ListMeta {
    /// Whether there is a next page.
    pub has_next: bool,
    /// Whether there is a page before.
    pub has_previous: bool,
    /// Rows of the whole list: exact to 10,000, beyond that an estimate or a floor.
    pub total_estimate: u64,
    /// Whether the estimate is exact.
    pub total_is_exact: bool,
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListOf<T> {
    /// Reference of the next page.
    pub next: Option<String>,
    /// Reference of the page before.
    pub previous: Option<String>,
    /// The rows.
    pub results: Vec<T>,
    /// What the list says of itself.
    pub meta: ListMeta,
}
