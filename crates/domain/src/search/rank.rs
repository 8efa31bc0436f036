//! The order of events by how well they fit: Vigie's own, so that every store gives the same.

use super::analyzer::Analyzer;
use super::{Condition, Hit};
use crate::telemetry::event::{HOST, INTERFACE, NAME, PROGRAM};
use crate::telemetry::{EventField, EventValue, FieldType, StoredEvent};

/// After how long an event counts half.
const HALF_LIFE_MS: f64 = 24.0 * 3_600_000.0;

/// What a word in a field is worth; 1 in a message.
fn weight(field: &EventField) -> f64 {
    match field.number {
        number if number == NAME.number => 4.0,
        number if number == HOST.number || number == INTERFACE.number => 3.0,
        number if number == PROGRAM.number => 2.0,
        _ if field.kind == FieldType::Text => 1.0,
        _ => 1.5,
    }
}

/// Puts the best first: each word that was looked for counts as in the weightiest field that has it; an event of the day before counts
/// half. Equal ones stay as they were.
pub fn rank(hits: &mut [Hit], condition: &Condition) {
    let mut words = Vec::new();
    collect(condition, &mut words);
    let newest = hits.iter().map(|hit| hit.event.at).max().unwrap_or_default();
    let mut analyzer = Analyzer::default();
    hits.sort_by_cached_key(|hit| {
        let age = newest.since(hit.event.at).as_millis() as f64;
        let score = (1.0 + fit(&hit.event, &words, &mut analyzer)) * 0.5_f64.powf(age / HALF_LIFE_MS);
        // positive numbers sort as their bits do
        std::cmp::Reverse(score.to_bits())
    });
}

/// The words that a condition asks for; a beginning ends with a star.
fn collect(condition: &Condition, words: &mut Vec<String>) {
    match condition {
        Condition::All(all) | Condition::Any(all) => all.iter().for_each(|one| collect(one, words)),
        Condition::Word(_, word) => words.push(word.clone()),
        Condition::Phrase(phrase) => words.extend(phrase.iter().cloned()),
        Condition::Beginning(_, beginning) => words.push(format!("{beginning}*")),
        _ => {}
    }
}

fn fit(event: &StoredEvent, words: &[String], analyzer: &mut Analyzer) -> f64 {
    let mut best = vec![0.0_f64; words.len()];
    for (field, value) in &event.values {
        let weight = weight(field);
        let mut found = |token: &str| {
            for (word, best) in words.iter().zip(&mut best) {
                let is_it = word.strip_suffix('*').map_or(word == token, |beginning| token.starts_with(beginning));
                if is_it {
                    *best = best.max(weight);
                }
            }
        };
        match value {
            EventValue::Text(text) if field.searched || field.kind == FieldType::Text => analyzer.each(text, |token| found(token.text)),
            EventValue::Address(address) => found(&address.to_string()),
            _ => {}
        }
    }
    best.iter().sum()
}
