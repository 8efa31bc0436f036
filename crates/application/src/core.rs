//! What every use case needs: the store, the clock, the keeper of secrets, the settings.

use std::sync::Arc;

use vigie_domain::identity::PasswordHasher;
use vigie_domain::store::{Reader, Store};
use vigie_domain::{Clock, Result, Sealer, Timestamp};

use crate::events::EventBus;
use crate::{CallContext, Settings, Unit};

/// The ports and settings that all features share. Cheap to clone.
#[derive(Clone)]
pub struct Core {
    /// The store of state.
    pub store: Arc<dyn Store>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Seals and opens secrets.
    pub sealer: Arc<dyn Sealer>,
    /// Hashes passwords.
    pub passwords: Arc<dyn PasswordHasher>,
    /// Settings.
    pub settings: Arc<Settings>,
    /// Published events, and what wakes relay, jobs and poller.
    pub bus: Arc<EventBus>,
}

impl Core {
    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The store, to read from.
    pub fn reader(&self) -> &dyn Reader {
        &*self.store
    }

    /// A unit of work in the name of the caller.
    pub async fn unit<'a>(&'a self, cx: &'a CallContext) -> Result<Unit<'a>> {
        Ok(Unit::new(cx, self.store.begin().await?, &self.bus))
    }

    /// Seals a secret text.
    pub fn seal(&self, purpose: &str, secret: &vigie_domain::Secret) -> Result<vigie_domain::Sealed> {
        self.sealer.seal(purpose, secret.expose().as_bytes())
    }

    /// Opens a sealed text.
    pub fn open(&self, purpose: &str, sealed: &vigie_domain::Sealed) -> Result<vigie_domain::Secret> {
        let clear = self.sealer.open(purpose, sealed)?;
        Ok(vigie_domain::Secret::new(String::from_utf8_lossy(&clear).into_owned()))
    }
}
