//! Where and in which form a command prints.

use std::io::{self, Write};

use clap::{Args, ValueEnum};
use console::Term;
use serde_json::Value as Json;
use vigie_domain::Timestamp;
use vigie_foundation::yaml::yaml;

use super::column::Column;
use super::csv;
use super::table::{Cell, table};
use super::tone::Tone;
use super::value::{cell, clean};
use crate::cli::failure::Failure;

/// In which form an answer is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: aligned, with units; not a stable format.
    #[default]
    Table,
    /// One JSON document: a list is an array of its rows.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// RFC 4180, raw values.
    Csv,
    /// YAML.
    Yaml,
}

/// How the answer is printed.
#[derive(Args, Clone, Debug, Default)]
pub struct OutputArgs {
    /// How the answer is printed.
    #[arg(
        short = 'o',
        long = "output",
        id = "output_format",
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        global = true,
        help_heading = "Output"
    )]
    pub format: Format,
}

/// A terminal this wide shows how long ago a time is, beside it.
const WIDE: usize = 140;

/// Standard output as a command sees it.
#[derive(Clone, Debug)]
pub struct Screen {
    /// In which form.
    pub format: Format,
    /// Columns of the terminal; `None` when it is none.
    pub width: Option<usize>,
    /// Whether there are colours.
    pub colours: bool,
    /// The present, for relative times.
    pub now: Timestamp,
}

impl Screen {
    /// That of this process. Colours are for terminals, without `NO_COLOR`.
    pub fn of_process(format: Format, now: Timestamp) -> Self {
        let term = Term::stdout();
        let width = term.size_checked().map(|(_, columns)| usize::from(columns));
        Self { format, width, colours: term.features().colors_supported(), now }
    }

    /// Whether people read it.
    pub fn for_people(&self) -> bool {
        self.format == Format::Table
    }

    /// The present, where there is room for how long ago something was.
    pub fn relative(&self) -> Option<Timestamp> {
        self.width.filter(|width| *width >= WIDE).map(|_| self.now)
    }

    /// Prints text.
    #[expect(clippy::unused_self, reason = "whoever prints was given a screen to print on")]
    pub fn put(&self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        Ok(out.flush()?)
    }

    /// Prints rows.
    pub fn rows(&self, columns: &[Column], rows: &[Json]) -> Result<(), Failure> {
        self.put(&self.render_rows(columns, rows))
    }

    /// Prints one object.
    pub fn object(&self, object: &Json) -> Result<(), Failure> {
        self.put(&self.render_object(object))
    }

    /// Prints rows that come one by one: those of NDJSON at once.
    pub fn row(&self, row: &Json) -> Result<(), Failure> {
        self.put(&format!("{row}\n"))
    }

    /// Rows as text.
    pub fn render_rows(&self, columns: &[Column], rows: &[Json]) -> String {
        match self.format {
            Format::Table => self.render_table(columns, rows),
            Format::Json => pretty(&Json::from(rows.to_vec())),
            Format::Ndjson => rows.iter().map(|row| row.to_string() + "\n").collect(),
            Format::Csv => csv::head(columns) + &rows.iter().map(|row| csv::row(columns, row)).collect::<String>(),
            Format::Yaml => yaml(&Json::from(rows.to_vec())),
        }
    }

    fn render_table(&self, columns: &[Column], rows: &[Json]) -> String {
        if rows.is_empty() {
            return String::new();
        }
        let headings: Vec<String> = columns.iter().map(|column| column.heading.clone()).collect();
        let cells: Vec<Vec<Cell>> =
            rows.iter().map(|row| columns.iter().map(|column| column.cell(row, self.relative())).collect()).collect();
        table(&headings, &cells, self.width, self.colours)
    }

