//! What became of a device between two polls, told by its clocks.
//!
//! sysUpTime (RFC 3418) counts hundredths of a second since the agent began and wraps after 497 days; hrSystemUptime (RFC 2790) does so
//! for the host; snmpEngineBoots and snmpEngineTime (RFC 3411, section 5) count starts and seconds and do not wrap in our lifetime.

use std::time::Duration;

use tokio::time::Instant;
use vigie_domain::Timestamp;

/// Seconds after which TimeTicks begin again.
const WRAP_SECONDS: f64 = 4_294_967_296.0 / 100.0;

/// The clocks of a device at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clocks {
    /// When they were read.
    pub at: Timestamp,
    /// The same by the clock that never jumps; not known of what an earlier process read.
    pub read: Option<Instant>,
    /// sysUpTime.
    pub agent: u32,
    /// hrSystemUptime.
    pub host: Option<u32>,
    /// snmpEngineBoots and snmpEngineTime.
    pub engine: Option<(u32, u32)>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// It ran on.
    Steady,
    /// It ran on, and sysUpTime wrapped.
    Wrapped,
    /// The agent began anew, the host did not: counters may have too.
    AgentRestarted,
    /// It began anew.
    Rebooted,
}

impl Course {
    /// Whether counters may have begun anew.
    pub fn restarted(self) -> bool {
        matches!(self, Self::AgentRestarted | Self::Rebooted)
    }
}

/// What became of a device between two readings of its clocks.
pub fn course(before: &Clocks, after: &Clocks) -> Course {
    let elapsed = match (before.read, after.read) {
        (Some(before), Some(after)) => after.saturating_duration_since(before),
        // the time of day may have been set in between
        _ => after.at.since(before.at),
    };
    let agent = of_ticks(before.agent, after.agent, elapsed);
    let agent = match (agent, engine_ran_on(before, after, elapsed)) {
        // the engine counts seconds in 31 bits: where it ran on, it was a wrap
        (Course::Rebooted, Some(true)) => Course::Wrapped,
        (Course::Wrapped, Some(false)) => Course::Rebooted,
        (agent, _) => agent,
    };
    if agent != Course::Rebooted {
        return agent;
    }
    match (before.host, after.host) {
        (Some(old), Some(new)) if of_ticks(old, new, elapsed) != Course::Rebooted => Course::AgentRestarted,
        _ => Course::Rebooted,
    }
}

/// What a clock of hundredths of seconds tells.
fn of_ticks(old: u32, new: u32, elapsed: Duration) -> Course {
    let passed = (elapsed.as_millis() / 10) as u64;
    // clocks drift, answers are late, and virtual machines stand still for a while
    let slack = 500 + passed / 20;
    let expected = u64::from(old) + passed;
    let wrapped = expected + slack >= 1 << 32 && u64::from(new).abs_diff(expected.saturating_sub(1 << 32)) <= slack;
    if new < old {
        return if wrapped { Course::Wrapped } else { Course::Rebooted };
    }
    // a device that was up for less than the interval may have begun within it
    let began_within = u64::from(new) <= passed && u64::from(new) + slack < expected;
    if began_within { Course::Rebooted } else { Course::Steady }
}

fn engine_ran_on(before: &Clocks, after: &Clocks, elapsed: Duration) -> Option<bool> {
    let ((old_boots, old_time), (boots, time)) = (before.engine?, after.engine?);
    let began_within = u64::from(time) <= elapsed.as_secs() && time < old_time;
    Some(boots == old_boots && time >= old_time && !began_within)
}

/// Seconds a device has been up, wraps included: sysUpTime, and as many wraps as its known start tells.
pub fn uptime_seconds(agent: u32, now: Timestamp, rebooted_at: Option<Timestamp>) -> f64 {
    let counted = f64::from(agent) / 100.0;
    let Some(start) = rebooted_at else { return counted };
    let wraps = ((now.since(start).as_secs_f64() - counted) / WRAP_SECONDS).round().max(0.0);
    let total = counted + wraps * WRAP_SECONDS;
    if fits(start, now, total) { total } else { counted }
}

