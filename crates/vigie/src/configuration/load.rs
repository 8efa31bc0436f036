//! Loading: the file, the environment over it, the command line over both.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::check::check;
use super::document::{self, Paths};
use super::environment::{Environment, PREFIX};
use super::kind::Given;
use super::node::{About, Node, Setting, Visitor};
use super::problem::{Problem, Problems};
use super::sections::Configuration;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nobody set it.
    Default,
    /// A line of the file.
    File(PathBuf, usize),
    /// A variable.
    Environment(String),
    /// A flag, such as `--listen`.
    Flag(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(file, line) => write!(f, "{}:{line}", file.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// A configuration that was checked, and where each value comes from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The values.
    pub configuration: Configuration,
    /// Sources by path; a path that is missing has its default.
    pub sources: BTreeMap<String, Source>,
    /// What is allowed and most likely not meant, a line each: for the log at start.
    pub warnings: Vec<String>,
}

impl Loaded {
    /// Where the value of a path comes from.
    pub fn source(&self, path: &str) -> Source {
        self.sources.get(path).cloned().unwrap_or(Source::Default)
    }
}

/// Gathers what sets values; `load` reads and checks all of it.
#[derive(Clone, Debug)]
pub struct Loader {
    environment: Environment,
    file: Option<PathBuf>,
    flags: Vec<(&'static str, &'static str, String)>,
}

impl Loader {
    /// The environment's settings, over the file that `VIGIE_CONFIG` names, where it names one.
    pub fn new(environment: Environment) -> Self {
        let file = environment.configuration_file();
        Self { environment, file, flags: Vec::new() }
    }

    /// The file to read instead; `None` changes nothing.
    pub fn file(mut self, file: Option<PathBuf>) -> Self {
        self.file = file.or(self.file);
        self
    }

    /// Sets a path as a variable would: lists are separated by commas. `name` is the flag, for messages; `None` changes nothing.
    pub fn flag(mut self, path: &'static str, name: &'static str, value: Option<impl Into<String>>) -> Self {
        if let Some(value) = value {
            self.flags.push((path, name, value.into()));
        }
        self
    }

    /// Reads and checks everything. Problems are told all at once.
    pub fn load(self) -> Result<Loaded, Problems> {
        let mut configuration = Configuration::default();
        let known = Known::of(&mut configuration);
        let mut layers = Layers { candidates: BTreeMap::new(), problems: Vec::new(), known };
        if let Some(file) = &self.file {
            layers.read_file(file);
        }
        layers.read_environment(&self.environment);
        for (path, name, value) in self.flags {
            layers.put(path, Given::Text(value), true, Source::Flag(name));
        }
        let mut apply = Apply { candidates: layers.candidates, problems: layers.problems, sources: BTreeMap::new() };
        configuration.visit(&About::default(), &mut apply);
        let (mut problems, sources) = (apply.problems, apply.sources);
        // rules between values would only repeat what is already known to be wrong
        if problems.is_empty() {
            problems = check(&configuration, |path| sources.get(path).unwrap_or(&Source::Default).clone());
        }
        if !problems.is_empty() {
            return Err(Problems(problems));
        }
        let warnings = super::check::warnings(&configuration);
        Ok(Loaded { configuration, sources, warnings })
    }
}

/// Paths that exist.
#[derive(Default)]
struct Known(Paths);

impl Known {
    fn of(configuration: &mut Configuration) -> Paths {
        let mut known = Self::default();
        configuration.visit(&About::default(), &mut known);
        known.0
    }
}

impl Visitor for Known {
    fn section(&mut self, about: &About) {
        if !about.path.is_empty() {
            self.0.sections.push(about.path.clone());
        }
    }

    fn setting(&mut self, about: &About, setting: &mut dyn Setting) {
        if setting.secret() {
            self.0.files.push(format!("{}_file", about.path));
        }
        self.0.settings.push(about.path.clone());
    }
}

/// A value that is about to be set.
struct Candidate {
    given: Given,
    /// Whether it is a text that stands for another kind: from the environment or a flag.
    text: bool,
    /// Whether it names the file that holds the secret.
    file: bool,
    source: Source,
}

/// Later layers win.
struct Layers {
    candidates: BTreeMap<String, Candidate>,
    problems: Vec<Problem>,
    known: Paths,
}

impl Layers {
    fn read_file(&mut self, file: &Path) {
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => return self.problems.push(Problem::new(file.display(), format!("cannot be read: {error}"))),
        };
        let (found, problems) = document::read(file, &text, &self.known);
        self.problems.extend(problems);
        for (path, (given, line)) in found {
            self.put(&path, given, false, Source::File(file.to_owned(), line));
        }
    }

    fn read_environment(&mut self, environment: &Environment) {
        for (name, value) in environment.settings() {
            let path = name.trim_start_matches(PREFIX).to_ascii_lowercase().replace("__", ".");
            let source = Source::Environment(name.to_owned());
            if !self.known.settings.contains(&path) && !self.known.files.contains(&path) {
                let message = self.known.unknown(&path, |path| format!("{PREFIX}{}", path.replace('.', "__").to_ascii_uppercase()));
                self.problems.push(Problem::new(source, message));
                continue;
            }
            match value {
                Some(value) => self.put(&path, Given::Text(value.to_owned()), true, source),
                None => self.problems.push(Problem::new(source, "is not UTF-8")),
            }
        }
    }

    fn put(&mut self, path: &str, given: Given, text: bool, source: Source) {
        let secret = self.known.files.iter().find(|file| *file == path).and_then(|file| file.strip_suffix("_file"));
        let (target, file) = (secret.unwrap_or(path).to_owned(), secret.is_some());
        let candidate = Candidate { given, text, file, source };
        let before = self.candidates.insert(target.clone(), candidate);
        if let (Some(before), Some(now)) = (before, self.candidates.get(&target))
            && before.file != now.file
            && same_layer(&before.source, &now.source)
        {
            self.problems.push(Problem::new(&now.source, format!("{target} and {target}_file are both set: leave one out")));
        }
    }
}

