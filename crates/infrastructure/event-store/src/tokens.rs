//! What is indexed of an event's texts: the tokens of the analyzer, separated by spaces, the same for every engine.

use std::fmt::Write as _;
use std::hash::{BuildHasher as _, RandomState};

use vigie_domain::search::analyzer::Analyzer;
use vigie_domain::telemetry::{EventRow, FieldType, RowValue};

/// The tokens of one event. Keeps its room from one to the next.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    /// Words of the message, in order.
    pub(crate) words: String,
    /// Their parts.
    pub(crate) parts: String,
    /// Words and parts of all searched fields.
    pub(crate) about: String,
    analyzer: Analyzer,
    seen: Seen,
    text: String,
}

/// Tokens of values that were read before: hosts, programs and the like come again and again. A value takes the place of another one that
/// has the same hash.
#[derive(Debug, Default)]
struct Seen {
    places: Vec<(String, String)>,
    hasher: RandomState,
}

/// Values that are remembered.
const SEEN: usize = 1024;
/// Longest value that is remembered, in bytes.
const LONGEST_SEEN: usize = 64;

impl Seen {
    /// The tokens of a value; made where it was not seen before.
    fn get(&mut self, value: &str, make: impl FnOnce(&mut String)) -> &str {
        self.places.resize_with(SEEN, Default::default);
        let place = self.hasher.hash_one(value) as usize % SEEN;
        let (known, tokens) = &mut self.places[place];
        if known != value {
            tokens.clear();
            make(tokens);
            known.clear();
            known.push_str(value);
        }
        tokens
    }
}

impl Tokens {
    /// Reads an event.
    pub(crate) fn read(&mut self, row: &EventRow<'_>) {
        let Self { words, parts, about, analyzer, seen, text } = self;
        for tokens in [&mut *words, parts, about] {
            tokens.clear();
        }
        for (field, value) in row.values() {
            if field.kind == FieldType::Text {
                if let RowValue::Text(message) = value {
                    analyzer.each(message, |token| push(if token.whole { words } else { parts }, token.text));
                }
                continue;
            }
            if !field.searched {
                continue;
            }
            match value {
                RowValue::Text(value) if value.len() > LONGEST_SEEN => analyzer.each(value, |token| push(about, token.text)),
                RowValue::Text(value) => {
                    let tokens = seen.get(value, |tokens| analyzer.each(value, |token| push(tokens, token.text)));
                    if !tokens.is_empty() {
                        push(about, tokens);
                    }
                }
                RowValue::Address(address) => {
                    text.clear();
                    // writing to a string does not fail
                    let _ = write!(text, "{address}");
                    push(about, text);
                }
                RowValue::Number(_) => {}
            }
        }
    }
}

fn push(tokens: &mut String, token: &str) {
    if !tokens.is_empty() {
        tokens.push(' ');
    }
    tokens.push_str(token);
}
