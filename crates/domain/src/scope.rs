//! What a caller may see. A `Scope` is an argument of every port method on scoped objects and is applied in the query.

use serde::{Deserialize, Serialize};

use crate::Id;

/// The objects a grant is limited to: a device is seen when its site, one of its groups or its realm is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ObjectScope {
    /// Sites, with what lies below them.
    pub sites: Vec<Id>,
    /// Device groups.
    pub device_groups: Vec<Id>,
    /// Realms.
    pub realms: Vec<Id>,
}

/// The part of the inventory a call works on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope(Inner);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Inner {
    Everything,
    Objects(ObjectScope),
}

impl Scope {
    /// Everything, for wiring, jobs and collectors: never for a request.
    pub fn system() -> Self {
        Self(Inner::Everything)
    }

    /// What a grant allows: `None` is everything.
    pub fn of(objects: Option<ObjectScope>) -> Self {
        Self(objects.map_or(Inner::Everything, Inner::Objects))
    }

    /// The limit, or `None` when everything may be seen.
    pub fn objects(&self) -> Option<&ObjectScope> {
        match &self.0 {
            Inner::Everything => None,
            Inner::Objects(objects) => Some(objects),
        }
    }

    /// Whether nothing is hidden.
    pub fn is_everything(&self) -> bool {
        self.0 == Inner::Everything
    }
}