fn same_layer(left: &Source, right: &Source) -> bool {
    std::mem::discriminant(left) == std::mem::discriminant(right)
}

/// Sets what was gathered.
struct Apply {
    candidates: BTreeMap<String, Candidate>,
    problems: Vec<Problem>,
    sources: BTreeMap<String, Source>,
}

impl Visitor for Apply {
    fn setting(&mut self, about: &About, setting: &mut dyn Setting) {
        let Some(candidate) = self.candidates.remove(&about.path) else { return };
        let source = candidate.source.clone();
        match set(about, setting, candidate) {
            Ok(()) => drop(self.sources.insert(about.path.clone(), source)),
            Err(message) => self.problems.push(Problem::new(source, message)),
        }
    }
}

fn set(about: &About, setting: &mut dyn Setting, candidate: Candidate) -> Result<(), String> {
    let given = match (candidate.file, candidate.given) {
        (true, Given::Text(path)) => read_secret(&about.path, &path)?,
        (true, other) => return Err(format!("{}_file: expected the path of a file, found {other}", about.path)),
        (false, Given::Text(text)) if candidate.text => setting.given(&text),
        (false, given) => given,
    };
    if setting.set(&given) && within(about, setting) {
        return Ok(());
    }
    let range = about.range.map(|(least, most)| format!(" from {least} to {most}")).unwrap_or_default();
    let found = if setting.secret() { "something else".to_owned() } else { given.to_string() };
    Err(format!("{}: expected {}{range}, found {found}", about.path, setting.expected()))
}

fn within(about: &About, setting: &dyn Setting) -> bool {
    let Some((least, most)) = about.range else { return true };
    setting.value().as_u64().is_none_or(|value| i64::try_from(value).is_ok_and(|value| (least..=most).contains(&value)))
}

fn read_secret(path: &str, file: &str) -> Result<Given, String> {
    let text = Zeroizing::new(fs::read_to_string(file).map_err(|error| format!("{path}_file: {file} cannot be read: {error}"))?);
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() { Err(format!("{path}_file: {file} is empty")) } else { Ok(Given::Text(secret.to_owned())) }
}
