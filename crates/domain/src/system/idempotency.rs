//! Answers kept for `Idempotency-Key` (API, section 4).

use serde::{Deserialize, Serialize};

use crate::query::{Field, FieldKind, Schema, ScopeRule, Value};
use crate::store::Entity;
use crate::{Id, Sealed, Timestamp};

/// How far the first request with a key is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdempotencyState {
    /// Still running; nobody else runs it until then.
    Running {
        /// End of the lease.
        lease_until: Timestamp,
    },
    /// Answered.
    Done {
        /// HTTP status.
        status: u16,
        /// Headers worth repeating (`Location`, `ETag`, `Content-Type`).
        headers: Vec<(String, String)>,
        /// The body, sealed: it may hold a secret.
        body: Sealed,
    },
}

/// What is kept of a request with a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IdempotencyRecord {
    /// Its id.
    pub id: Id,
    /// SHA-256 over principal, method, path and key, in hex; unique.
    pub key: String,
    /// SHA-256 of the body, in hex.
    pub body_hash: String,
    /// How far it is.
    pub state: IdempotencyState,
    /// When it is forgotten.
    pub expires_at: Timestamp,
}

impl Entity for IdempotencyRecord {
    const SCHEMA: &'static Schema = &Schema {
        kind: "idempotency record",
        table: "idempotency",
        fields: &[
            Field::indexed("key", FieldKind::Text, "hash of principal, method, path and key"),
            Field::indexed("expires_at", FieldKind::Time, "when it is forgotten"),
        ],
        relations: &[],
        search: &[],
        default_ordering: "id",
        scope: ScopeRule::Unscoped,
    };

    fn id(&self) -> Id {
        self.id
    }

    fn columns(&self) -> Vec<Value> {
        vec![(&self.key).into(), self.expires_at.into()]
    }
}
