//! Times beside the present.

use vigie_domain::Timestamp;

/// How long ago a time is: `3 min ago`, `in 2 h` for one that is still to come.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = (now.0 - at.0).div_euclid(1000);
    match seconds {
        -1..=1 => "now".to_owned(),
        2.. => format!("{} ago", coarse(seconds)),
        _ => format!("in {}", coarse(-seconds)),
    }
}

/// A number of seconds as what is left: `1 min 20 s`.
pub fn left(seconds: f64) -> String {
    super::number::duration(seconds.round())
}

fn coarse(seconds: i64) -> String {
    const UNITS: [(i64, &str); 4] = [(31_536_000, "y"), (86_400, "d"), (3600, "h"), (60, "min")];
    let (size, name) = UNITS.into_iter().find(|(size, _)| seconds >= *size).unwrap_or((1, "s"));
    format!("{} {name}", seconds / size)
}

/// A time in UTC to the second, as tables show it.
pub fn absolute(at: Timestamp) -> String {
    let text = Timestamp(at.0.div_euclid(1000) * 1000).to_string();
    text.replace('T', " ").replace(".000Z", "Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_from_the_present() {
        let now = Timestamp::parse("2026-11-23T09:05:40.123Z").unwrap();
        let at = |text: &str| ago(Timestamp::parse(text).unwrap(), now);
        assert_eq!(at("2026-11-23T09:05:40.000Z"), "now");
        assert_eq!(at("2026-11-23T09:05:10.000Z"), "30 s ago");
        assert_eq!(at("2026-11-23T09:02:40.000Z"), "3 min ago");
        assert_eq!(at("2026-11-20T09:02:40.000Z"), "3 d ago");
        assert_eq!(at("2026-11-23T11:06:00.000Z"), "in 2 h");
        assert_eq!(absolute(now), "2026-11-23 09:05:40Z");
    }
}
