//! What all connections share.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, Weak};

use tokio::sync::watch;
use vigie_application::CallContext;
use vigie_domain::Timestamp;
use vigie_rest::App;

use crate::channels::state::Sampled;

/// The shared part of the realtime doors. Cheap to clone.
#[derive(Clone)]
pub struct Realtime(Arc<Inner>);

/// Samplers by kind and audience.
pub(crate) type States = HashMap<(String, u64), watch::Receiver<Arc<Sampled>>>;

/// The parts.
pub struct Inner {
    /// The use cases.
    pub app: App,
    /// States that are computed once per kind and audience, however many watch.
    pub(crate) states: Mutex<States>,
    /// Connections by caller.
    pub(crate) connections: Mutex<HashMap<String, usize>>,
}

impl Realtime {
    /// Over the use cases.
    pub fn new(app: &App) -> Self {
        Self(Arc::new(Inner { app: app.clone(), states: Mutex::default(), connections: Mutex::default() }))
    }

    /// A reference that keeps nothing alive.
    pub fn downgrade(&self) -> Weak<Inner> {
        Arc::downgrade(&self.0)
    }

    /// The shared part, while it lives.
    pub fn upgrade(weak: &Weak<Inner>) -> Option<Self> {
        weak.upgrade().map(Self)
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.app.core.now()
    }
}

impl std::ops::Deref for Realtime {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// Who sees the same: a hash of scope and permissions (API, section 7).
pub fn audience(cx: &CallContext) -> u64 {
    let mut hasher = DefaultHasher::new();
    cx.principal.permissions.0.hash(&mut hasher);
    cx.principal.scope.hash(&mut hasher);
    hasher.finish()
}
