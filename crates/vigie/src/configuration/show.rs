//! What is configured, and where it comes from.

use serde_json::Value;

use super::load::{Loaded, Source};
use super::node::{About, Node, Setting, Visitor};

/// One setting as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its path.
    pub path: String,
    /// Its value; `null` when unset, `"***"` for a secret.
    pub value: Value,
    /// Where the value comes from.
    pub source: Source,
    /// What it is.
    pub description: String,
}

/// Every setting in the order of the declaration, secrets masked.
pub fn entries(loaded: &Loaded) -> Vec<Entry> {
    let mut collect = Collect { loaded, entries: Vec::new() };
    loaded.configuration.clone().visit(&About::default(), &mut collect);
    collect.entries
}

/// Every setting as a line of TOML with its source; unset ones as comments.
pub fn show(loaded: &Loaded) -> String {
    let entries = entries(loaded);
    let lines: Vec<String> = entries.iter().map(line).collect();
    let width = lines.iter().map(|line| line.chars().count()).filter(|&width| width <= 60).max().unwrap_or(0);
    lines.iter().zip(&entries).fold(String::new(), |text, (line, entry)| text + &format!("{line:width$}  # {}\n", entry.source))
}

fn line(entry: &Entry) -> String {
    if entry.value.is_null() { format!("# {} is unset", entry.path) } else { format!("{} = {}", entry.path, toml_text(&entry.value)) }
}

/// A value as TOML writes it: texts, numbers, booleans and lists of them look as in JSON.
pub(super) fn toml_text(value: &Value) -> String {
    match value {
        Value::Array(list) => format!("[{}]", list.iter().map(toml_text).collect::<Vec<_>>().join(", ")),
        Value::Number(number) => grouped(&number.to_string()),
        other => other.to_string(),
    }
}

/// Digits in groups of three, as both Rust and TOML allow.
fn grouped(digits: &str) -> String {
    if digits.len() < 5 {
        return digits.to_owned();
    }
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join("_")
}

struct Collect<'a> {
    loaded: &'a Loaded,
    entries: Vec<Entry>,
}

impl Visitor for Collect<'_> {
    fn setting(&mut self, about: &About, setting: &mut dyn Setting) {
        let entry =
            Entry { path: about.path.clone(), value: setting.value(), source: self.loaded.source(&about.path), description: about.text() };
        self.entries.push(entry);
    }
}
