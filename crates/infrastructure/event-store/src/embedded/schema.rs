//! How a partition indexes events.

use std::sync::OnceLock;

use tantivy::schema::{
    DateOptions, DateTimePrecision, FAST, Field, INDEXED, IndexRecordOption, IpAddrOptions, NumericOptions, STORED, Schema,
    TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};
use vigie_domain::telemetry::event::{AT, BYTES, DURATION_MS, PACKETS, SEEN_BY};
use vigie_domain::telemetry::{EventField, FIELDS, FieldType};

/// Name of the tokenizer that splits at spaces.
pub(super) const SPACES: &str = "spaces";

/// The schema, and where its fields stand.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) schema: Schema,
    /// The event as the log keeps it: what is read back.
    pub(super) row: Field,
    /// Its position in the log.
    pub(super) position: Field,
    pub(super) words: Field,
    pub(super) parts: Field,
    pub(super) about: Field,
    own: Vec<Option<Field>>,
}

impl Layout {
    /// The one that all partitions have.
    pub(super) fn get() -> &'static Self {
        static LAYOUT: OnceLock<Layout> = OnceLock::new();
        LAYOUT.get_or_init(Self::make)
    }

    fn make() -> Self {
        let mut schema = Schema::builder();
        let row = schema.add_bytes_field("_row", STORED);
        let position = schema.add_u64_field("_position", FAST);
        let words = schema.add_text_field("_words", tokens(SPACES, IndexRecordOption::WithFreqsAndPositions));
        let parts = schema.add_text_field("_parts", tokens(SPACES, IndexRecordOption::Basic));
        let about = schema.add_text_field("_about", tokens(SPACES, IndexRecordOption::Basic));
        let own = FIELDS
            .iter()
            .map(|field| match field.kind {
                FieldType::Text => None,
                FieldType::Keyword => {
                    let options = tokens("raw", IndexRecordOption::Basic);
                    Some(schema.add_text_field(field.name, if is_fast(field) { options.set_fast("raw") } else { options }))
                }
                FieldType::Integer if is_indexed(field) => Some(schema.add_i64_field(field.name, NumericOptions::from(FAST | INDEXED))),
                FieldType::Integer => Some(schema.add_i64_field(field.name, FAST)),
                FieldType::Address => Some(schema.add_ip_addr_field(field.name, IpAddrOptions::default().set_fast().set_indexed())),
                FieldType::Time => {
                    Some(schema.add_date_field(field.name, DateOptions::from(FAST).set_precision(DateTimePrecision::Milliseconds)))
                }
            })
            .collect();
        Self { schema: schema.build(), row, position, words, parts, about, own }
    }

    /// Where a field stands; `None` for texts, which are found by their words.
    pub(super) fn field(&self, field: &EventField) -> Option<Field> {
        self.own.get(usize::from(field.number)).copied().flatten()
    }
}

/// Whether its values stand in a column, to be counted and sorted.
pub(super) fn is_fast(field: &EventField) -> bool {
    field.number != SEEN_BY.number && field.kind != FieldType::Text
}

/// Whether events are found by a value of it without looking at its column.
pub(super) fn is_indexed(field: &EventField) -> bool {
    ![AT, BYTES, PACKETS, DURATION_MS].iter().any(|measure| measure.number == field.number) && field.kind != FieldType::Time
}

fn tokens(tokenizer: &str, option: IndexRecordOption) -> TextOptions {
    let indexing = TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(option).set_fieldnorms(false);
    TextOptions::default().set_indexing_options(indexing)
}

/// Splits at spaces; all else was done by the analyzer.
#[derive(Debug, Clone, Default)]
pub(super) struct SpaceTokenizer {
    token: Token,
}

/// The tokens of one text.
#[derive(Debug)]
pub(super) struct Spaced<'a> {
    text: &'a str,
    at: usize,
    token: &'a mut Token,
}

impl Tokenizer for SpaceTokenizer {
    type TokenStream<'a> = Spaced<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Spaced<'a> {
        self.token.reset();
        Spaced { text, at: 0, token: &mut self.token }
    }
}

impl TokenStream for Spaced<'_> {
    fn advance(&mut self) -> bool {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return false;
        }
        let length = rest.bytes().position(|byte| byte == b' ').unwrap_or(rest.len());
        self.token.position = self.token.position.wrapping_add(1);
        (self.token.offset_from, self.token.offset_to) = (self.at, self.at + length);
        self.token.text.clear();
        self.token.text.push_str(&rest[..length]);
        self.at = (self.at + length + 1).min(self.text.len());
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }

    // without a call through a table for each token
    fn process(&mut self, sink: &mut dyn FnMut(&Token)) {
        while self.advance() {
            sink(self.token);
        }
    }
}
