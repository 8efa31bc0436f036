//! What a new or changed object is made of: `--set key=value` and `--data FILE`.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::{Map, Value as Json};
use vigie_domain::{Id, Timestamp};

use super::catalogue::resource_of;
use super::find::find;
use crate::cli::connection::{Client, read_secret_file};
use crate::cli::failure::Failure;

/// The fields of an object.
#[derive(Args, Clone, Debug, Default)]
pub struct InputArgs {
    /// A field: `name=Lyon`, `tags=core,lyon`, `site=Lyon` (by name), `state:={"a": 1}` (JSON), `community@FILE` (first line of a file, `-` for
    /// standard input), `notes=null` (removes). Again for more.
    #[arg(short, long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// A JSON object in a file, `-` for standard input; --set goes over it.
    #[arg(short, long, value_name = "FILE")]
    pub data: Option<PathBuf>,
}

/// Fields that hold lists.
const LISTS: [&str; 12] = [
    "tags",
    "credentials",
    "targets",
    "exclude",
    "roles",
    "permissions",
    "device_ids",
    "sites",
    "recipients",
    "allowed_addresses",
    "realms",
    "device_groups",
];
/// Fields that hold text, whatever it looks like.
const TEXTS: [&str; 16] = [
    "name",
    "username",
    "display_name",
    "description",
    "notes",
    "note",
    "community",
    "auth_secret",
    "privacy_secret",
    "password",
    "color",
    "address",
    "context",
    "reason",
    "schedule",
    "text",
];
/// Fields that hold references, by what they refer to.
const REFERENCES: [(&str, &str); 12] = [
    ("site_id", "sites"),
    ("parent_id", "sites"),
    ("sites", "sites"),
    ("realm_id", "realms"),
    ("realms", "realms"),
    ("device_id", "devices"),
    ("device_ids", "devices"),
    ("interface_id", "interfaces"),
    ("credentials", "credentials"),
    ("credential_id", "credentials"),
    ("rule_id", "rules"),
    ("device_groups", "groups"),
];
/// Fields that hold secrets.
const SECRETS: [&str; 4] = ["community", "auth_secret", "privacy_secret", "password"];

/// Whether a field holds a secret.
pub fn is_secret(key: &str) -> bool {
    SECRETS.contains(&key)
}

/// Tells that a secret on the command line is no secret on this host.
pub fn warn_of_secret(what: &str, instead: &str) {
    eprintln!(
        "warning: {what} on the command line is seen by everybody on this host who lists processes, and kept by the shell; use {instead}"
    );
}

impl InputArgs {
    /// Whether nothing was given.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.data.is_none()
    }

    /// The object, with names of other objects replaced by their ids.
    pub async fn object(&self, client: &Client) -> Result<Map<String, Json>, Failure> {
        let mut object = match &self.data {
            Some(file) => read_object(file)?,
            None => Map::new(),
        };
        for word in &self.set {
            let (key, value) = field(word)?;
            let (key, value) = reference(client, &key, value).await?;
            put(&mut object, &key, value)?;
        }
        Ok(object)
    }
}

fn read_object(file: &Path) -> Result<Map<String, Json>, Failure> {
    let mut text = String::new();
    let from = if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() };
    let read = if file == Path::new("-") {
        std::io::stdin().lock().read_to_string(&mut text).map(|_| ())
    } else {
        fs::read_to_string(file).map(|content| text = content)
    };
    read.map_err(|error| Failure::usage(format!("{from} cannot be read: {error}")))?;
    serde_json::from_str(&text).map_err(|error| Failure::usage(format!("{from} does not hold a JSON object: {error}")))
}

/// Reads `key=value`, `key:=json` or `key@file`.
fn field(word: &str) -> Result<(String, Json), Failure> {
    let end = word.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.' || c == '-')).unwrap_or(word.len());
    let (key, rest) = word.split_at(end);
    let key = key.replace('-', "_");
    if key.is_empty() {
        return Err(Failure::usage(format!("{word:?} names no field")).solution("write --set name=Lyon"));
    }
    if let Some(json) = rest.strip_prefix(":=") {
        let value = serde_json::from_str(json).map_err(|error| Failure::usage(format!("{key}:= is not followed by JSON: {error}")))?;
        return Ok((key, value));
    }
    if let Some(file) = rest.strip_prefix('@') {
        return Ok((key, Json::from(read_secret_file(Path::new(file))?)));
    }
    let Some(text) = rest.strip_prefix('=') else {
        return Err(Failure::usage(format!("{word:?} sets nothing")).solution("write --set name=Lyon, tags=core,lyon or community@FILE"));
    };
    if is_secret(&key) {
        warn_of_secret(&key, &format!("--set {key}@FILE"));
    }
    Ok((key.clone(), value_of(&key, text)))
}

