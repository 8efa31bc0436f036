//! What the derived schemas want before they are a contract: descriptions where readers look, formats written out, no empty alternatives.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

const CONTROLS: &str = "\\u0000-\\u001f\\u007f-\\u009f";

/// Tidies every schema, joins those that are made of others, and makes the merge patches asked for.
pub(super) fn schemas(all: &BTreeMap<String, Json>, patched: &BTreeSet<String>) -> Map<String, Json> {
    let mut out: Map<String, Json> = all.iter().map(|(name, schema)| (name.clone(), schema.clone())).collect();
    let whole = out.clone();
    for schema in out.values_mut() {
        join(schema, &whole);
        tidy(schema);
        let closed = schema["additionalProperties"] == json!(false);
        name_words(schema, closed);
        if !closed {
            require_all(schema);
        }
    }
    for name in patched {
        if let Some(input) = out.get(name) {
            let patch = merge_patch(input);
            out.insert(patch_name(name), patch);
        }
    }
    out
}

/// Name of the merge patch of an input.
pub(crate) fn patch_name(input: &str) -> String {
    format!("{input}Patch")
}

/// Tidies one schema and all within it.
pub(super) fn tidy(schema: &mut Json) {
    merge_description(schema);
    hoist_nullable(schema);
    write_format(schema);
    let Some(members) = schema.as_object_mut() else { return };
    members.retain(|name, value| !(name == "default" && (value.is_null() || *value == json!(""))));
    if members.get("oneOf").is_some() && members.get("type").is_none() && members.get("discriminator").is_none() {
        close_variants(members);
    }
    for key in ["properties", "$defs"] {
        for inner in members.get_mut(key).and_then(Json::as_object_mut).into_iter().flat_map(Map::values_mut) {
            tidy(inner);
        }
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = members.get_mut(key).filter(|inner| inner.is_object()) {
            tidy(inner);
        }
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        for inner in members.get_mut(key).and_then(Json::as_array_mut).into_iter().flatten() {
            tidy(inner);
        }
    }
}

/// An inlined type stands beside an object that holds nothing but its description: they become one.
fn merge_description(schema: &mut Json) {
    let Some([base, words]) = schema["allOf"].as_array().map(Vec::as_slice) else { return };
    let only_words = words.as_object().is_some_and(|w| w.keys().all(|key| key == "type" || key == "description"));
    if !only_words {
        return;
    }
    let mut merged = base.clone();
    merged["description"] = words["description"].clone();
    *schema = merged;
}

/// `X or null`: one type with null where X is inline, and the description outside where it is a reference.
fn hoist_nullable(schema: &mut Json) {
    let Some([base, null]) = schema["oneOf"].as_array().map(Vec::as_slice) else { return };
    if *null != json!({"type": "null"}) {
        return;
    }
    let mut base = base.clone();
    let description = base.as_object_mut().and_then(|b| b.remove("description"));
    let outer = schema["description"].clone();
    let text = if outer.is_string() { outer } else { description.unwrap_or_default() };
    if base.get("$ref").is_some() {
        *schema = json!({"oneOf": [base, {"type": "null"}], "description": text});
        return;
    }
    let Some(kind) = base["type"].as_str().map(str::to_owned) else { return };
    base["type"] = json!([kind, "null"]);
    base["description"] = text;
    *schema = base;
}

/// The formats of this code base, as patterns that every tool understands.
fn write_format(schema: &mut Json) {
    let Some(format) = schema["format"].as_str().map(str::to_owned) else { return };
    let target = if schema["items"].is_object() { &mut schema["items"] } else { &mut *schema };
    let (pattern, example) = match format.as_str() {
        "name" => (format!("^[^{CONTROLS}]*[^\\s{CONTROLS}][^{CONTROLS}]*$"), "core"),
        "tag" => (format!("^[^|{CONTROLS}]*[^|\\s{CONTROLS}][^|{CONTROLS}]*$"), "access"),
        "note" => (String::from("^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$"), "seen on the round of Monday"),
        "permission" => (String::from("^(\\*|[a-z_]+):(\\*|[a-z_]+)$"), "devices:read"),
        "ip" | "network" => {
            let network = format == "network";
            target["anyOf"] = json!([{"format": "ipv4"}, {"format": "ipv6"}]);
            if network {
                target["anyOf"] = json!([{"format": "ipv4"}, {"format": "ipv6"}, {"pattern": "^[0-9a-fA-F.:]{2,45}/[0-9]{1,3}$"}]);
            }
            target["maxLength"] = json!(49);
            (String::new(), if network { "10.0.0.0/8" } else { "192.0.2.7" })
        }
        "email" | "uuid" if schema["items"].is_object() => {
            schema["items"]["format"] = json!(format);
            remove(schema, "format");
            return;
        }
        _ => return,
    };
    if !pattern.is_empty() {
        target["pattern"] = json!(pattern);
    }
    if target.get("example").is_none() && target.get("examples").is_none() {
        target["examples"] = json!([example]);
    }
    if matches!(format.as_str(), "name" | "tag") {
        target["minLength"] = json!(1);
    }
    remove(schema, "format");
    if let Some(items) = schema.get_mut("items") {
        remove(items, "format");
    }
}

