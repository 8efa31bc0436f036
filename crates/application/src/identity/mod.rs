//! Identity: signing in, sessions, tokens, keys; users, roles and API keys as users manage them.

mod account;
mod api_key;
mod authenticate;
mod bootstrap;
mod role;
mod secrets;
mod sign_in;
mod tickets;
mod user;

pub use account::PasswordChange;
pub use api_key::ApiKeyInput;
pub use authenticate::{Credentials, Origin};
pub use bootstrap::{bootstrap, reset_password};
pub use role::RoleInput;
pub use secrets::csrf_token;
pub use sign_in::{SignIn, SignedIn, Tokens};
pub use user::{ScopeInput, UserInput};

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use vigie_domain::identity::Principal;
use vigie_domain::{Id, ObjectScope, Permission, PermissionSet, Timestamp};

use crate::{Core, permissions};

/// See users and roles.
pub const READ_USERS: Permission = Permission::new("users", "read");
/// Change users and roles.
pub const WRITE_USERS: Permission = Permission::new("users", "write");
/// See API keys.
pub const READ_KEYS: Permission = Permission::new("api_keys", "read");
/// Change API keys.
pub const WRITE_KEYS: Permission = Permission::new("api_keys", "write");

/// The use cases of signing in and of one's own account.
pub struct Identity {
    core: Core,
    known: Mutex<HashMap<String, Known>>,
    tickets: Mutex<HashMap<String, (Principal, Timestamp)>>,
}

/// An authentication that held a moment ago, so that not each request asks the store.
struct Known {
    principal: Principal,
    checked_at: Timestamp,
    generation: u64,
    is_cookie: bool,
    bounds: Bounds,
}

/// Within what a credential holds, whatever else changes.
#[derive(Default)]
struct Bounds {
    /// Networks it may be used from; empty is any.
    allowed_addresses: Vec<String>,
    /// When it ends.
    expires_at: Option<Timestamp>,
}

impl Identity {
    /// The use cases over these ports.
    pub fn new(core: &Core) -> Arc<Self> {
        Arc::new(Self { core: core.clone(), known: Mutex::default(), tickets: Mutex::default() })
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// What both allow.
fn intersect(a: &PermissionSet, b: &PermissionSet) -> PermissionSet {
    permissions::all().filter(|p| a.allows(**p) && b.allows(**p)).map(ToString::to_string).collect()
}

/// What both see. Lists name sites, groups and realms whose union is seen, so the safe meeting is element by element.
fn narrow(owner: Option<&ObjectScope>, key: Option<&ObjectScope>) -> Option<ObjectScope> {
    let both = |a: &[Id], b: &[Id]| a.iter().copied().filter(|id| b.contains(id)).collect();
    match (owner, key) {
        (None, None) => None,
        (Some(one), None) | (None, Some(one)) => Some(one.clone()),
        (Some(a), Some(b)) => Some(ObjectScope {
            sites: both(&a.sites, &b.sites),
            device_groups: both(&a.device_groups, &b.device_groups),
            realms: both(&a.realms, &b.realms),
        }),
    }
}
