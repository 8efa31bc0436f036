//! Numbers with their units. The API names the unit in the field (`_bps`, `_ratio`, `_bytes`…), a series or figure beside the value.

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Bytes, shown in powers of 1024.
    Bytes,
    /// Bytes a second.
    ByteRate,
    /// Bits a second, shown in powers of 1000 as interfaces are sold.
    BitRate,
    /// Packets a second.
    PacketRate,
    /// Anything else a second.
    Rate,
    /// A share from 0 to 1, shown in percent.
    Ratio,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Degrees Celsius.
    Celsius,
    /// A count.
    Count,
    /// A number that names something, such as a port: its digits stay together.
    Label,
}

/// What the name of a field says that it counts.
pub fn quantity(name: &str) -> Quantity {
    const SUFFIXES: [(&str, Quantity); 12] = [
        ("bytes_per_second", Quantity::ByteRate),
        ("per_second", Quantity::Rate),
        ("bytes", Quantity::Bytes),
        ("bps", Quantity::BitRate),
        ("pps", Quantity::PacketRate),
        ("ratio", Quantity::Ratio),
        ("seconds", Quantity::Seconds),
        ("ms", Quantity::Milliseconds),
        ("celsius", Quantity::Celsius),
        ("index", Quantity::Label),
        ("port", Quantity::Label),
        ("version", Quantity::Label),
    ];
    let ends = |suffix: &str| name.strip_suffix(suffix).is_some_and(|head| head.is_empty() || head.ends_with('_'));
    SUFFIXES.iter().find(|(suffix, _)| ends(suffix)).map_or(Quantity::Count, |(_, quantity)| *quantity)
}

impl Quantity {
    /// What a unit that stands beside its value means: `bit/s`, `byte`, `ratio`…
    pub fn of_unit(unit: &str) -> Option<Self> {
        Some(match unit {
            "byte" | "bytes" => Self::Bytes,
            "byte/s" | "bytes_per_second" => Self::ByteRate,
            "bit/s" | "bps" => Self::BitRate,
            "packet/s" | "pps" => Self::PacketRate,
            "1/s" | "per_second" => Self::Rate,
            "ratio" => Self::Ratio,
            "s" | "seconds" => Self::Seconds,
            "ms" => Self::Milliseconds,
            "celsius" => Self::Celsius,
            _ => return None,
        })
    }

    /// A value with its unit, short enough for a table.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Bytes => scaled(value, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB", "PiB"]),
            Self::ByteRate => scaled(value, 1024.0, &["B/s", "KiB/s", "MiB/s", "GiB/s", "TiB/s"]),
            Self::BitRate => scaled(value, 1000.0, &["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"]),
            Self::PacketRate => scaled(value, 1000.0, &["pkt/s", "kpkt/s", "Mpkt/s"]),
            Self::Rate => format!("{}/s", short(value)),
            Self::Ratio => format!("{} %", short(value * 100.0)),
            Self::Seconds => duration(value),
            Self::Milliseconds if value.abs() >= 10_000.0 => duration(value / 1000.0),
            Self::Milliseconds => format!("{} ms", short(value)),
            Self::Celsius => format!("{} °C", short(value)),
            Self::Count => short(value),
            Self::Label => format!("{value:.0}"),
        }
    }
}

fn scaled(value: f64, base: f64, units: &[&str]) -> String {
    let mut rest = value;
    let mut units = units.iter();
    let mut unit = units.next();
    while rest.abs() >= base {
        let Some(next) = units.next() else { break };
        (rest, unit) = (rest / base, Some(next));
    }
    format!("{} {}", short(rest), unit.unwrap_or(&""))
}

/// Three digits that matter; whole numbers whole, with their thousands apart.
pub fn short(value: f64) -> String {
    let size = value.abs();
    if size.fract() == 0.0 || size >= 1000.0 {
        return grouped(value.round());
    }
    let digits = if size >= 100.0 {
        0
    } else if size >= 10.0 {
        1
    } else {
        2
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn grouped(value: f64) -> String {
    let text = format!("{value:.0}");
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    if digits.len() <= 4 {
        return text;
    }
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    format!("{sign}{}", groups.join(","))
}

/// Units of time in seconds, largest first.
const UNITS: [(u64, &str); 5] = [(31_536_000, "y"), (86_400, "d"), (3600, "h"), (60, "min"), (1, "s")];

/// A length of time in its two largest units: `3 d 4 h`.
pub fn duration(seconds: f64) -> String {
    if seconds.abs() < 60.0 {
        return format!("{} s", short(seconds));
    }
    let sign = if seconds < 0.0 { "-" } else { "" };
    let whole = seconds.abs().round() as u64;
    let at = UNITS.iter().position(|(size, _)| whole >= *size).unwrap_or(4);
    let (size, name) = UNITS[at];
    let rest = UNITS.get(at + 1).map(|(below, name)| (whole % size / below, name)).filter(|(count, _)| *count > 0);
    let tail = rest.map(|(count, name)| format!(" {count} {name}")).unwrap_or_default();
    format!("{sign}{} {name}{tail}", whole / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_their_unit() {
        for (name, quantity_of) in [
            ("in_bps", Quantity::BitRate),
            ("memory_used_bytes", Quantity::Bytes),
            ("disk_read_bytes_per_second", Quantity::ByteRate),
            ("in_errors_per_second", Quantity::Rate),
            ("cpu_ratio", Quantity::Ratio),
            ("timeout_ms", Quantity::Milliseconds),
            ("uptime_seconds", Quantity::Seconds),
            ("temperature_celsius", Quantity::Celsius),
            ("latency_ms", Quantity::Milliseconds),
            ("alarms", Quantity::Count),
            ("ms", Quantity::Milliseconds),
            ("if_index", Quantity::Label),
        ] {
            assert_eq!(quantity(name), quantity_of, "{name}");
        }
    }

    #[test]
    fn values_are_short_and_carry_their_unit() {
        for (quantity, value, text) in [
            (Quantity::Bytes, 0.0, "0 B"),
            (Quantity::Bytes, 1536.0, "1.5 KiB"),
            (Quantity::BitRate, 1_000_000_000.0, "1 Gbit/s"),
            (Quantity::BitRate, 999_400.0, "999 kbit/s"),
            (Quantity::PacketRate, 1500.0, "1.5 kpkt/s"),
            (Quantity::Ratio, 0.873_4, "87.3 %"),
            (Quantity::Ratio, 1.0, "100 %"),
            (Quantity::Rate, 0.25, "0.25/s"),
            (Quantity::Seconds, 0.5, "0.5 s"),
            (Quantity::Seconds, 90.0, "1 min 30 s"),
            (Quantity::Seconds, 273_600.0, "3 d 4 h"),
            (Quantity::Seconds, 7200.0, "2 h"),
            (Quantity::Milliseconds, 3.456, "3.46 ms"),
            (Quantity::Milliseconds, 60_000.0, "1 min"),
            (Quantity::Count, 1_234_567.0, "1,234,567"),
            (Quantity::Count, -0.5, "-0.5"),
            (Quantity::Label, 16_161.0, "16161"),
        ] {
            assert_eq!(quantity.show(value), text);
        }
    }
}
