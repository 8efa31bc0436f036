//! The TOML file as settings by path, with the line of each.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::kind::Given;
use super::problem::Problem;
use super::suggest::nearest;

/// Which paths exist.
#[derive(Debug, Default)]
pub struct Paths {
    /// Sections.
    pub sections: Vec<String>,
    /// Settings.
    pub settings: Vec<String>,
    /// Files of secrets, such as `notifications.smtp.password_file`.
    pub files: Vec<String>,
}

impl Paths {
    /// Says that a path does not exist, and which does. `shown` is how the place writes a path.
    pub fn unknown(&self, path: &str, shown: impl Fn(&str) -> String) -> String {
        let all = self.settings.iter().chain(&self.files).chain(&self.sections).map(String::as_str);
        if let Some(near) = nearest(path, all) {
            return format!("unknown key {}; did you mean {}?", shown(path), shown(near));
        }
        let parent = path.rsplit_once('.').map_or("", |(parent, _)| parent);
        let place = if self.sections.iter().any(|section| section == parent) { parent } else { "" };
        format!("unknown key {}; valid here: {}", shown(path), self.names_in(place).join(", "))
    }

    fn names_in(&self, section: &str) -> Vec<&str> {
        let inner = |path: &'_ str| -> Option<usize> {
            let rest = if section.is_empty() { path } else { path.strip_prefix(section)?.strip_prefix('.')? };
            (!rest.is_empty() && !rest.contains('.')).then(|| path.len() - rest.len())
        };
        let all = self.settings.iter().chain(&self.files).chain(&self.sections);
        all.filter_map(|path| inner(path).map(|at| &path[at..])).collect()
    }
}

/// A value and its line, from 1.
pub type Placed = (Given, usize);

/// Reads a file's text. Problems carry its name and the line.
pub fn read(file: &Path, text: &str, paths: &Paths) -> (BTreeMap<String, Placed>, Vec<Problem>) {
    let mut reader = Reader { file, text, paths, found: BTreeMap::new(), problems: Vec::new() };
    match DeTable::parse(text) {
        Ok(table) => reader.table("", table.get_ref()),
        Err(error) => {
            let line = reader.line(error.span().map_or(0, |span| span.start));
            let message = error.message().lines().next().unwrap_or("not valid TOML").to_owned();
            reader.complain(line, format!("not valid TOML: {message}"));
        }
    }
    (reader.found, reader.problems)
}

struct Reader<'a> {
    file: &'a Path,
    text: &'a str,
    paths: &'a Paths,
    found: BTreeMap<String, Placed>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let name = key.get_ref();
            let path = if prefix.is_empty() { name.to_string() } else { format!("{prefix}.{name}") };
            let line = self.line(key.span().start);
            self.entry(path, line, value);
        }
    }

    fn entry(&mut self, path: String, line: usize, value: &Spanned<DeValue<'_>>) {
        if self.paths.settings.contains(&path) || self.paths.files.contains(&path) {
            self.found.insert(path, (given(value.get_ref()), line));
            return;
        }
        if !self.paths.sections.contains(&path) {
            let message = self.paths.unknown(&path, str::to_owned);
            return self.complain(line, message);
        }
        match value.get_ref() {
            DeValue::Table(table) => self.table(&path, table),
            other => self.complain(line, format!("{path}: expected a section, found {}", given(other))),
        }
    }

    fn line(&self, at: usize) -> usize {
        self.text.as_bytes().iter().take(at).filter(|&&byte| byte == b'\n').count() + 1
    }

    fn complain(&mut self, line: usize, message: String) {
        self.problems.push(Problem::new(format_args!("{}:{line}", self.file.display()), message));
    }
}

fn given(value: &DeValue<'_>) -> Given {
    match value {
        DeValue::Boolean(value) => Given::Bool(*value),
        DeValue::String(text) => Given::Text(text.to_string()),
        DeValue::Array(list) => Given::List(list.iter().map(|item| given(item.get_ref())).collect()),
        DeValue::Integer(number) => i64::from_str_radix(&number.as_str().replace('_', ""), number.radix())
            .map_or(Given::Other("a number that is too large"), Given::Integer),
        DeValue::Float(_) => Given::Other("a number with a fraction"),
        DeValue::Datetime(_) => Given::Other("a date"),
        DeValue::Table(_) => Given::Other("a section"),
    }
}
