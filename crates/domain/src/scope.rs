//! What a caller may see. A `Scope` is an argument of every port method on scoped objects and is applied in the query.
//! Which rows of a table lie in it says the [`crate::query::ScopeRule`] of its schema.

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
    Limited(Limit),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Limit {
    objects: ObjectScope,
    own: Vec<Id>,
    wholly: bool,
}

impl Scope {
    /// Everything, for wiring, jobs and collectors: never for a request.
    pub fn system() -> Self {
        Self(Inner::Everything)
    }

    /// What a grant allows: `None` is everything.
    pub fn of(objects: Option<ObjectScope>) -> Self {
        Self(objects.map_or(Inner::Everything, |objects| Inner::Limited(Limit { objects, own: Vec::new(), wholly: false })))
    }

    /// The same for a caller known by these ids: a limited one sees what it made itself too.
    pub fn of_caller(objects: Option<ObjectScope>, ids: impl IntoIterator<Item = Id>) -> Self {
        let mut scope = Self::of(objects);
        if let Inner::Limited(limit) = &mut scope.0 {
            limit.own = ids.into_iter().collect();
            limit.own.sort_unstable();
            limit.own.dedup();
        }
        scope
    }

    /// The part of it that nobody outside it uses: what a limited caller may change.
    pub fn wholly(&self) -> Self {
        match &self.0 {
            Inner::Everything => Self(Inner::Everything),
            Inner::Limited(limit) => Self(Inner::Limited(Limit { wholly: true, ..limit.clone() })),
        }
    }

    /// The limit, or `None` when everything may be seen.
    pub fn objects(&self) -> Option<&ObjectScope> {
        match &self.0 {
            Inner::Everything => None,
            Inner::Limited(limit) => Some(&limit.objects),
        }
    }

    /// The ids under which the caller made things; empty when everything may be seen.
    pub fn own(&self) -> &[Id] {
        match &self.0 {
            Inner::Everything => &[],
            Inner::Limited(limit) => &limit.own,
        }
    }

    /// Whether only what nobody else uses counts.
    pub fn is_wholly(&self) -> bool {
        matches!(&self.0, Inner::Limited(limit) if limit.wholly)
    }

    /// Whether nothing is hidden.
    pub fn is_everything(&self) -> bool {
        self.0 == Inner::Everything
    }
}
