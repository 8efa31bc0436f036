//! Reads typed values by the kind of their field.

use std::net::IpAddr;
use std::ops::Bound;

use ipnet::IpNet;

use super::parser::{Parsed, Parser, Target};
use super::{Condition, Place};
use crate::Timestamp;
use crate::telemetry::event::{HOST, KIND, SEVERITY};
use crate::telemetry::{EventField, EventKind, EventValue, FieldType};

/// Names of severities, by their number (RFC 5424, section 6.2.1), and those that devices write too.
const SEVERITIES: [(&str, i64); 12] = [
    ("emergency", 0),
    ("alert", 1),
    ("critical", 2),
    ("error", 3),
    ("warning", 4),
    ("notice", 5),
    ("informational", 6),
    ("debug", 7),
    ("crit", 2),
    ("err", 3),
    ("warn", 4),
    ("info", 6),
];

/// The name of a severity, 0 to 7 (RFC 5424, section 6.2.1).
pub fn severity_name(number: i64) -> Option<&'static str> {
    SEVERITIES.iter().find(|(_, known)| *known == number).map(|(name, _)| *name)
}

/// `field:*`.
pub(super) fn any(target: Target<'_>) -> Condition {
    match target.attribute {
        Some(key) => Condition::StartsWith(target.field, format!("{key}=")),
        None => Condition::Exists(target.field),
    }
}

/// `field:word*`, of a keyword.
pub(super) fn beginning(parser: &Parser<'_>, target: Target<'_>, word: &str, star: usize, start: usize) -> Parsed {
    if star + 1 != word.len() {
        return Err(parser.error(start, "a word with * at its end alone", word));
    }
    Ok(Condition::StartsWith(target.field, keyword(target, &word[..star])))
}

/// `field:value`.
pub(super) fn exact(parser: &mut Parser<'_>, target: Target<'_>, text: &str, start: usize) -> Parsed {
    let field = target.field;
    match field.kind {
        FieldType::Text => parser.words(Place::Message, text, start),
        FieldType::Keyword if field.number == KIND.number && EventKind::named(text).is_none() => {
            let names: Vec<_> = EventKind::ALL.into_iter().map(EventKind::name).collect();
            Err(parser.error(start, &format!("one of {}", names.join(", ")), text))
        }
        FieldType::Keyword => Ok(Condition::is(field, EventValue::Text(keyword(target, text)))),
        FieldType::Address => match text.parse::<IpNet>() {
            Ok(network) => Ok(between(field, EventValue::Address(network.network()), EventValue::Address(network.broadcast()))),
            Err(_) => value(parser, field, text, start).map(|value| between(field, value.clone(), value)),
        },
        FieldType::Integer | FieldType::Time => value(parser, field, text, start).map(|value| between(field, value.clone(), value)),
    }
}

/// `field:[a TO b]`, `field:{a TO b}`, `field:>=a`.
pub(super) fn range(parser: &mut Parser<'_>, target: Target<'_>) -> Parsed {
    let field = target.field;
    if matches!(field.kind, FieldType::Text | FieldType::Keyword) {
        return Err(parser.error(parser.place(), &format!("words: {} has no ranges", field.name), &parser.rest()[..1]));
    }
    for (sign, is_lower, is_included) in [(">=", true, true), ("<=", false, true), (">", true, false), ("<", false, false)] {
        if parser.rest().starts_with(sign) {
            parser.skip(sign.len());
            let bound = end(parser, field, is_included)?;
            let (from, to) = if is_lower { (bound, Bound::Unbounded) } else { (Bound::Unbounded, bound) };
            return Ok(Condition::Between(field, from, to));
        }
    }
    let from_included = parser.rest().starts_with('[');
    parser.skip(1);
    let from = end(parser, field, from_included)?;
    if !parser.operator(&["TO"]) {
        return Err(parser.expected("TO"));
    }
    let to = end(parser, field, true)?;
    parser.space();
    let to = match (parser.eat(']'), parser.eat('}'), to) {
        (true, _, to) => to,
        (_, true, Bound::Included(value)) => Bound::Excluded(value),
        (_, true, to) => to,
        _ => return Err(parser.expected("a closing ] or }")),
    };
    Ok(Condition::Between(field, from, to))
}

fn end(parser: &mut Parser<'_>, field: &'static EventField, is_included: bool) -> Parsed<Bound<EventValue>> {
    parser.space();
    let start = parser.place();
    let (word, _) = parser.word();
    if word == "*" {
        return Ok(Bound::Unbounded);
    }
    let value = value(parser, field, &word, start)?;
    Ok(if is_included { Bound::Included(value) } else { Bound::Excluded(value) })
}

fn value(parser: &Parser<'_>, field: &'static EventField, text: &str, start: usize) -> Parsed<EventValue> {
    let wrong = |expected: &str| parser.error(start, expected, text);
    match field.kind {
        FieldType::Integer if field.number == SEVERITY.number => severity(text).map(EventValue::Integer).ok_or_else(|| {
            let names: Vec<_> = SEVERITIES[..8].iter().map(|(name, _)| *name).collect();
            wrong(&format!("a whole number or one of {}", names.join(", ")))
        }),
        FieldType::Integer => text.parse().map(EventValue::Integer).map_err(|_| wrong("a whole number")),
        FieldType::Time => {
            moment(text, parser.now).map(EventValue::Time).ok_or_else(|| wrong("a time such as 2026-11-23T09:05:40Z, -1h or now"))
        }
        FieldType::Address => text
            .parse::<IpAddr>()
            .map(|address| EventValue::Address(address.to_canonical()))
            .map_err(|_| wrong("an address such as 10.0.0.1 or a network such as 10.0.0.0/8")),
        FieldType::Text | FieldType::Keyword => Ok(EventValue::Text(text.to_owned())),
    }
}

fn severity(text: &str) -> Option<i64> {
    let named = SEVERITIES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
    named.map(|(_, number)| *number).or_else(|| text.parse().ok())
}

fn moment(text: &str, now: Timestamp) -> Option<Timestamp> {
    Timestamp::parse_moment(text, now).or_else(|| Timestamp::parse(&format!("{text}T00:00:00Z")))
}

fn keyword(target: Target<'_>, text: &str) -> String {
    match target.attribute {
        Some(key) => format!("{key}={text}"),
        None if target.field.number == HOST.number => text.to_lowercase(),
        None => text.to_owned(),
    }
}

fn between(field: &'static EventField, from: EventValue, to: EventValue) -> Condition {
    Condition::Between(field, Bound::Included(from), Bound::Included(to))
}
