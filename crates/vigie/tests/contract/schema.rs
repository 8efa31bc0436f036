//! Whether a value is what a schema of the document says: as much of JSON Schema as the document uses.

use serde_json::{Map, Value as Json};

/// What does not hold, each with the path to it; nothing for a value that fits.
pub fn faults(document: &Json, schema: &Json, value: &Json) -> Vec<String> {
    let mut found = Vec::new();
    check(&document["components"]["schemas"], schema, value, "$", &mut found);
    found
}

fn check(all: &Json, schema: &Json, value: &Json, at: &str, found: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
        assert!(all[name].is_object(), "{name} is not in the document");
        check(all, &all[name], value, at, found);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check(all, part, value, at, found);
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(options) = schema[key].as_array() {
            let fits = options.iter().any(|option| {
                let mut faults = Vec::new();
                check(all, option, value, at, &mut faults);
                faults.is_empty()
            });
            if !fits {
                found.push(format!("{at} is none of {key}: {value}"));
            }
        }
    }
    if !is_of_type(&schema["type"], value) {
        found.push(format!("{at} is not {}: {value}", schema["type"]));
        return;
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        found.push(format!("{at} is not one of {}: {value}", schema["enum"]));
    }
    if let Json::Array(items) = value {
        items.iter().enumerate().for_each(|(i, item)| check(all, &schema["items"], item, &format!("{at}[{i}]"), found));
    }
    if let Json::Object(members) = value {
        check_members(all, schema, members, at, found);
    }
}

fn check_members(all: &Json, schema: &Json, members: &Map<String, Json>, at: &str, found: &mut Vec<String>) {
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str) {
        if !members.contains_key(name) {
            found.push(format!("{at}.{name} is missing"));
        }
    }
    let Some(properties) = schema["properties"].as_object() else {
        members.iter().for_each(|(name, member)| check(all, &schema["additionalProperties"], member, &format!("{at}.{name}"), found));
        return;
    };
    for (name, member) in members {
        match properties.get(name) {
            Some(property) => check(all, property, member, &format!("{at}.{name}"), found),
            // what the document does not speak of, no client can rely on
            None if schema["additionalProperties"].is_null() => found.push(format!("{at}.{name} is not described")),
            None => check(all, &schema["additionalProperties"], member, &format!("{at}.{name}"), found),
        }
    }
}

fn is_of_type(kind: &Json, value: &Json) -> bool {
    match kind {
        Json::String(kind) => match kind.as_str() {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            _ => value.is_object(),
        },
        Json::Array(kinds) => kinds.iter().any(|kind| is_of_type(kind, value)),
        _ => true,
    }
}
