//! What is indexed of an event's texts: the tokens of the analyzer, separated by spaces, the same for every engine.

use std::fmt::Write as _;

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
    text: String,
}

impl Tokens {
    /// Reads an event.
    pub(crate) fn read(&mut self, row: &EventRow<'_>) {
        let Self { words, parts, about, analyzer, text } = self;
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
                RowValue::Text(value) => analyzer.each(value, |token| push(about, token.text)),
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
