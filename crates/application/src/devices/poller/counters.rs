//! Rates out of counters (RFC 2863, sections 3.1.5 and 3.1.6; RFC 2578, section 7.1.6).
//!
//! A counter says nothing by itself: only the difference of two readings does, modulo its width, and only when nothing began anew in
//! between. What cannot be told is unknown: a rate is never negative, and never more than the line carries.

use std::time::Duration;

/// Places of the counters of an interface; even ones are received, odd ones sent.
pub const IN_OCTETS: usize = 0;
/// Octets sent.
pub const OUT_OCTETS: usize = 1;
/// Packets received: unicast, multicast and broadcast.
pub const IN_PACKETS: usize = 2;
/// Packets sent.
pub const OUT_PACKETS: usize = 3;
/// ifHCInMulticastPkts, part of the packets received.
pub const IN_MULTICAST: usize = 4;
/// ifHCOutMulticastPkts.
pub const OUT_MULTICAST: usize = 5;
/// ifHCInBroadcastPkts, part of the packets received.
pub const IN_BROADCAST: usize = 6;
/// ifHCOutBroadcastPkts.
pub const OUT_BROADCAST: usize = 7;
/// ifInErrors.
pub const IN_ERRORS: usize = 8;
/// ifOutErrors.
pub const OUT_ERRORS: usize = 9;
/// ifInDiscards.
pub const IN_DISCARDS: usize = 10;
/// ifOutDiscards.
pub const OUT_DISCARDS: usize = 11;
/// How many there are.
pub const COUNT: usize = 12;

/// The least time between two readings that makes a rate.
const SHORTEST: Duration = Duration::from_millis(500);
/// Agents refresh their counters every few seconds only, so that a full line may seem to carry more; beyond this it is a fault.
const TOLERANCE: f64 = 1.5;
/// Bits per second that no line carries, where the speed is not known.
const FASTEST_LINE: f64 = 1e13;
/// The shortest Ethernet frame with preamble and gap, in bits (IEEE 802.3).
const SHORTEST_FRAME_BITS: f64 = 672.0;
/// Packets are dropped before they reach the line, so there can be more of them than it carries.
const DROPS_PER_PACKET: f64 = 64.0;
/// An error counter that goes back farther than this was cleared; it did not wrap.
const ERROR_WRAP: u64 = 1 << 24;
/// How far a discontinuity time may lie outside the interval, in hundredths of a second.
const DISCONTINUITY_SLACK: u64 = 500;

/// Counters of an interface at one moment, kept small: there are as many as interfaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    long: [u64; IN_ERRORS],
    short: [u32; COUNT - IN_ERRORS],
    /// ifCounterDiscontinuityTime, hundredths of a second of sysUpTime; 0 where the agent has none.
    pub discontinuity: u32,
    known: u16,
    wide: u16,
}

impl Counters {
    /// Sets a counter. `wide` says that it has 64 bits.
    pub fn set(&mut self, place: usize, value: u64, wide: bool) {
        let bit = 1 << place;
        self.known |= bit;
        self.wide = if wide { self.wide | bit } else { self.wide & !bit };
        if let Some(long) = self.long.get_mut(place) {
            *long = value;
        } else if let Some(short) = self.short.get_mut(place.wrapping_sub(self.long.len())) {
            *short = value as u32;
        }
    }

    /// A counter, where the agent has it.
    pub fn get(&self, place: usize) -> Option<u64> {
        if self.known & (1 << place) == 0 {
            return None;
        }
        self.long.get(place).copied().or_else(|| self.short.get(place - self.long.len()).copied().map(u64::from))
    }

    /// Whether a counter has 64 bits.
    pub fn is_wide(&self, place: usize) -> bool {
        self.wide & (1 << place) != 0
    }
}

/// What lies between two readings.
#[derive(Clone, Copy, Debug)]
pub struct Interval {
    /// How long it was.
    pub elapsed: Duration,
    /// Whether the agent began anew within it: all its counters did too.
    pub restarted: bool,
    /// sysUpTime at its end, hundredths of a second.
    pub uptime: u32,
}