fn value_of(key: &str, text: &str) -> Json {
    let last = key.rsplit('.').next().unwrap_or(key);
    if text == "null" {
        return Json::Null;
    }
    if LISTS.contains(&last) {
        return text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(Json::from).collect();
    }
    if TEXTS.contains(&last) {
        return Json::from(text);
    }
    match serde_json::from_str(text) {
        Ok(value @ (Json::Bool(_) | Json::Number(_))) => value,
        _ => Json::from(text),
    }
}

/// Puts a value at a path of names with dots between them.
fn put(object: &mut Map<String, Json>, path: &str, value: Json) -> Result<(), Failure> {
    match path.split_once('.') {
        None => drop(object.insert(path.to_owned(), value)),
        Some((head, rest)) => match object.entry(head).or_insert_with(|| Json::Object(Map::new())) {
            Json::Object(inner) => put(inner, rest, value)?,
            _ => return Err(Failure::usage(format!("{head} is both a value and an object"))),
        },
    }
    Ok(())
}

/// Replaces names in a field that refers to other objects by their ids; `site=Lyon` becomes `site_id`.
pub async fn reference(client: &Client, key: &str, value: Json) -> Result<(String, Json), Failure> {
    let with_id = format!("{key}_id");
    let known = REFERENCES.iter().find(|(name, _)| *name == key || *name == with_id);
    let Some(resource) = known.and_then(|(_, resource)| resource_of(resource)) else { return Ok((key.to_owned(), value)) };
    let key = known.map_or(key, |(name, _)| name).to_owned();
    let value = match value {
        Json::String(text) if text.parse::<Id>().is_err() => Json::from(find(client, resource, &text).await?.id),
        Json::Array(items) => {
            let mut ids = Vec::with_capacity(items.len());
            for item in items {
                ids.push(match item {
                    Json::String(text) if text.parse::<Id>().is_err() => Json::from(find(client, resource, &text).await?.id),
                    other => other,
                });
            }
            Json::Array(ids)
        }
        other => other,
    };
    Ok((key, value))
}

/// A time to come: RFC 3339, or a length such as `30m`, `2h`, `90d`.
pub fn moment_in(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    if let Some(at) = Timestamp::parse(text) {
        return Ok(at);
    }
    let before = Timestamp::parse_moment(&format!("-{text}"), now);
    let length = before.filter(|_| !text.starts_with('-')).map(|before| Duration::from_millis((now.0 - before.0).unsigned_abs()));
    length.map(|length| now.plus(length)).ok_or_else(|| {
        Failure::usage(format!("{text} is neither a time nor a length of one")).solution("write 30m, 2h, 7d or 2026-11-23T09:00:00Z")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(word: &str) -> (String, Json) {
        field(word).unwrap()
    }

    #[test]
    fn fields_are_read_by_what_they_hold() {
        for (word, key, value) in [
            ("name=123", "name", json!("123")),
            ("port=161", "port", json!(161)),
            ("enabled=false", "enabled", json!(false)),
            ("tags=core, lyon", "tags", json!(["core", "lyon"])),
            ("targets=10.0.0.0/24", "targets", json!(["10.0.0.0/24"])),
            ("site_id=null", "site_id", json!(null)),
            ("poll-interval-seconds=30", "poll_interval_seconds", json!(30)),
            ("condition:={\"kind\": \"state\"}", "condition", json!({"kind": "state"})),
            ("notes=a=b", "notes", json!("a=b")),
            ("role=core", "role", json!("core")),
        ] {
            assert_eq!(read(word), (key.to_owned(), value), "{word}");
        }
        for bad in ["name", "=x", "a:=x", "a@/no/such/file", "a!b"] {
            assert!(field(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn paths_reach_into_objects() {
        let mut object = Map::new();
        put(&mut object, "thresholds.utilisation_warning_ratio", json!(0.8)).unwrap();
        put(&mut object, "thresholds.utilisation_critical_ratio", json!(0.9)).unwrap();
        assert_eq!(
            Json::Object(object.clone()),
            json!({"thresholds": {"utilisation_warning_ratio": 0.8, "utilisation_critical_ratio": 0.9}})
        );
        put(&mut object, "x", json!(1)).unwrap();
        assert!(put(&mut object, "x.y", json!(1)).is_err());
    }

    #[test]
    fn times_to_come_are_lengths_or_times() {
        let now = Timestamp::parse("2026-11-23T09:00:00.000Z").unwrap();
        assert_eq!(moment_in("2h", now).unwrap().to_string(), "2026-11-23T11:00:00.000Z");
        assert_eq!(moment_in("2027-01-01T00:00:00Z", now).unwrap().to_string(), "2027-01-01T00:00:00.000Z");
        assert!(moment_in("-2h", now).is_err() && moment_in("soon", now).is_err());
    }
}
