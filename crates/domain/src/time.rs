//! Time as Vigie keeps it: UTC, to the millisecond, always passed in.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Milliseconds since 1970-01-01T00:00:00Z; travels as RFC 3339 with milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This moment plus a duration.
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.as_millis() as i64))
    }

    /// This moment minus a duration.
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration.as_millis() as i64))
    }

    /// How long after `earlier` this is; zero when it is not after.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0).max(0) as u64)
    }

    /// Whole seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Reads a [`Moment`] as it is `now`.
    pub fn parse_moment(text: &str, now: Self) -> Option<Self> {
        Moment::parse(text).map(|moment| moment.at(now))
    }

    /// Reads RFC 3339.
    pub fn parse(text: &str) -> Option<Self> {
        let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok().map(Self)
    }
}

/// A time as people write it: one that stays, or one that moves along with now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Moment {
    /// This time.
    At(Timestamp),
    /// So many milliseconds before now.
    Ago(i64),
}

impl Moment {
    /// Reads RFC 3339, `now`, or a time before now such as `-90s`, `-15m`, `-1h`, `-7d`, `-2w`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "now" {
            return Some(Self::Ago(0));
        }
        let Some(ago) = text.strip_prefix('-') else { return Timestamp::parse(text).map(Self::At) };
        let unit = ago.chars().last()?;
        let count: i64 = ago.strip_suffix(unit)?.parse().ok()?;
        let seconds = UNITS.iter().find(|(name, _)| *name == unit)?.1;
        (count >= 0).then_some(())?;
        Some(Self::Ago(count.checked_mul(seconds)?.checked_mul(1000)?))
    }

    /// Which time it is now.
    pub fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Ago(ms) => Timestamp(now.0.saturating_sub(ms)),
        }
    }
}

/// Units of a time before now, in seconds, the largest first.
const UNITS: [(char, i64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(at) => at.fmt(f),
            Self::Ago(0) => f.write_str("now"),
            Self::Ago(ms) => {
                let seconds = ms / 1000;
                let (name, unit) = UNITS.into_iter().find(|(_, unit)| seconds % unit == 0).unwrap_or(('s', 1));
                write!(f, "-{}{name}", seconds / unit)
            }
        }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
        let (hour, minute, second, milli) = (at.hour(), at.minute(), at.second(), at.millisecond());
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("not an RFC 3339 time such as 2026-11-23T09:05:40.123Z"))
    }
}

/// Where time comes from: the system in production, a hand-driven one in tests.
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_back_as_written() {
        let at = Timestamp::parse("2026-11-23T09:05:40.123Z").unwrap();
        assert_eq!(at.to_string(), "2026-11-23T09:05:40.123Z");
        assert_eq!(Timestamp::parse("2026-11-23T10:05:40.123+01:00"), Some(at));
        assert_eq!(Timestamp::parse("yesterday"), None);
        assert_eq!(Timestamp::parse_moment("-1h", at), Some(Timestamp(at.0 - 3_600_000)));
        assert_eq!(Timestamp::parse_moment("--1h", at), None);
    }

    #[test]
    fn a_moment_is_written_as_it_is_read() {
        for text in ["now", "-90s", "-15m", "-1h", "-36h", "-2d", "-1w", "2026-11-23T09:05:40.123Z"] {
            assert_eq!(Moment::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Moment::parse("-7d").unwrap().to_string(), "-1w");
        for text in ["", "-", "-h", "-1y", "--1h", "-99999999999999999s", "-\u{e9}"] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }
}
