//! Bulk operations (API, section 4).

use serde::Deserialize;
use serde_json::{Map, Value as Json};
use vigie_domain::{Error, Id};

/// What is done with one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BulkVerb {
    /// Create from `data`.
    Create,
    /// Merge `data` into the object `id`.
    Update,
    /// Delete the object `id`.
    Delete,
}

/// One item of a bulk request.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkOperation {
    /// What is done.
    pub op: BulkVerb,
    /// The object, for update and delete.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub id: Option<Id>,
    /// The version it must have, as in `If-Match`; guarded resources want it.
    pub if_match: Option<String>,
    /// The input, or the merge patch.
    #[schema(value_type = Option<Object>)]
    pub data: Option<Map<String, Json>>,
}

/// What became of an item.
#[derive(Clone, Debug)]
pub enum BulkOutcome<E> {
    /// It was created.
    Created(E),
    /// It was changed.
    Updated(E),
    /// It was deleted.
    Deleted(Id),
    /// It failed; nothing of this item was done.
    Failed(Error),
}
