//! The JSON schema of the file, for editors that complete and check TOML.

use serde_json::{Map, Value, json};

use super::node::{About, Node, Setting, Visitor};
use super::sections::Configuration;

/// The schema (2020-12), pretty-printed.
pub fn schema() -> String {
    let mut build = Build { root: object(&About::default()) };
    Configuration::default().visit(&About::default(), &mut build);
    build.root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    build.root["title"] = json!("Configuration of Vigie");
    format!("{:#}\n", build.root)
}

fn object(about: &About) -> Value {
    json!({"type": "object", "description": about.text(), "additionalProperties": false, "properties": {}})
}

struct Build {
    root: Value,
}

impl Build {
    fn put(&mut self, path: &str, schema: Value) {
        let pointer = path.split('.').fold(String::new(), |pointer, name| pointer + "/properties/" + name);
        let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
        if let Some(properties) = self.root.pointer_mut(parent).and_then(Value::as_object_mut) {
            properties.insert(name.to_owned(), schema);
        }
    }
}

impl Visitor for Build {
    fn section(&mut self, about: &About) {
        if about.path.is_empty() {
            self.root["description"] = json!(about.text());
        } else {
            self.put(&about.path, object(about));
        }
    }

    fn setting(&mut self, about: &About, setting: &mut dyn Setting) {
        let mut schema = setting.schema();
        describe(&mut schema, about, setting);
        self.put(&about.path, schema);
        if setting.secret() {
            let description = format!("File that holds {}, in place of it.", about.path);
            self.put(&format!("{}_file", about.path), json!({"type": "string", "format": "path", "description": description}));
        }
    }
}

fn describe(schema: &mut Value, about: &About, setting: &dyn Setting) {
    let Some(schema) = schema.as_object_mut() else { return };
    let mut add = |name: &str, value: Value| Map::insert(schema, name.to_owned(), value);
    add("description", json!(about.text()));
    if !setting.optional() {
        add("default", setting.value());
    }
    if let Some((least, most)) = about.range {
        add("minimum", json!(least));
        add("maximum", json!(most));
    }
}