/// Rates per second by the place of their counter; `None` where nothing can be told.
pub fn rates(before: &Counters, after: &Counters, interval: Interval, line_bps: Option<u64>) -> [Option<f64>; COUNT] {
    if interval.restarted || interval.elapsed < SHORTEST || discontinued(before, after, interval) {
        return [None; COUNT];
    }
    let seconds = interval.elapsed.as_secs_f64();
    std::array::from_fn(|place| {
        let (old, new) = (before.get(place)?, after.get(place)?);
        if before.is_wide(place) != after.is_wide(place) {
            return None;
        }
        let most = ceiling(place, line_bps);
        let rate = difference(old, new, after.is_wide(place), place)? as f64 / seconds;
        (rate <= most * TOLERANCE).then(|| rate.min(most))
    })
}

/// Whether the agent says that these counters began anew in between. A time outside the interval cannot be meant: some agents send
/// whatever they have.
fn discontinued(before: &Counters, after: &Counters, interval: Interval) -> bool {
    if before.discontinuity == after.discontinuity {
        return false;
    }
    let ago = u64::from(interval.uptime.wrapping_sub(after.discontinuity));
    let within = (interval.elapsed.as_millis() / 10) as u64 + DISCONTINUITY_SLACK;
    ago <= within || ago >= u64::from(u32::MAX) - DISCONTINUITY_SLACK
}

/// How far a counter went, modulo its width; `None` when it was set back.
fn difference(old: u64, new: u64, wide: bool, place: usize) -> Option<u64> {
    if wide {
        // 2^64 octets take 46 years at 100 Gbit/s, but a counter may begin anywhere: the ceiling tells a wrap from a reset
        return Some(new.wrapping_sub(old));
    }
    let forward = u64::from((new as u32).wrapping_sub(old as u32));
    let wrapped = new < old;
    let farthest = if place >= IN_ERRORS { ERROR_WRAP } else { 1 << 31 };
    (!wrapped || forward < farthest).then_some(forward)
}

