//! Identity: users, roles, API keys, sessions, and the ports to their secrets.

mod api_key;
mod principal;
mod role;
mod session;
mod user;

pub use api_key::ApiKey;
pub use principal::{Actor, ActorKind, Principal};
pub use role::Role;
pub use session::{Session, SessionKind};
pub use user::{PasswordHasher, User};
