//! An example for each body, made of the schema: the examples the types give, else a value of the kind and the unit of the name.

use serde_json::{Map, Value as Json, json};

/// Depth at which what may be absent is absent.
const DEEP: usize = 6;

/// An example of what this schema describes.
pub(super) fn of(schema: &Json, all: &Map<String, Json>) -> Json {
    value("", schema, all, 0)
}

fn value(name: &str, schema: &Json, all: &Map<String, Json>, depth: usize) -> Json {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = reference.rsplit('/').next().and_then(|n| all.get(n));
        return target.map_or(Json::Null, |target| value(name, target, all, depth));
    }
    if let Some(given) = given(schema) {
        return given;
    }
    for key in ["oneOf", "anyOf"] {
        let options = schema[key].as_array();
        if let (Some(options), true) = (options, schema["type"].is_null()) {
            let nullable = options.iter().any(|o| *o == json!({"type": "null"}));
            return if nullable && depth >= DEEP { Json::Null } else { options.first().map_or(Json::Null, |o| value(name, o, all, depth)) };
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let mut whole = Map::new();
        for part in parts {
            if let Json::Object(members) = value(name, part, all, depth) {
                whole.extend(members);
            }
        }
        return Json::Object(whole);
    }
    match kind(schema) {
        "object" => object(schema, all, depth),
        "array" if depth >= DEEP => json!([]),
        "array" => json!([value(name, &schema["items"], all, depth + 1)]),
        "integer" => integer(name, schema),
        "number" => json!(if name.ends_with("_ratio") || name == "confidence" { 0.42 } else { 12.5 }),
        "boolean" => json!(false),
        "string" => text(name, schema),
        _ => json!({}),
    }
}

fn given(schema: &Json) -> Option<Json> {
    let listed = |key: &str| schema[key].as_array().and_then(|v| v.first()).cloned();
    let own = |key: &str| schema.get(key).filter(|v| !v.is_null()).cloned();
    own("example")
        .or_else(|| listed("examples"))
        .or_else(|| own("const"))
        .or_else(|| listed("enum"))
        .or_else(|| listed("x-extensible-enum"))
}

fn kind(schema: &Json) -> &str {
    match &schema["type"] {
        Json::String(kind) => kind,
        Json::Array(kinds) => kinds.iter().filter_map(Json::as_str).find(|k| *k != "null").unwrap_or("null"),
        _ if schema["properties"].is_object() => "object",
        _ => "object",
    }
}

fn object(schema: &Json, all: &Map<String, Json>, depth: usize) -> Json {
    let properties = schema["properties"].as_object().into_iter().flatten();
    Json::Object(properties.map(|(name, property)| (name.clone(), value(name, property, all, depth + 1))).collect())
}

fn integer(name: &str, schema: &Json) -> Json {
    let (least, most) = (schema["minimum"].as_i64().unwrap_or(0), schema["maximum"].as_i64().unwrap_or(i64::MAX));
    let usual = match name {
        "port" | "snmp_port" => 161,
        "status" => 200,
        n if n.ends_with("_bytes") => 1_048_576,
        n if n.ends_with("_bps") => 1_000_000_000,
        n if n.ends_with("_seconds") => 60,
        n if n.ends_with("_ms") => 12,
        _ => 1,
    };
    json!(usual.clamp(least, most))
}

fn text(name: &str, schema: &Json) -> Json {
    json!(match schema["format"].as_str() {
        Some("uuid") => "01936f2a-7c1e-7b3a-9d52-3f6e8a1b2c4d",
        Some("date-time") => "2026-11-23T09:05:40.123Z",
        Some("email") => "noc@example.net",
        _ => match name {
            "id" => "01936f2a-7c1e-7b3a-9d52-3f6e8a1b2c4d",
            "name" | "sys_name" | "hostname" => "lyo-b2-acc-2",
            "username" | "requested_by" | "created_by" | "actor" => "nadia",
            "address" | "primary_ip" | "source" => "192.0.2.7",
            n if n.ends_with("address") => "192.0.2.7",
            "mac" | "chassis_id" => "00:1b:54:aa:bb:cc",
            "permissions" | "permission" => "devices:read",
            "roles" => "operator",
            "tags" => "access",
            "unit" => "ratio",
            "metric" => "utilisation_ratio",
            "href" => "/api/v1/devices/01936f2a-7c1e-7b3a-9d52-3f6e8a1b2c4d",
            "version" => "0.1.0",
            "commit" => "c94e095",
            "color" => "#135fb3",
            "token" | "access_token" | "csrf_token" | "ticket" => "vga_…",
            "refresh_token" => "vgr_…",
            "key" => "vgk_…",
            "next" => "/api/v1/devices?cursor=…",
            "previous" => return Json::Null,
            _ => return json!(name.replace('_', " ")),
        },
    })
}
