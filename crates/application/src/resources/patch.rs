//! Reading inputs and merging patches (RFC 7396).

use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use vigie_domain::{Error, FieldError, Result};

/// Applies a merge patch: members replace, objects merge, `null` removes.
pub fn merge(target: &mut Json, patch: Json) {
    let Json::Object(changes) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Json::Object(serde_json::Map::new());
    }
    let Json::Object(members) = target else { return };
    for (name, change) in changes {
        if change.is_null() {
            members.remove(&name);
        } else {
            merge(members.entry(name).or_insert(Json::Null), change);
        }
    }
}

/// Reads an input out of JSON; an unknown or ill-typed field is a 422 that names it.
pub fn read_input<T: DeserializeOwned>(json: Json) -> Result<T> {
    serde_path_to_error::deserialize(json).map_err(|error| {
        let message = error.inner().to_string();
        let path = error.path().to_string();
        let named = message.split('`').nth(1).map(str::to_owned);
        let (code, field) = if message.starts_with("unknown field") {
            ("unknown_field", named)
        } else if message.starts_with("missing field") {
            ("required", named)
        } else if message.starts_with("unknown variant") {
            ("invalid_value", None)
        } else {
            ("invalid_type", None)
        };
        Error::validation(vec![FieldError::new(join(&path, field), code, message)])
    })
}

/// serde reports an unknown field either at its own path or at its parent's; both name it once.
fn join(path: &str, field: Option<String>) -> String {
    match (path.trim_matches('.'), field) {
        (path, None) => path.to_owned(),
        ("" | "?", Some(field)) => field,
        (path, Some(field)) if path == field || path.ends_with(&format!(".{field}")) => path.to_owned(),
        (path, Some(field)) => format!("{path}.{field}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_merge_patch_follows_the_examples_of_rfc_7396() {
        for (target, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            let mut merged = target;
            merge(&mut merged, patch);
            assert_eq!(merged, result);
        }
    }

    #[test]
    fn a_wrong_field_is_named() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Inner {
            #[expect(dead_code, reason = "only read from JSON")]
            port: u16,
        }
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Outer {
            #[expect(dead_code, reason = "only read from JSON")]
            inner: Inner,
        }
        let field = |json| read_input::<Outer>(json).unwrap_err().fields()[0].field.clone();
        assert_eq!(field(json!({"inner": {"port": "x"}})), "inner.port");
        assert_eq!(field(json!({"inner": {"port": 1, "color": 2}})), "inner.color");
        assert_eq!(field(json!({})), "inner");
    }
}