fn remove(schema: &mut Json, key: &str) {
    if let Some(members) = schema.as_object_mut() {
        members.remove(key);
    }
}

/// A pattern that is a list of words is an enumeration: closed in what is sent, open in what is answered (API, section 2).
fn name_words(schema: &mut Json, closed: bool) {
    let words = schema["pattern"].as_str().and_then(|p| p.strip_prefix("^(")?.strip_suffix(")$"));
    let words: Option<Vec<&str>> = words.map(|w| w.split('|').collect());
    if let Some(words) = words.filter(|w| w.iter().all(|w| w.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'))) {
        let null = schema["type"].is_array();
        let mut values: Vec<Json> = words.iter().map(|w| json!(w)).collect();
        let key = if closed { "enum" } else { "x-extensible-enum" };
        if closed && null {
            values.push(Json::Null);
        }
        schema[key] = json!(values);
        remove(schema, "pattern");
    }
    match schema {
        Json::Object(members) => members.values_mut().filter(|v| v.is_object() || v.is_array()).for_each(|v| name_words(v, closed)),
        Json::Array(items) => items.iter_mut().filter(|v| v.is_object()).for_each(|v| name_words(v, closed)),
        _ => {}
    }
}

/// Variants that a `kind` tells apart are closed: a field of another variant is an unknown field.
fn close_variants(members: &mut Map<String, Json>) {
    for variant in members.get_mut("oneOf").and_then(Json::as_array_mut).into_iter().flatten() {
        if variant["properties"]["kind"]["enum"].is_array() {
            variant["additionalProperties"] = json!(false);
            variant["properties"]["kind"]["description"] = json!("Which of the variants it is.");
        }
    }
}

/// A type that flattens others is one object, closed where one of them is.
fn join(schema: &mut Json, all: &Map<String, Json>) {
    let Some(parts) = schema["allOf"].as_array() else { return };
    let resolve = |part: &Json| part["$ref"].as_str().and_then(|r| all.get(r.rsplit('/').next()?)).unwrap_or(part).clone();
    let parts: Vec<Json> = parts.iter().map(resolve).collect();
    if !parts.iter().all(|part| part["properties"].is_object()) {
        return;
    }
    let mut whole = json!({"type": "object", "properties": {}});
    let mut required = Vec::new();
    for part in &parts {
        for (name, property) in part["properties"].as_object().into_iter().flatten() {
            whole["properties"][name] = property.clone();
        }
        required.extend(part["required"].as_array().cloned().unwrap_or_default());
        if part["additionalProperties"] == json!(false) {
            whole["additionalProperties"] = json!(false);
        }
        if part["example"].is_object() {
            whole["example"] = part["example"].clone();
        }
    }
    if !required.is_empty() {
        whole["required"] = json!(required);
    }
    if schema["description"].is_string() {
        whole["description"] = schema["description"].clone();
    }
    *schema = whole;
}

/// Unknown is null but always there: every property of an answer is required, but one that is shown once (`x-once`). Inputs close
/// their objects instead.
fn require_all(schema: &mut Json) {
    let Some(properties) = schema["properties"].as_object() else { return };
    let names: Vec<String> = properties.iter().filter(|(_, p)| p["x-once"] != true).map(|(name, _)| name.clone()).collect();
    schema["required"] = json!(names);
}

/// The merge patch of an input (RFC 7396): no field is needed, and null removes those that may be absent.
fn merge_patch(input: &Json) -> Json {
    let mut patch = input.clone();
    let required: Vec<String> = serde_json::from_value(input["required"].clone()).unwrap_or_default();
    remove(&mut patch, "required");
    patch["description"] = json!("A merge patch (RFC 7396): only the fields given change, null removes.");
    for (name, property) in patch.get_mut("properties").and_then(Json::as_object_mut).into_iter().flatten() {
        remove(property, "default");
        if !required.contains(name) {
            allow_null(property);
        }
    }
    patch
}

fn allow_null(property: &mut Json) {
    let inner = property.clone();
    if let Some(kind) = inner["type"].as_str() {
        property["type"] = json!([kind, "null"]);
        if let Some(values) = property.get_mut("enum").and_then(Json::as_array_mut) {
            values.push(Json::Null);
        }
    } else if inner.get("$ref").is_some() {
        *property = json!({"oneOf": [inner, {"type": "null"}], "description": inner["description"]});
    }
}

/// Schemas that something refers to, from the operations on.
pub(super) fn prune(paths: &Json, schemas: &mut Map<String, Json>) {
    let mut reached = BTreeSet::new();
    let mut next = references(paths);
    while let Some(name) = next.pop() {
        if reached.insert(name.clone()) {
            next.extend(schemas.get(&name).map(references).unwrap_or_default());
        }
    }
    schemas.retain(|name, _| reached.contains(name) || name == "Problem");
}

fn references(value: &Json) -> Vec<String> {
    match value {
        Json::Object(members) => {
            let own = members.get("$ref").and_then(Json::as_str).and_then(|r| r.strip_prefix("#/components/schemas/"));
            own.map(str::to_owned).into_iter().chain(members.values().flat_map(references)).collect()
        }
        Json::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}
