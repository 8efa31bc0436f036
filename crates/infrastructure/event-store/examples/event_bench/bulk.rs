//! The same events as bodies of `_bulk` requests, for a cluster that is fed by others.

use std::io::{BufWriter, Write as _};
use std::path::Path;

use serde_json::{Map, Value, json};
use vigie_domain::telemetry::{EventRow, RowValue};
use vigie_testkit::make::NOW;

use crate::feed::{BATCH, Feed};

/// Events of a request.
const REQUEST: u64 = 10_000;

/// Writes the requests, a file each.
pub(crate) fn write(folder: &Path, events: u64) -> Value {
    let mut feed = Feed::new();
    let requests = events / REQUEST;
    for number in 0..requests {
        let mut file = BufWriter::new(std::fs::File::create(folder.join(format!("{number:05}.ndjson"))).unwrap());
        for _ in 0..REQUEST / BATCH {
            for row in feed.next(NOW).rows() {
                let row = EventRow::read(row).unwrap();
                writeln!(file, "{{\"create\":{{}}}}\n{}", document(&row)).unwrap();
            }
        }
        file.flush().unwrap();
    }
    json!({ "events": requests * REQUEST, "requests": requests })
}

fn document(row: &EventRow<'_>) -> Value {
    let mut document = Map::new();
    document.insert("kind".to_owned(), row.kind.name().into());
    document.insert("at".to_owned(), row.at.0.into());
    for (field, value) in row.values() {
        let value = match value {
            RowValue::Text(text) => text.into(),
            RowValue::Number(number) => number.into(),
            RowValue::Address(address) => address.to_string().into(),
        };
        document.insert(field.name.to_owned(), value);
    }
    Value::Object(document)
}
