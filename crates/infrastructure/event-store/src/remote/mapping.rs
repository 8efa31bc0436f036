//! How a cluster indexes events.
//!
//! Texts come already cut into tokens (see `tokens`), so every version and product finds the same words; the source keeps the event without
//! them.

use serde_json::{Map, Value, json};
use vigie_domain::telemetry::event::{AT, MESSAGE};
use vigie_domain::telemetry::{EventId, EventKind, EventRow, FIELDS, FieldType, RowValue};

use crate::settings::ClusterSettings;
use crate::tokens::Tokens;

/// Number of this mapping; raised when it changes. Indexes made before keep theirs.
const VERSION: u64 = 1;

/// The template of the indexes of a kind.
pub(super) fn template(settings: &ClusterSettings, kind: EventKind, lifecycle: Option<&str>) -> Value {
    let mut index = json!({ "number_of_shards": settings.shards, "number_of_replicas": settings.replicas, "refresh_interval": "1s" });
    if let Some(policy) = lifecycle {
        index["lifecycle"] = json!({ "name": policy });
    }
    json!({
        "index_patterns": [format!("{}-{}-*", settings.prefix, kind.name())],
        "priority": 500,
        "version": VERSION,
        "template": { "settings": { "index": index }, "mappings": mappings() },
    })
}

fn mappings() -> Value {
    let tokens = json!({ "type": "keyword", "doc_values": false });
    let mut properties = Map::new();
    properties.insert("id".to_owned(), json!({ "type": "keyword" }));
    properties.insert("words".to_owned(), json!({ "type": "text", "analyzer": "whitespace", "norms": false }));
    properties.insert("parts".to_owned(), tokens.clone());
    properties.insert("about".to_owned(), tokens);
    for field in &FIELDS {
        let own = match field.kind {
            FieldType::Text => json!({ "type": "keyword", "index": false, "doc_values": false }),
            FieldType::Keyword => json!({ "type": "keyword" }),
            FieldType::Address => json!({ "type": "ip" }),
            FieldType::Time if field.number == AT.number => json!({ "type": "date", "format": "epoch_millis" }),
            // times too: dates before 1970 are not read by every version
            FieldType::Integer | FieldType::Time => json!({ "type": "long" }),
        };
        properties.insert(field.name.to_owned(), own);
    }
    json!({ "dynamic": false, "_source": { "excludes": ["words", "parts", "about"] }, "properties": properties })
}

/// The document of an event.
pub(super) fn document(row: &EventRow<'_>, id: EventId, tokens: &Tokens) -> Value {
    let mut document = Map::new();
    document.insert("id".to_owned(), id.to_string().into());
    document.insert("kind".to_owned(), row.kind.name().into());
    document.insert(AT.name.to_owned(), row.at.0.into());
    for (field, value) in row.values() {
        let value: Value = match value {
            RowValue::Text(text) => text.into(),
            RowValue::Number(number) => number.into(),
            RowValue::Address(address) => address.to_string().into(),
        };
        match document.get_mut(field.name) {
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
            None => {
                document.insert(field.name.to_owned(), value);
            }
        }
    }
    if !tokens.words.is_empty() {
        document.insert("words".to_owned(), tokens.words.as_str().into());
    }
    for (name, text) in [("parts", &tokens.parts), ("about", &tokens.about)] {
        if !text.is_empty() {
            document.insert(name.to_owned(), text.split(' ').map(Value::from).collect());
        }
    }
    Value::Object(document)
}

/// The field that tells whether an event has a value: of the message, its words.
pub(super) fn field_name(field: &vigie_domain::telemetry::EventField) -> &'static str {
    if field.number == MESSAGE.number { "words" } else { FIELDS[usize::from(field.number)].name }
}
