//! Who waits for which key.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

#[derive(Default)]
pub(crate) struct Waiting(Mutex<HashMap<String, Arc<Notify>>>);

/// A place among those who wait; it is given up when it is dropped.
pub(crate) struct Place<'a> {
    waiting: &'a Waiting,
    key: String,
    bell: Arc<Notify>,
}

impl Waiting {
    pub fn place(&self, key: &str) -> Place<'_> {
        let bell = Arc::clone(self.lock().entry(key.to_owned()).or_default());
        Place { waiting: self, key: key.to_owned(), bell }
    }

    /// Wakes who waits for a key.
    pub fn wake(&self, key: &str) {
        if let Some(bell) = self.lock().get(key) {
            bell.notify_waiters();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Notify>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place<'_> {
    /// Rings when the key is landed; it hears from when it is made.
    pub fn bell(&self) -> tokio::sync::futures::Notified<'_> {
        self.bell.notified()
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut waiting = self.waiting.lock();
        // this place and the table
        if waiting.get(&self.key).is_some_and(|bell| Arc::strong_count(bell) <= 2) {
            waiting.remove(&self.key);
        }
    }
}
