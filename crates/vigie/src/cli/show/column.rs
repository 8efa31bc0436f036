//! Columns of a table, written as `heading=path` or `path`, blanks between them.

use serde_json::Value as Json;
use vigie_domain::Timestamp;

use super::table::Cell;
use super::tone::Tone;
use super::value::{UNKNOWN, cell};

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What stands above it.
    pub heading: String,
    /// Where its value stands in a row: names with dots between them.
    pub path: String,
}

/// Reads a list of columns.
pub fn columns(spec: &str) -> Vec<Column> {
    spec.split([' ', ',']).filter(|word| !word.is_empty()).map(Column::parse).collect()
}

impl Column {
    /// Reads one column.
    pub fn parse(word: &str) -> Self {
        let (heading, path) = word.split_once('=').unwrap_or_else(|| (word.rsplit('.').next().unwrap_or(word), word));
        Self { heading: heading.replace('_', " ").to_uppercase(), path: path.to_owned() }
    }

    /// The value in a row; `null` when there is none.
    pub fn value<'a>(&self, row: &'a Json) -> &'a Json {
        at(row, &self.path)
    }

    /// The cell of a row.
    pub fn cell(&self, row: &Json, now: Option<Timestamp>) -> Cell {
        let (parent, name) = self.path.rsplit_once('.').map_or((row, self.path.as_str()), |(parent, name)| (at(row, parent), name));
        // a value whose unit stands beside it
        let unit = matches!(name, "value" | "threshold" | "clear_value" | "peak").then(|| parent["unit"].as_str()).flatten();
        match self.value(row) {
            Json::Null => Cell { right: false, ..Cell::new(UNKNOWN, Tone::Faint) },
            value => cell(name, value, unit, now),
        }
    }
}

fn at<'a>(row: &'a Json, path: &str) -> &'a Json {
    path.split('.').fold(row, |value, name| match value {
        Json::Array(items) => name.parse::<usize>().ok().and_then(|n| items.get(n)).unwrap_or(&Json::Null),
        other => &other[name],
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_find_their_values() {
        let row = json!({"name": "core-1", "site": {"id": "1", "name": "Lyon"}, "state": {"cpu_ratio": 0.5}, "access": [{"state": "ok"}]});
        let shown: Vec<(String, String)> = columns("name site=site.name cpu=state.cpu_ratio state.latency_ms access.0.state")
            .iter()
            .map(|c| (c.heading.clone(), c.cell(&row, None).text))
            .collect();
        let expected = [("NAME", "core-1"), ("SITE", "Lyon"), ("CPU", "50 %"), ("LATENCY MS", "–"), ("STATE", "ok")];
        assert_eq!(shown, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }

    #[test]
    fn a_value_takes_the_unit_beside_it() {
        let row = json!({"value": 0.93, "threshold": 0.9, "unit": "ratio"});
        assert_eq!(Column::parse("value").cell(&row, None).text, "93 %");
        assert_eq!(Column::parse("threshold").cell(&row, None).text, "90 %");
    }
}
