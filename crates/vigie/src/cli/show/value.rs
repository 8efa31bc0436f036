//! One value of the API as the text of a cell.

use serde_json::Value as Json;
use vigie_domain::Timestamp;

use super::moment::{absolute, ago};
use super::number::{Quantity, quantity};
use super::table::Cell;
use super::tone::Tone;

/// What stands for an unknown value.
pub const UNKNOWN: &str = "–";

/// A cell for people: with unit, colour, and the distance of a time where `now` is given.
pub fn cell(name: &str, value: &Json, unit: Option<&str>, now: Option<Timestamp>) -> Cell {
    match value {
        Json::Null => Cell::new(UNKNOWN, Tone::Faint),
        Json::Bool(yes) => Cell::new(if *yes { "yes" } else { "no" }, if *yes { Tone::Plain } else { Tone::Faint }),
        Json::Number(number) => {
            let quantity = unit.and_then(Quantity::of_unit).unwrap_or_else(|| quantity(name));
            let shown = quantity.show(number.as_f64().unwrap_or_default());
            let named = unit.filter(|unit| Quantity::of_unit(unit).is_none() && !unit.is_empty());
            Cell::number(named.map_or(shown.clone(), |unit| format!("{shown} {unit}")))
        }
        Json::String(text) => text_cell(text, now),
        Json::Array(items) if items.is_empty() => Cell::new(UNKNOWN, Tone::Faint),
        Json::Array(items) => {
            let texts: Vec<String> = items.iter().map(|item| cell(name, item, None, None).text).collect();
            Cell::new(texts.join(", "), Tone::Plain)
        }
        Json::Object(members) => match members.get("name").or_else(|| members.get("id")) {
            Some(Json::String(named)) => Cell::new(clean(named), Tone::Plain),
            _ => Cell::new(brief(members), Tone::Plain),
        },
    }
}

/// An object on one line: what lies deeper, and ids, are left to the other forms.
fn brief(members: &serde_json::Map<String, Json>) -> String {
    let tells = |value: &Json| match value {
        Json::Null | Json::Object(_) => false,
        Json::Array(items) => !items.is_empty() && items.iter().all(|item| !item.is_object() && !item.is_array()),
        Json::String(text) => text.parse::<vigie_domain::Id>().is_err(),
        _ => true,
    };
    let shown = members.iter().filter(|(_, value)| tells(value));
    shown.map(|(key, value)| format!("{key}={}", cell(key, value, None, None).text)).collect::<Vec<_>>().join(" ")
}

fn text_cell(text: &str, now: Option<Timestamp>) -> Cell {
    let Some(at) = moment(text) else {
        return if text.is_empty() { Cell::new(UNKNOWN, Tone::Faint) } else { Cell::new(clean(text), Tone::of(text)) };
    };
    let beside = now.map(|now| format!(" ({})", ago(at, now))).unwrap_or_default();
    Cell::new(absolute(at) + &beside, Tone::Plain)
}

/// A time as the API writes it.
pub fn moment(text: &str) -> Option<Timestamp> {
    (text.len() >= 20 && text.as_bytes()[4] == b'-' && text.contains('T')).then(|| Timestamp::parse(text)).flatten()
}

/// A text without control characters: what a device calls itself must not steer the terminal.
pub fn clean(text: &str) -> String {
    let text = text.trim_end_matches(['\r', '\n']);
    text.chars().map(|c| if c == '\n' || c == '\t' || c == '\r' { ' ' } else { c }).filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(name: &str, value: &Json) -> String {
        cell(name, value, None, None).text
    }

    #[test]
    fn values_are_shown_by_what_they_are() {
        assert_eq!(shown("x", &json!(null)), "–");
        assert_eq!(shown("monitored", &json!(true)), "yes");
        assert_eq!(shown("speed_bps", &json!(10_000_000_000_u64)), "10 Gbit/s");
        assert_eq!(shown("tags", &json!(["core", "lyon"])), "core, lyon");
        assert_eq!(shown("site", &json!({"id": "0193", "name": "Lyon"})), "Lyon");
        assert_eq!(shown("at", &json!("2026-11-23T09:05:40.123Z")), "2026-11-23 09:05:40Z");
        assert_eq!(cell("value", &json!(0.5), Some("ratio"), None).text, "50 %");
        assert_eq!(cell("value", &json!(3), Some("sessions"), None).text, "3 sessions");
        let now = Timestamp::parse("2026-11-23T09:08:41.000Z");
        assert_eq!(cell("at", &json!("2026-11-23T09:05:40.123Z"), None, now).text, "2026-11-23 09:05:40Z (3 min ago)");
    }

    #[test]
    fn a_device_cannot_steer_the_terminal() {
        assert_eq!(shown("name", &json!("sw\u{1b}[2J\u{7}-1\r\n")), "sw[2J-1");
        assert_eq!(shown("sys_descr", &json!("Cisco IOS\r\nVersion 15\n")), "Cisco IOS  Version 15");
    }
}