/// The largest rate per second that can be.
fn ceiling(place: usize, line_bps: Option<u64>) -> f64 {
    let line = line_bps.map_or(FASTEST_LINE, |bps| bps as f64);
    match place {
        IN_OCTETS | OUT_OCTETS => line / 8.0,
        IN_PACKETS..IN_ERRORS => line / SHORTEST_FRAME_BITS,
        _ => line / SHORTEST_FRAME_BITS * DROPS_PER_PACKET,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GIGABIT: Option<u64> = Some(1_000_000_000);

    fn octets(value: u64, wide: bool) -> Counters {
        let mut counters = Counters::default();
        counters.set(IN_OCTETS, value, wide);
        counters
    }

    fn minute() -> Interval {
        Interval { elapsed: Duration::from_mins(1), restarted: false, uptime: 10_000_000 }
    }

    fn rate(old: u64, new: u64, wide: bool, line: Option<u64>) -> Option<f64> {
        rates(&octets(old, wide), &octets(new, wide), minute(), line)[IN_OCTETS]
    }

    #[test]
    fn wraps_and_resets_are_told_apart() {
        let top32 = u64::from(u32::MAX);
        for (name, old, new, wide, line, expected) in [
            ("64 bits forward", 1_000, 61_000, true, GIGABIT, Some(1_000.0)),
            ("64 bits still", 5, 5, true, GIGABIT, Some(0.0)),
            ("64 bits set back", 1_000_000, 10, true, GIGABIT, None),
            ("64 bits wrapped", u64::MAX - 29_999, 30_000, true, GIGABIT, Some(1_000.0)),
            ("64 bits jumped beyond the line", 0, 60_000_000_000, true, GIGABIT, None),
            ("64 bits a little beyond the line", 0, 60 * 130_000_000, true, GIGABIT, Some(125_000_000.0)),
            ("32 bits forward", 1_000, 61_000, false, GIGABIT, Some(1_000.0)),
            ("32 bits wrapped", top32 - 29_999, 30_000, false, GIGABIT, Some(1_000.0)),
            ("32 bits set back to zero from below the middle", 1_000_000, 10, false, GIGABIT, None),
            ("32 bits wrap that the line cannot carry", top32 - 10, 1_000_000_000, false, Some(10_000_000), None),
            ("unknown line, 32 bits wrapped", top32 - 29_999, 30_000, false, None, Some(1_000.0)),
            ("unknown line, 64 bits set back", 1 << 50, 0, true, None, None),
        ] {
            assert_eq!(rate(old, new, wide, line), expected, "{name}");
        }
    }

    #[test]
    fn a_restart_makes_the_interval_unknown() {
        let restarted = Interval { restarted: true, ..minute() };
        assert_eq!(rates(&octets(5, true), &octets(500, true), restarted, GIGABIT), [None; COUNT]);
    }

    #[test]
    fn a_discontinuity_within_the_interval_makes_it_unknown() {
        let (old, mut new) = (octets(5, true), octets(60_005, true));
        new.discontinuity = 9_997_000;
        assert_eq!(rates(&old, &new, minute(), GIGABIT)[IN_OCTETS], None);
        new.discontinuity = 77;
        assert_eq!(rates(&old, &new, minute(), GIGABIT)[IN_OCTETS], Some(1_000.0), "a time long ago cannot be meant");
    }

    #[test]
    fn a_counter_of_another_width_is_another_counter() {
        assert_eq!(rates(&octets(5, false), &octets(500, true), minute(), GIGABIT)[IN_OCTETS], None);
    }

    #[test]
    fn a_cleared_error_counter_is_no_storm() {
        let mut old = Counters::default();
        old.set(IN_ERRORS, 3_000_000_000, false);
        let mut new = Counters::default();
        new.set(IN_ERRORS, 0, false);
        assert_eq!(rates(&old, &new, minute(), Some(100_000_000_000))[IN_ERRORS], None);
    }

    #[test]
    fn two_readings_at_once_make_no_rate() {
        let interval = Interval { elapsed: Duration::from_millis(10), ..minute() };
        assert_eq!(rates(&octets(0, true), &octets(9, true), interval, GIGABIT)[IN_OCTETS], None);
    }

    prop_compose! {
        fn reading()(
            values in prop::array::uniform12(prop_oneof![any::<u64>(), 0..100_000_u64, (u64::from(u32::MAX) - 1_000)..=u64::from(u32::MAX)]),
            known in any::<u16>(),
            wide in any::<bool>(),
            discontinuity in prop_oneof![Just(0_u32), any::<u32>()],
        ) -> Counters {
            let mut counters = Counters { discontinuity, ..Counters::default() };
            for (place, value) in values.iter().enumerate().filter(|(place, _)| known & (1 << place) != 0) {
                let wide = wide && place < IN_ERRORS;
                counters.set(place, if wide { *value } else { *value & u64::from(u32::MAX) }, wide);
            }
            counters
        }
    }

    proptest! {
        #[test]
        fn no_sequence_of_counters_yields_a_negative_or_impossible_rate(
            readings in prop::collection::vec((reading(), 0..200_000_u64, any::<bool>(), any::<u32>()), 2..12),
            line in prop_oneof![Just(None), (1_000..400_000_000_000_u64).prop_map(Some)],
        ) {
            for pair in readings.windows(2) {
                let (after, millis, restarted, uptime) = pair[1];
                let interval = Interval { elapsed: Duration::from_millis(millis), restarted, uptime };
                let found = rates(&pair[0].0, &after, interval, line);
                for (place, rate) in found.iter().enumerate() {
                    let Some(rate) = rate else { continue };
                    prop_assert!(!restarted && rate.is_finite());
                    prop_assert!(*rate >= 0.0 && *rate <= ceiling(place, line), "{} at {}", rate, place);
                }
            }
        }

        #[test]
        fn what_flows_below_the_line_is_measured_whatever_the_counter_began_at(
            start in any::<u64>(), bytes in 0..7_000_000_000_u64,
        ) {
            let found = rate(start, start.wrapping_add(bytes), true, GIGABIT).unwrap();
            prop_assert!((found - bytes as f64 / 60.0).abs() < 1e-6 * (1.0 + found));
        }
    }
}