    /// An object as text.
    pub fn render_object(&self, object: &Json) -> String {
        match self.format {
            Format::Table => self.render_record(object),
            Format::Json => pretty(object),
            Format::Ndjson => format!("{object}\n"),
            Format::Csv => {
                let columns: Vec<Column> = object
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(name, _)| Column { heading: name.clone(), path: name.clone() })
                    .collect();
                csv::head(&columns) + &csv::row(&columns, object)
            }
            Format::Yaml => yaml(object),
        }
    }

    /// A line a value; what lies deeper is named by its path.
    fn render_record(&self, object: &Json) -> String {
        let mut rows = Vec::new();
        flatten("", object, &mut |path, value, unit| {
            let name = path.rsplit('.').next().unwrap_or(path);
            let shown = cell(name, value, unit, Some(self.now));
            rows.push(vec![Cell::new(clean(path), Tone::Heading), Cell { right: false, ..shown }]);
        });
        table(&[String::new(), String::new()], &rows, self.width, self.colours)
    }
}

fn flatten(path: &str, value: &Json, leaf: &mut impl FnMut(&str, &Json, Option<&str>)) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Json::Object(members) if !is_named(value) => {
            let unit = members.get("unit").and_then(Json::as_str);
            for (name, member) in members {
                if member.is_object() || member.is_array() {
                    flatten(&below(name), member, leaf);
                } else {
                    leaf(&below(name), member, unit.filter(|_| matches!(name.as_str(), "value" | "threshold")));
                }
            }
        }
        Json::Array(items) if items.iter().any(|item| item.is_object() && !is_named(item)) => {
            for (n, item) in items.iter().enumerate() {
                flatten(&below(&n.to_string()), item, leaf);
            }
        }
        other => leaf(path, other, None),
    }
}

/// Whether it is a reference to another object: id and name, perhaps with a type.
fn is_named(value: &Json) -> bool {
    let Some(members) = value.as_object() else { return false };
    members.get("name").is_some_and(Json::is_string) && members.keys().all(|key| matches!(key.as_str(), "id" | "name" | "type"))
}

fn pretty(value: &Json) -> String {
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::column::columns;
    use super::*;

    fn screen(format: Format) -> Screen {
        Screen { format, width: None, colours: false, now: Timestamp(0) }
    }

    fn rows() -> Vec<Json> {
        vec![json!({"name": "core-1", "status": "up"}), json!({"name": "acc-2", "status": null})]
    }

    #[test]
    fn rows_are_given_in_every_form() {
        let columns = columns("name status");
        let shown = |format| screen(format).render_rows(&columns, &rows());
        assert_eq!(shown(Format::Table), "NAME    STATUS\ncore-1  up\nacc-2   –\n");
        assert_eq!(shown(Format::Ndjson), "{\"name\":\"core-1\",\"status\":\"up\"}\n{\"name\":\"acc-2\",\"status\":null}\n");
        assert_eq!(shown(Format::Csv), "name,status\r\ncore-1,up\r\nacc-2,\r\n");
        assert_eq!(shown(Format::Yaml), "- name: core-1\n  status: up\n- name: acc-2\n  status: null\n");
        assert_eq!(serde_json::from_str::<Json>(&shown(Format::Json)).unwrap(), Json::from(rows()));
    }

    #[test]
    fn an_object_is_a_line_a_value_with_units() {
        let object = json!({"name": "core-1", "site": {"id": "1", "name": "Lyon"}, "state": {"cpu_ratio": 0.5},
            "storage": [{"name": "/", "used_bytes": 1024}], "tags": ["a"], "load": {"value": 0.25, "unit": "ratio"}});
        let text = screen(Format::Table).render_object(&object);
        for line in [
            "name                  core-1",
            "site                  Lyon",
            "state.cpu_ratio       50 %",
            "storage.0.used_bytes  1 KiB",
            "load.value            25 %",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} in\n{text}");
        }
    }

    #[test]
    fn a_table_without_rows_is_empty_and_json_is_not() {
        assert_eq!(screen(Format::Table).render_rows(&columns("name"), &[]), "");
        assert_eq!(screen(Format::Json).render_rows(&columns("name"), &[]), "[]\n");
    }
}
