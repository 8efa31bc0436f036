//! When a device is polled: at a phase of its own within its period, the same after every start, so that polls spread evenly, and beside
//! others, so that they share what waking costs.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use vigie_domain::{Id, Timestamp};

/// Polls in a row without answer after which a device is polled less often.
const PATIENCE: u32 = 5;
/// A dead device is still looked at this often.
const LONGEST_BACKOFF: Duration = Duration::from_mins(5);

/// Polls begin at multiples of this, in milliseconds: those of many devices then begin together, and whoever wakes for the answer of one
/// finds the answers of others. Divides a second, the unit of periods.
const BEAT: i64 = 250;

/// The rhythm of a device: moments since 1970 that leave `phase` when divided by `period`, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    period: i64,
    phase: i64,
}

impl Rhythm {
    /// The rhythm of a device polled every so many seconds.
    pub fn new(id: Id, period_seconds: u32) -> Self {
        let period = i64::from(period_seconds.max(1)) * 1000;
        // the low half of a UUIDv7 is random; the multiplication spreads what is not
        let mixed = (id.0.as_u128() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let phase = ((mixed >> 20) % period as u64) as i64;
        Self { period, phase: phase - phase % BEAT }
    }

    /// The period.
    pub fn period(self) -> Duration {
        Duration::from_millis(self.period as u64)
    }

    /// The next of its moments after `now`. One that is nearer than 15 % of the period is left out, so no two are farther apart than 1.15.
    pub fn after(self, now: Timestamp) -> Timestamp {
        let since = (now.0 - self.phase).rem_euclid(self.period);
        let next = now.0 - since + self.period;
        Timestamp(if (next - now.0) * 100 < self.period * 15 { next + self.period } else { next })
    }

    /// When to poll again after a poll that was begun at `begun` and left this many failures in a row.
    pub fn again(self, begun: Timestamp, failures: u32) -> Timestamp {
        match failures {
            0 => self.after(begun),
            // a second look soon tells a lost packet from a lost device
            1 => begun.plus((self.period() / 6).clamp(Duration::from_secs(3), Duration::from_secs(15)).min(self.period())),
            failures => {
                let doubled = self.period().saturating_mul(1 << failures.saturating_sub(PATIENCE).min(12));
                let wait = doubled.min(LONGEST_BACKOFF.max(self.period()));
                self.after(begun.plus(wait.saturating_sub(self.period())))
            }
        }
    }

    /// When to poll first after a start with `count` devices: at once for few, spread over at most a period for many.
    pub fn first(self, now: Timestamp, count: usize) -> Timestamp {
        let spread = (count as i64 * 6).min(self.period);
        Timestamp(now.0 + self.phase * spread / self.period)
    }
}

/// What is due when. Entries are never taken out early: whoever takes one checks that it still holds.
#[derive(Default)]
pub struct Agenda {
    due: BinaryHeap<Reverse<(Timestamp, Id)>>,
}

impl Agenda {
    /// Notes a moment.
    pub fn note(&mut self, at: Timestamp, id: Id) {
        self.due.push(Reverse((at, id)));
    }

    /// The earliest moment noted.
    pub fn next(&self) -> Option<Timestamp> {
        self.due.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes the earliest entry, if it is due.
    pub fn take(&mut self, now: Timestamp) -> Option<(Timestamp, Id)> {
        self.due.peek().filter(|Reverse((at, _))| *at <= now)?;
        self.due.pop().map(|Reverse(entry)| entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rhythm(number: u128) -> Rhythm {
        Rhythm::new(Id::fixed(number), 60)
    }

    #[test]
    fn no_two_polls_are_farther_apart_than_the_period_and_a_little() {
        for number in 1..50 {
            let rhythm = rhythm(number);
            for offset in (0..60_000).step_by(777) {
                let now = Timestamp(1_700_000_000_000 + offset);
                let first = rhythm.after(now);
                assert!(first > now && first.since(now) <= Duration::from_secs(69));
                assert_eq!(rhythm.after(first), first.plus(Duration::from_mins(1)));
            }
        }
    }

    #[test]
    fn phases_are_stable_and_spread() {
        let mut tenths = [0; 10];
        for number in 0..1000 {
            assert_eq!(rhythm(number), rhythm(number));
            tenths[(rhythm(number).phase / 6_000) as usize] += 1;
        }
        assert!(tenths.iter().all(|n| (60..140).contains(n)), "{tenths:?}");
    }

    #[test]
    fn polls_begin_on_the_beat() {
        let now = Timestamp(1_700_000_000_123);
        for number in 1..50 {
            for period in [1, 5, 60] {
                assert_eq!(Rhythm::new(Id::fixed(number), period).after(now).0 % BEAT, 0);
            }
        }
    }

    #[test]
    fn dead_devices_are_asked_less_and_less() {
        let begun = Timestamp(1_700_000_000_000);
        let wait = |failures| rhythm(7).again(begun, failures).since(begun).as_secs();
        assert_eq!(wait(1), 10);
        assert!(wait(2) <= 69 && wait(5) <= 69);
        assert!((60..=190).contains(&wait(6)));
        assert!((200..=369).contains(&wait(30)));
    }

    #[test]
    fn what_is_due_comes_in_order() {
        let mut agenda = Agenda::default();
        agenda.note(Timestamp(30), Id::fixed(3));
        agenda.note(Timestamp(10), Id::fixed(1));
        assert_eq!(agenda.take(Timestamp(5)), None);
        assert_eq!(agenda.take(Timestamp(50)), Some((Timestamp(10), Id::fixed(1))));
        assert_eq!(agenda.next(), Some(Timestamp(30)));
    }
}
