//! Who calls.

use serde::{Deserialize, Serialize};

use crate::{Id, ObjectScope, PermissionSet, Scope};

/// What kind of actor it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A person.
    User,
    /// An API key.
    ApiKey,
    /// Vigie itself.
    System,
}

/// Who did something, as audit and jobs name them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ActorKind,
    /// Its id; absent for Vigie itself and for a failed sign-in.
    pub id: Option<Id>,
    /// Its name.
    pub name: String,
}

impl Actor {
    /// Vigie itself.
    pub fn system() -> Self {
        Self { kind: ActorKind::System, id: None, name: "vigie".to_owned() }
    }
}

/// An authenticated caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Who it is.
    pub actor: Actor,
    /// The user behind it: itself, or the one who made the key.
    pub user_id: Option<Id>,
    /// Whose things are its own: the user's, or of a key that sees less than its user the key's.
    pub owner_id: Option<Id>,
    /// The session, for browsers.
    pub session_id: Option<Id>,
    /// What it may do.
    pub permissions: PermissionSet,
    /// On what; `None` is everything.
    pub scope: Option<ObjectScope>,
    /// Whether only the password may be changed until it is.
    pub must_change_password: bool,
}

impl Principal {
    /// The part of the inventory it works on.
    pub fn scope(&self) -> Scope {
        Scope::of_caller(self.scope.clone(), self.actor.id.into_iter().chain(self.owner_id))
    }

    /// What is written into things it makes: nobody where it sees everything, as these belong to the house.
    pub fn owner(&self) -> Option<Id> {
        self.owner_id.filter(|_| self.scope.is_some())
    }
}
