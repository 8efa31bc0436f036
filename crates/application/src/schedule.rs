//! Schedules: cron expressions of five fields, in UTC.

use chrono::{DateTime, NaiveDateTime};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use vigie_domain::Timestamp;

/// Reads an expression; fails with what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Cron, String> {
    if text.split_whitespace().count() != 5 {
        return Err("a schedule has five fields: minute, hour, day of month, month, day of week".to_owned());
    }
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    parser.parse(text).map_err(|error| error.to_string())
}

/// Whether an expression can be read; fails with what is wrong with it.
pub fn check(text: &str) -> Result<(), String> {
    parse(text).map(drop)
}

/// The next time after `now`; `None` when there is none, as for 30 February.
pub fn next(text: &str, now: Timestamp) -> Option<Timestamp> {
    let cron = parse(text).ok()?;
    let now: NaiveDateTime = DateTime::from_timestamp_millis(now.0)?.naive_utc();
    let next = cron.find_next_occurrence(&now, false).ok()?;
    Some(Timestamp(next.and_utc().timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn the_next_time_lies_ahead() {
        let now = at("2026-11-23T09:05:40.123Z");
        assert_eq!(next("0 3 * * *", now), Some(at("2026-11-24T03:00:00Z")));
        assert_eq!(next("*/15 * * * *", now), Some(at("2026-11-23T09:15:00Z")));
        assert_eq!(next("0 3 * * *", at("2026-11-24T03:00:00Z")), Some(at("2026-11-25T03:00:00Z")));
        assert_eq!(next("0 0 30 2 *", now), None);
    }

    #[test]
    fn what_is_no_schedule_is_refused() {
        for text in ["", "0 3 * *", "0 0 3 * * *", "61 * * * *", "x * * * *"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
