//! The audit: who did what, before and after, from where. Append-only.

use serde::{Deserialize, Serialize};

use crate::identity::Actor;
use crate::query::{Field, FieldKind, Schema, ScopeRule, Value};
use crate::store::Entity;
use crate::{Id, Timestamp};

/// Whether it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditOutcome {
    /// Done.
    Success,
    /// Refused, such as a sign-in with a wrong password.
    Failure,
}

impl AuditOutcome {
    /// Its word in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

/// What it was done to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditResource {
    /// Kind of the object.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    pub id: Option<Id>,
    /// Its name at that time.
    pub name: Option<String>,
}

/// An entry.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its id.
    pub id: Id,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What: `devices.update`, `auth.login`…
    pub action: String,
    /// To what.
    pub resource: AuditResource,
    /// The object before, secrets left out.
    pub before: Option<serde_json::Value>,
    /// The object after, secrets left out.
    pub after: Option<serde_json::Value>,
    /// From which address.
    pub address: Option<String>,
    /// Within which request.
    pub request_id: Option<String>,
    /// Whether it was done.
    pub outcome: AuditOutcome,
}

impl Entity for AuditEntry {
    const SCHEMA: &'static Schema = &Schema {
        kind: "audit entry",
        table: "audit",
        fields: &[
            Field::indexed("at", FieldKind::Time, "when").sortable(),
            Field::indexed("actor_id", FieldKind::Id, "who"),
            Field::residual("actor_name", FieldKind::Text, "name of who"),
            Field::indexed("action", FieldKind::Text, "what, such as devices.update"),
            Field::residual("resource_type", FieldKind::Text, "kind of the object"),
            Field::indexed("resource_id", FieldKind::Id, "the object"),
            Field::residual("outcome", FieldKind::Enum(&["success", "failure"]), "whether it was done"),
        ],
        relations: &[],
        search: &["actor_name", "action"],
        default_ordering: "-at",
        scope: ScopeRule::Unscoped,
    };

    fn id(&self) -> Id {
        self.id
    }

    fn columns(&self) -> Vec<Value> {
        vec![
            self.at.into(),
            self.actor.id.into(),
            (&self.actor.name).into(),
            (&self.action).into(),
            (&self.resource.kind).into(),
            self.resource.id.into(),
            self.outcome.word().into(),
        ]
    }
}
