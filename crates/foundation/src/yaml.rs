//! YAML 1.2, as far as JSON needs it: every text that could be read as something else is quoted as JSON does.

use serde_json::Value as Json;

/// A value as a document.
pub fn yaml(value: &Json) -> String {
    let mut text = String::new();
    match value {
        Json::Object(members) if !members.is_empty() => block(&mut text, value, 0),
        Json::Array(items) if !items.is_empty() => block(&mut text, value, 0),
        scalar => {
            text.push_str(&flat(scalar));
            text.push('\n');
        }
    }
    text
}

fn block(text: &mut String, value: &Json, depth: usize) {
    match value {
        Json::Object(members) => {
            for (name, member) in members {
                text.push_str(&"  ".repeat(depth));
                text.push_str(&plain(name));
                text.push(':');
                nested(text, member, depth + 1);
            }
        }
        Json::Array(items) => {
            for item in items {
                text.push_str(&"  ".repeat(depth));
                text.push('-');
                entry(text, item, depth + 1);
            }
        }
        _ => {}
    }
}

/// An item begins on the line of its dash.
fn entry(text: &mut String, item: &Json, depth: usize) {
    if !is_block(item) {
        return nested(text, item, depth);
    }
    let mut inner = String::new();
    block(&mut inner, item, depth);
    text.push(' ');
    text.push_str(inner.get(2 * depth..).unwrap_or_default());
}

fn nested(text: &mut String, value: &Json, depth: usize) {
    if is_block(value) {
        text.push('\n');
        return block(text, value, depth);
    }
    text.push(' ');
    text.push_str(&flat(value));
    text.push('\n');
}

fn is_block(value: &Json) -> bool {
    value.as_object().is_some_and(|members| !members.is_empty()) || value.as_array().is_some_and(|items| !items.is_empty())
}

fn flat(value: &Json) -> String {
    match value {
        Json::String(text) => plain(text),
        other => other.to_string(),
    }
}

fn plain(text: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || "_./-".contains(c);
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let taken = matches!(text.to_ascii_lowercase().as_str(), "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n");
    if begins && !taken && text.chars().all(word) { text.to_owned() } else { Json::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_becomes_a_document() {
        let value = json!({"name": "core-1", "address": "192.0.2.7", "up": true, "no": "no", "site": null, "tags": ["a", "b: c"],
            "access": [{"protocol": "snmp", "causes": []}, {"protocol": "icmp", "causes": [{"cause": "x y"}]}], "state": {}});
        let text = yaml(&value);
        let expected = [
            "name: core-1",
            "address: \"192.0.2.7\"",
            "up: true",
            "no: \"no\"",
            "site: null",
            "- a",
            "- \"b: c\"",
            "- protocol: snmp",
            "causes: []",
            "- cause: \"x y\"",
            "state: {}",
        ];
        for line in expected {
            assert!(
                text.lines().any(|l| l.trim() == line || l.trim() == format!("\"no\": {}", "\"no\"") && line.starts_with("no:")),
                "{line} in\n{text}"
            );
        }
        assert!(text.contains("access:\n  - protocol: snmp\n    causes: []\n"), "{text}");
    }
}
