//! Days of events, which both engines keep apart.

use std::collections::BTreeMap;

use arc_swap::ArcSwap;
use vigie_domain::Timestamp;
use vigie_domain::telemetry::{EventKind, Retention};

const DAY_MS: i64 = 86_400_000;

/// A kind of events on one day (UTC). Ordered by day first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Slot {
    /// Days since 1970-01-01.
    pub(crate) day: i64,
    pub(crate) kind: EventKind,
}

impl Slot {
    /// Where an event belongs.
    pub(crate) fn of(kind: EventKind, at: Timestamp) -> Self {
        Self { day: at.0.div_euclid(DAY_MS), kind }
    }

    /// The first moment of its day.
    pub(crate) fn begin(self) -> Timestamp {
        Timestamp(self.day.saturating_mul(DAY_MS))
    }

    /// The first moment after its day.
    pub(crate) fn end(self) -> Timestamp {
        Timestamp(self.day.saturating_add(1).saturating_mul(DAY_MS))
    }

    /// `log-2026-11-23`.
    pub(crate) fn name(self) -> String {
        format!("{}-{}", self.kind.name(), &self.begin().to_string()[..10])
    }

    /// The slot of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let (kind, day) = name.split_once('-')?;
        Some(Self::of(EventKind::named(kind)?, Timestamp::parse(&format!("{day}T00:00:00Z"))?))
    }
}

/// The days that were dropped, so that a replay of the log does not bring them back after a fault. It is known from the first retention after
/// the start on.
#[derive(Debug, Default)]
pub(crate) struct Horizon(ArcSwap<BTreeMap<EventKind, i64>>);

impl Horizon {
    /// What is kept from now on.
    pub(crate) fn set(&self, now: Timestamp, rules: &[Retention]) {
        let firsts = rules.iter().map(|rule| (rule.kind, Slot::of(rule.kind, now.minus(rule.keep)).day));
        self.0.store(std::sync::Arc::new(firsts.collect()));
    }

    /// Whether a day is no longer kept.
    pub(crate) fn is_gone(&self, slot: Slot) -> bool {
        self.0.load().get(&slot.kind).is_some_and(|first| slot.day < *first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_names_that_read_back() {
        for at in [0, -1, 1_795_424_740_123] {
            let slot = Slot::of(EventKind::Security, Timestamp(at));
            assert!(slot.begin() <= Timestamp(at) && Timestamp(at) < slot.end());
            assert_eq!(Slot::named(&slot.name()), Some(slot));
        }
        assert_eq!(Slot::of(EventKind::Log, Timestamp(1_795_424_740_123)).name(), "log-2026-11-23");
        assert_eq!(Slot::named("log-2026-11"), None);
    }
}
