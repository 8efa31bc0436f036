//! The fields of a view, read from its schema: what `fields=` may name, and the columns of a CSV whatever its rows hold.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use utoipa::ToSchema;

/// A field of a view, with the fields within it where it is an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Names within it; empty where it is no object of known fields.
    pub inner: Vec<String>,
}

impl Column {
    /// Headings of a CSV: its own name, or one for each field within.
    pub fn headings(&self) -> Vec<String> {
        if self.inner.is_empty() {
            return vec![self.name.clone()];
        }
        self.inner.iter().map(|inner| format!("{}.{inner}", self.name)).collect()
    }
}

/// The fields of `V`, `id` first.
pub fn columns<V: ToSchema>() -> Vec<Column> {
    let mut listed = vec![(V::name().into_owned(), V::schema())];
    V::schemas(&mut listed);
    let all: BTreeMap<String, Json> =
        listed.into_iter().map(|(name, schema)| (name, serde_json::to_value(schema).unwrap_or_default())).collect();
    let own = all.get(V::name().as_ref()).cloned().unwrap_or_default();
    let field = |(name, schema): (String, Json)| {
        let inner = properties(&schema, &all).into_iter().map(|(name, _)| name).collect();
        Column { name, inner }
    };
    let mut columns: Vec<Column> = properties(&own, &all).into_iter().map(field).collect();
    columns.sort_by_key(|column| column.name != "id");
    columns
}

/// Properties of an object: its own, those of what it refers to, and those of all it is joined from.
fn properties(schema: &Json, all: &BTreeMap<String, Json>) -> Vec<(String, Json)> {
    if let Some(name) = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
        return all.get(name).map(|target| properties(target, all)).unwrap_or_default();
    }
    let own = schema["properties"].as_object().into_iter().flatten().map(|(name, property)| (name.clone(), property.clone()));
    let joined = schema["allOf"].as_array().into_iter().flatten().flat_map(|part| properties(part, all));
    let variants = schema["oneOf"].as_array().filter(|options| options.iter().any(|o| o["type"] == "null"));
    own.chain(joined).chain(variants.into_iter().flatten().flat_map(|option| properties(option, all))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_its_id_first_and_its_state_opened() {
        let columns = columns::<vigie_api_types::DeviceView>();
        assert_eq!(columns[0].name, "id");
        let state = columns.iter().find(|c| c.name == "state").unwrap();
        assert!(state.headings().contains(&"state.latency_ms".to_owned()));
        assert!(columns.iter().any(|c| c.name == "name" && c.inner.is_empty()));
    }

    #[test]
    fn a_joined_view_has_the_fields_of_its_parts() {
        let names: Vec<_> = columns::<vigie_api_types::ApiKeyIssued>().into_iter().map(|c| c.name).collect();
        assert!(names.contains(&"permissions".to_owned()) && names.contains(&"key".to_owned()), "{names:?}");
    }
}