/// Whether a known start is the one that a device has been up since; it is not when the time of day was set since it was noted.
pub fn fits(start: Timestamp, now: Timestamp, uptime_seconds: f64) -> bool {
    (now.0.saturating_sub(start.0) as f64 / 1e3 - uptime_seconds).abs() <= 86_400.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clocks(seconds: i64, agent: u32) -> Clocks {
        Clocks { at: Timestamp(seconds * 1000), agent, ..Clocks::default() }
    }

    const TOP: u32 = u32::MAX;

    #[test]
    fn reboots_wraps_and_pauses_are_told_apart() {
        for (name, old, new, elapsed, expected) in [
            ("ran on", 100_000, 106_000, 60, Course::Steady),
            ("answered late", 100_000, 106_300, 60, Course::Steady),
            ("stood still for a while", 10_000_000, 10_000_100, 600, Course::Steady),
            ("rebooted", 100_000, 2_000, 60, Course::Rebooted),
            ("rebooted twice within an hour", 1_000, 3_000, 60, Course::Rebooted),
            ("wrapped", TOP - 2_999, 3_000, 60, Course::Wrapped),
            ("rebooted near the wrap", TOP - 20_000, 1_000, 60, Course::Rebooted),
            ("another processor took over", 10_000_000, 9_000_000, 60, Course::Rebooted),
            ("polled again at once", 500, 500, 0, Course::Steady),
            ("first minute after a boot", 1_000, 7_000, 60, Course::Steady),
            ("silent for a day, up all the time", 100_000, 8_740_000, 86_400, Course::Steady),
            ("silent for a day, rebooted an hour ago", 100_000, 360_000, 86_400, Course::Rebooted),
        ] {
            assert_eq!(course(&clocks(0, old), &clocks(elapsed, new)), expected, "{name}");
        }
    }

    #[test]
    fn a_time_of_day_that_is_set_is_no_reboot() {
        let started = Instant::now();
        let after = |seconds| Some(started + Duration::from_secs(seconds));
        let before = Clocks { read: after(0), ..clocks(0, 60_000) };
        let a_day_on = Clocks { read: after(60), ..clocks(86_400, 66_000) };
        assert_eq!(course(&before, &a_day_on), Course::Steady);
        let a_day_back = Clocks { read: after(60), ..clocks(-86_400, 66_000) };
        assert_eq!(course(&before, &a_day_back), Course::Steady);
        let rebooted = Clocks { read: after(60), ..clocks(86_400, 2_000) };
        assert_eq!(course(&before, &rebooted), Course::Rebooted);
        assert!(fits(Timestamp(0), Timestamp(660_000), 660.0) && !fits(Timestamp(0), Timestamp(90_000_000), 660.0));
        assert!(!fits(Timestamp(90_000_000), Timestamp(0), 660.0), "noted before the time of day was set back");
    }

    #[test]
    fn the_engine_decides_what_ticks_leave_open() {
        let engine = |clocks: Clocks, boots, time| Clocks { engine: Some((boots, time)), ..clocks };
        // a clock that runs fast by more than the slack at the wrap looks like a reboot
        let before = engine(clocks(0, TOP - 2_000), 4, 42_949_000);
        assert_eq!(course(&before, &engine(clocks(60, 9_000), 4, 42_949_060)), Course::Wrapped);
        assert_eq!(course(&before, &engine(clocks(60, 4_000), 5, 40)), Course::Rebooted);
    }

    #[test]
    fn an_agent_that_restarts_alone_is_no_reboot() {
        let host = |clocks: Clocks, ticks| Clocks { host: Some(ticks), ..clocks };
        let before = host(clocks(0, 50_000), 9_000_000);
        assert_eq!(course(&before, &host(clocks(60, 1_000), 9_006_000)), Course::AgentRestarted);
        assert_eq!(course(&before, &host(clocks(60, 1_000), 2_000)), Course::Rebooted);
    }

    #[test]
    fn uptime_counts_wraps() {
        let day = 86_400_000;
        let start = Timestamp(0);
        let now = Timestamp(500 * day);
        let agent = ((500.0 * 86_400.0 - WRAP_SECONDS) * 100.0) as u32;
        assert!((uptime_seconds(agent, now, Some(start)) - 500.0 * 86_400.0).abs() < 1.0);
        assert!((uptime_seconds(agent, now, None) - f64::from(agent) / 100.0).abs() < 1e-9);
        assert!((uptime_seconds(6_000, now, Some(now.minus(Duration::from_mins(1)))) - 60.0).abs() < 1e-9);
    }
}
