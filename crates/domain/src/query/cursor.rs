//! The position of a walk through a list.

use serde::{Deserialize, Serialize};

use super::Value;
use crate::{Id, Timestamp};

/// Which way a cursor walks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// Towards the end of the list.
    #[serde(rename = "n")]
    Next,
    /// Towards its beginning.
    #[serde(rename = "p")]
    Previous,
}

/// Where a page begins: the sort value and id of the row before it (or after it, walking back).
///
/// The presentation encrypts and authenticates it, and binds it to the filters and the ordering.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cursor {
    /// Sort value of the boundary row (`Null` when ordered by id alone).
    #[serde(rename = "v")]
    pub value: Value,
    /// Its id.
    #[serde(rename = "i")]
    pub id: Id,
    /// Which way to walk.
    #[serde(rename = "d")]
    pub direction: Direction,
    /// When it was made; it holds for 24 hours.
    #[serde(rename = "t")]
    pub made_at: Timestamp,
}
