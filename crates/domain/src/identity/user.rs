//! Local users.

use serde::{Deserialize, Serialize};

use crate::query::{Field, FieldKind, Schema, ScopeRule, Value};
use crate::store::Entity;
use crate::{Id, ObjectScope, Result, Secret, Timestamp};

/// A local user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// Its id.
    pub id: Id,
    /// Version of its writable fields.
    pub version: i64,
    /// Name to sign in with; unique, lower case.
    pub username: String,
    /// Name to show.
    pub display_name: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Names of its roles.
    pub roles: Vec<String>,
    /// What it sees; `None` is everything.
    pub scope: Option<ObjectScope>,
    /// Whether it may not sign in.
    pub disabled: bool,
    /// Whether it must set a password before anything else.
    pub must_change_password: bool,
    /// `en` or `fr`.
    pub language: Option<String>,
    /// Hash of the password (argon2id, PHC string).
    pub password_hash: Option<String>,
    /// Failed sign-ins in a row.
    pub failed_sign_ins: u32,
    /// Until when sign-in is refused.
    pub locked_until: Option<Timestamp>,
    /// When it last signed in.
    pub last_sign_in_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Entity for User {
    const SCHEMA: &'static Schema = &Schema {
        kind: "user",
        table: "users",
        fields: &[
            Field::indexed("username", FieldKind::Text, "name to sign in with").sortable(),
            Field::residual("email", FieldKind::Text, "mail address"),
            Field::residual("disabled", FieldKind::Bool, "whether it may not sign in"),
            Field::residual("created_at", FieldKind::Time, "when it was made").sortable(),
        ],
        relations: &[],
        search: &["username", "email"],
        default_ordering: "username",
        scope: ScopeRule::Unscoped,
    };

    fn id(&self) -> Id {
        self.id
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn columns(&self) -> Vec<Value> {
        vec![(&self.username).into(), self.email.as_deref().into(), self.disabled.into(), self.created_at.into()]
    }
}

/// Hashes and verifies passwords (argon2id, RFC 9106). Slow by design: call it off the async threads.
pub trait PasswordHasher: Send + Sync {
    /// A PHC string.
    fn hash(&self, password: &Secret) -> Result<String>;
    /// Whether the password is the one behind the hash. Takes as long when it is not, and where the hash is empty: nobody has that password.
    fn verify(&self, password: &Secret, hash: &str) -> bool;
}
