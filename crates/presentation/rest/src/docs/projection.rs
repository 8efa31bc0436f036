//! The document as OpenAPI 3.0.3, for generators that do not read 3.1: what JSON Schema 2020-12 says otherwise is said the older way.

use std::collections::HashMap;

use serde_json::{Map, Value as Json, json};

/// The type of each schema that has a name, by the reference to it.
type Types = HashMap<String, Json>;

/// The same document as 3.0.3.
pub(super) fn openapi_3_0(document: &Json) -> Json {
    let mut out = document.clone();
    out["openapi"] = json!("3.0.3");
    for (holder, newer) in [("/info", "summary"), ("/info/license", "identifier")] {
        if let Some(members) = out.pointer_mut(holder).and_then(Json::as_object_mut) {
            members.shift_remove(newer);
        }
    }
    let types = types(document);
    for schema in out.pointer_mut("/components/schemas").and_then(Json::as_object_mut).into_iter().flat_map(Map::values_mut) {
        project(schema, &types);
    }
    for part in ["/paths", "/components/responses"] {
        if let Some(part) = out.pointer_mut(part) {
            within(part, &types);
        }
    }
    out
}

fn types(document: &Json) -> Types {
    let schemas = document.pointer("/components/schemas").and_then(Json::as_object).into_iter().flatten();
    schemas.filter_map(|(name, schema)| Some((format!("#/components/schemas/{name}"), schema.get("type")?.clone()))).collect()
}

/// Projects the schemas that stand within operations and answers; examples are data and stay.
fn within(value: &mut Json, types: &Types) {
    match value {
        Json::Object(members) => {
            for (name, member) in members.iter_mut() {
                match name.as_str() {
                    "schema" => project(member, types),
                    "example" | "examples" => {}
                    name if name.starts_with("x-") => {}
                    _ => within(member, types),
                }
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| within(item, types)),
        _ => {}
    }
}

fn project(schema: &mut Json, types: &Types) {
    let Some(members) = schema.as_object_mut() else { return };
    refer_alone(members);
    one_type(members);
    null_among(members, types);
    one_example(members);
    members.shift_remove("propertyNames");
    if let Some(only) = members.shift_remove("const") {
        members.insert("enum".to_owned(), json!([only]));
    }
    for inner in members.get_mut("properties").and_then(Json::as_object_mut).into_iter().flat_map(Map::values_mut) {
        project(inner, types);
    }
    for key in ["items", "additionalProperties", "not"] {
        if let Some(inner) = members.get_mut(key) {
            project(inner, types);
        }
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        members.get_mut(key).and_then(Json::as_array_mut).into_iter().flatten().for_each(|inner| project(inner, types));
    }
}

/// In 3.0 nothing that stands beside a reference is read.
fn refer_alone(members: &mut Map<String, Json>) {
    if members.len() > 1
        && let Some(reference) = members.shift_remove("$ref")
    {
        members.insert("allOf".to_owned(), json!([{"$ref": reference}]));
    }
}

/// `type: [X, null]` is `type: X, nullable: true`.
fn one_type(members: &mut Map<String, Json>) {
    let Some(kinds) = members.get("type").and_then(Json::as_array).cloned() else { return };
    if let Some(kind) = kinds.iter().find(|kind| **kind != "null") {
        members.insert("type".to_owned(), kind.clone());
    }
    if kinds.iter().any(|kind| kind == "null") {
        members.insert("nullable".to_owned(), json!(true));
    }
}

/// One of several, or null: the several, nullable. Of a reference the type is said again, as `nullable` counts beside a type alone.
fn null_among(members: &mut Map<String, Json>, types: &Types) {
    for key in ["oneOf", "anyOf"] {
        let Some(options) = members.get_mut(key).and_then(Json::as_array_mut) else { continue };
        let before = options.len();
        options.retain(|option| *option != json!({"type": "null"}));
        if options.len() == before {
            continue;
        }
        if let [only] = options.as_slice() {
            let kind = only["$ref"].as_str().and_then(|reference| types.get(reference)).cloned();
            let only = json!([only]);
            members.shift_remove(key);
            members.insert("allOf".to_owned(), only);
            members.extend(kind.map(|kind| ("type".to_owned(), kind)));
        }
        members.insert("nullable".to_owned(), json!(true));
    }
}

/// `examples` of a schema is a list in 3.1 and unknown to 3.0.
fn one_example(members: &mut Map<String, Json>) {
    let Some(first) = members.shift_remove("examples").and_then(|all| all.as_array()?.first().cloned()) else { return };
    members.entry("example").or_insert(first);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_references_and_examples_are_said_the_older_way() {
        let document = json!({
            "openapi": "3.1.0",
            "info": {"title": "Vigie", "summary": "x", "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
            "paths": {"/a": {"get": {"parameters": [{"name": "q", "schema": {"type": ["string", "null"]}, "example": {"schema": {"examples": [1]}}}]}}},
            "components": {"schemas": {"A": {"type": "object", "properties": {
                "examples": {"type": ["integer", "null"], "examples": [7]},
                "site": {"oneOf": [{"$ref": "#/components/schemas/B"}, {"type": "null"}], "description": "its site"},
                "state": {"$ref": "#/components/schemas/B", "description": "its state"},
                "map": {"type": "object", "propertyNames": {"type": "string"}, "additionalProperties": {"type": ["number", "null"]}},
            }}, "B": {"type": "string"}}},
        });
        let old = openapi_3_0(&document);
        assert_eq!(old["info"], json!({"title": "Vigie", "license": {"name": "Apache-2.0"}}));
        let parameter = &old["paths"]["/a"]["get"]["parameters"][0];
        assert_eq!(parameter["schema"], json!({"type": "string", "nullable": true}));
        assert_eq!(parameter["example"], json!({"schema": {"examples": [1]}}), "examples are data");
        let reference = json!([{"$ref": "#/components/schemas/B"}]);
        assert_eq!(
            old["components"]["schemas"]["A"]["properties"],
            json!({
                "examples": {"type": "integer", "nullable": true, "example": 7},
                "site": {"description": "its site", "allOf": reference, "type": "string", "nullable": true},
                "state": {"description": "its state", "allOf": reference},
                "map": {"type": "object", "additionalProperties": {"type": "number", "nullable": true}},
            })
        );
    }
}
