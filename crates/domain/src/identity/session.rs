//! Sessions of browsers, and tokens of programs.

use serde::{Deserialize, Serialize};

use crate::query::{Field, FieldKind, Schema, ScopeRule, Value};
use crate::store::Entity;
use crate::{Id, Timestamp};

/// What carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// A cookie.
    Cookie,
    /// An access token with its refresh token (`auth/token`).
    Token,
}

/// A sign-in that holds. Only hashes of its secrets are kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Session {
    /// Its id.
    pub id: Id,
    /// What carries it.
    pub kind: SessionKind,
    /// Whose it is.
    pub user_id: Id,
    /// SHA-256 of the cookie or access token, in hex.
    pub hash: String,
    /// SHA-256 of the refresh token, in hex.
    pub refresh_hash: Option<String>,
    /// When the access token ends.
    pub access_expires_at: Option<Timestamp>,
    /// From where.
    pub address: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_seen_at: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
}

impl Entity for Session {
    const SCHEMA: &'static Schema = &Schema {
        kind: "session",
        table: "sessions",
        fields: &[
            Field::indexed("user_id", FieldKind::Id, "whose it is"),
            Field::indexed("hash", FieldKind::Text, "SHA-256 of its secret"),
            Field::indexed("refresh_hash", FieldKind::Text, "SHA-256 of its refresh token"),
            Field::indexed("expires_at", FieldKind::Time, "when it ends"),
            Field::residual("created_at", FieldKind::Time, "when it began").sortable(),
        ],
        relations: &[],
        search: &[],
        default_ordering: "-created_at",
        scope: ScopeRule::Unscoped,
    };

    fn id(&self) -> Id {
        self.id
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.user_id.into(), (&self.hash).into(), self.refresh_hash.as_deref().into(), self.expires_at.into(), self.created_at.into()]
    }
}
