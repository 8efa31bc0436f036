//! The life of one condition on one subject, from its first sign to its end: pure, so that rules and previews walk it alike.

use std::time::Duration;

use vigie_domain::Timestamp;

/// A condition that was not seen for so long is taken as new when it is seen again.
const GAP: Duration = Duration::from_mins(15);

/// What a reading says of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// It holds.
    Holds,
    /// It does not hold any more, but has not passed the value at which it clears.
    Between,
    /// It does not hold.
    Clears,
    /// Nothing can be told.
    Unknown,
}

/// How long a condition must hold, and how long it must be gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Before it is raised.
    pub hold: Duration,
    /// Before it is over.
    pub clear: Duration,
}

/// Where a condition stands. A subject without any is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It holds since then, and was seen last then; not long enough yet, or not raised yet.
    Pending {
        /// Since when it holds.
        since: Timestamp,
        /// When it was last seen.
        seen: Timestamp,
    },
    /// An alert is open.
    Firing,
    /// An alert is open, and the condition is gone since then.
    Clearing {
        /// Since when it is gone.
        since: Timestamp,
    },
    /// A person ended the alert while the condition held: nothing is raised before it is gone.
    Muted,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Nothing,
    /// Raise an alert: the condition holds since then. The phase stays pending until that is done.
    Raise {
        /// Since when.
        since: Timestamp,
    },
    /// The condition came back while the alert was still open.
    Again,
    /// End the alert. The phase stays clearing until that is done.
    Clear,
}

/// Walks on with a reading taken `at`. `since` is when the condition began, as far as the subject tells.
pub fn advance(phase: Option<Phase>, signal: Signal, at: Timestamp, since: Timestamp, timing: Timing) -> (Option<Phase>, Step) {
    match (phase, signal) {
        (None | Some(Phase::Pending { .. }), Signal::Holds) => {
            let since = match phase {
                Some(Phase::Pending { since: begun, seen }) if at.since(seen) <= GAP => begun.min(since),
                _ => since.min(at),
            };
            let phase = Some(Phase::Pending { since, seen: at });
            if at.since(since) >= timing.hold { (phase, Step::Raise { since }) } else { (phase, Step::Nothing) }
        }
        (None | Some(Phase::Pending { .. } | Phase::Muted), Signal::Clears) | (Some(Phase::Pending { .. }), Signal::Between) => {
            (None, Step::Nothing)
        }
        (Some(Phase::Firing), Signal::Clears) => pass(Phase::Clearing { since: at }, at, timing),
        (Some(Phase::Clearing { .. }), Signal::Holds) => (Some(Phase::Firing), Step::Again),
        (Some(Phase::Clearing { .. }), Signal::Between) => (Some(Phase::Firing), Step::Nothing),
        (Some(clearing @ Phase::Clearing { .. }), Signal::Clears) => pass(clearing, at, timing),
        (phase, _) => (phase, Step::Nothing),
    }
}

/// Lets time pass without a reading. `lasting` says that a condition once seen holds until the contrary is seen: a state does, a value
/// does not.
pub fn pass_time(phase: Phase, at: Timestamp, timing: Timing, lasting: bool) -> Step {
    match phase {
        Phase::Pending { since, .. } if lasting && at.since(since) >= timing.hold => Step::Raise { since },
        Phase::Clearing { .. } => pass(phase, at, timing).1,
        _ => Step::Nothing,
    }
}

fn pass(phase: Phase, at: Timestamp, timing: Timing) -> (Option<Phase>, Step) {
    let over = matches!(phase, Phase::Clearing { since } if at.since(since) >= timing.clear);
    (Some(phase), if over { Step::Clear } else { Step::Nothing })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Signal::{Between, Clears, Holds, Unknown};

    /// Walks readings `(seconds, signal)` and writes down what was done when.
    fn walk(timing: (u64, u64), readings: &[(i64, Signal)]) -> Vec<(i64, &'static str)> {
        let timing = Timing { hold: Duration::from_secs(timing.0), clear: Duration::from_secs(timing.1) };
        let (mut phase, mut done) = (None, Vec::new());
        for (seconds, signal) in readings {
            let at = Timestamp(seconds * 1000);
            let (next, step) = advance(phase, *signal, at, at, timing);
            phase = next;
            match step {
                Step::Nothing => {}
                Step::Raise { .. } => {
                    phase = Some(Phase::Firing);
                    done.push((*seconds, "raise"));
                }
                Step::Again => done.push((*seconds, "again")),
                Step::Clear => {
                    phase = None;
                    done.push((*seconds, "clear"));
                }
            }
        }
        done
    }

    #[test]
    fn it_fires_at_once_where_nothing_is_to_be_waited_for() {
        assert_eq!(walk((0, 0), &[(0, Clears), (60, Holds), (120, Holds), (180, Clears)]), [(60, "raise"), (180, "clear")]);
    }

    #[test]
    fn it_must_hold_without_a_break() {
        assert_eq!(walk((300, 0), &[(0, Holds), (240, Holds), (300, Holds)]), [(300, "raise")]);
        assert_eq!(walk((300, 0), &[(0, Holds), (240, Clears), (300, Holds), (540, Holds)]), []);
        assert_eq!(walk((300, 0), &[(0, Holds), (240, Between), (300, Holds)]), []);
    }

    #[test]
    fn what_is_not_known_neither_fires_nor_clears() {
        assert_eq!(
            walk((120, 0), &[(0, Holds), (60, Unknown), (120, Holds), (180, Unknown), (240, Clears)]),
            [(120, "raise"), (240, "clear")]
        );
        assert_eq!(walk((120, 0), &[(0, Holds), (4_000, Holds)]), [], "a day of silence is no evidence");
    }

    #[test]
    fn between_the_values_nothing_changes() {
        assert_eq!(walk((0, 0), &[(0, Holds), (60, Between), (120, Between), (180, Clears)]), [(0, "raise"), (180, "clear")]);
        assert_eq!(walk((0, 0), &[(0, Between), (60, Between)]), []);
    }

    #[test]
    fn it_must_be_gone_without_a_break() {
        let readings = [(0, Holds), (60, Clears), (90, Holds), (120, Clears), (150, Between), (180, Clears), (300, Clears)];
        assert_eq!(walk((0, 120), &readings), [(0, "raise"), (90, "again"), (300, "clear")]);
    }

    #[test]
    fn time_alone_ripens_a_state_but_not_a_value() {
        let timing = Timing { hold: Duration::from_secs(30), clear: Duration::from_mins(1) };
        let pending = Phase::Pending { since: Timestamp(0), seen: Timestamp(0) };
        assert_eq!(pass_time(pending, Timestamp(29_000), timing, true), Step::Nothing);
        assert_eq!(pass_time(pending, Timestamp(30_000), timing, true), Step::Raise { since: Timestamp(0) });
        assert_eq!(pass_time(pending, Timestamp(90_000), timing, false), Step::Nothing);
        assert_eq!(pass_time(Phase::Clearing { since: Timestamp(0) }, Timestamp(60_000), timing, false), Step::Clear);
        assert_eq!(pass_time(Phase::Firing, Timestamp(60_000), timing, true), Step::Nothing);
    }

    #[test]
    fn an_alert_ended_by_hand_comes_back_only_when_the_cause_does() {
        let timing = Timing { hold: Duration::ZERO, clear: Duration::ZERO };
        let at = Timestamp(0);
        assert_eq!(advance(Some(Phase::Muted), Holds, at, at, timing), (Some(Phase::Muted), Step::Nothing));
        assert_eq!(advance(Some(Phase::Muted), Clears, at, at, timing), (None, Step::Nothing));
    }
}
