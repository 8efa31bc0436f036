//! Conditions on events: what typed filters and typed text both become.

use std::ops::Bound;

use crate::Scope;
use crate::telemetry::event::SEEN_BY;
use crate::telemetry::{EventField, EventValue};

/// Where words are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the message, and in every field that is searched.
    Anywhere,
    /// In the message alone.
    Message,
}

/// What must hold of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Of every event.
    Everything,
    /// All of these; everything when there are none.
    All(Vec<Self>),
    /// At least one of these; nothing when there are none.
    Any(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// This word of the [`analyzer`](super::analyzer) is there.
    Word(Place, String),
    /// These words stand one after the other in the message.
    Phrase(Vec<String>),
    /// A word that begins like this is there.
    Beginning(Place, String),
    /// The field has one of these values.
    OneOf(&'static EventField, Vec<EventValue>),
    /// The keyword begins like this.
    StartsWith(&'static EventField, String),
    /// The value lies between these.
    Between(&'static EventField, Bound<EventValue>, Bound<EventValue>),
    /// The field has a value.
    Exists(&'static EventField),
}

impl Condition {
    /// `field = value`.
    pub fn is(field: &'static EventField, value: EventValue) -> Self {
        Self::OneOf(field, vec![value])
    }

    /// How many beginnings of words or values are looked for in it: each costs a look at all that there are.
    pub fn beginnings(&self) -> usize {
        match self {
            Self::All(all) | Self::Any(all) => all.iter().map(Self::beginnings).sum(),
            Self::Not(not) => not.beginnings(),
            Self::Beginning(..) | Self::StartsWith(..) => 1,
            _ => 0,
        }
    }

    /// Both.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Everything, one) | (one, Self::Everything) => one,
            (Self::All(mut all), one) => {
                all.push(one);
                Self::All(all)
            }
            (one, other) => Self::All(vec![one, other]),
        }
    }
}

/// What a caller may see: events of devices that one of the caller's sites, groups or realms showed when they were accepted. Later moves of
/// the device change nothing: who saw an event keeps it, and who is granted the device's new place does not get its past.
pub fn visible(scope: &Scope) -> Condition {
    let Some(objects) = scope.objects() else { return Condition::Everything };
    let ids = objects.sites.iter().chain(&objects.device_groups).chain(&objects.realms);
    let values: Vec<_> = ids.map(|id| EventValue::Text(id.to_string())).collect();
    if values.is_empty() { Condition::Any(Vec::new()) } else { Condition::OneOf(SEEN_BY, values) }
}
