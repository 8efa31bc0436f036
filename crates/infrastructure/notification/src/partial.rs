//! Who has a mail already that others refused for now: a retry must not tell them twice.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lettre::Address;
use vigie_domain::Id;

/// Mails remembered; a restart forgets them, which costs a second copy.
const REMEMBERED: usize = 1_000;

#[derive(Debug, Default)]
pub(crate) struct Partial(Mutex<VecDeque<(Id, Vec<Address>)>>);

impl Partial {
    /// Who has this mail.
    pub fn served(&self, mail: Id) -> Vec<Address> {
        self.lock().iter().find(|(id, _)| *id == mail).map(|(_, served)| served.clone()).unwrap_or_default()
    }

    /// Remembers that they have this mail while others do not.
    pub fn remember(&self, mail: Id, served: Vec<Address>) {
        let mut mails = self.lock();
        mails.retain(|(id, _)| *id != mail);
        if mails.len() == REMEMBERED {
            mails.pop_front();
        }
        mails.push_back((mail, served));
    }

    /// Forgets a mail that everybody has.
    pub fn forget(&self, mail: Id) {
        self.lock().retain(|(id, _)| *id != mail);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Id, Vec<Address>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
