//! `x-codeSamples`: each operation as a program would call it, in five languages. `VIGIE_URL` and `VIGIE_KEY` come from the environment.

use serde_json::{Value as Json, json};

/// What a sample calls.
struct Call {
    method: String,
    path: String,
    headers: Vec<(&'static str, String)>,
    open: bool,
    body: Option<Json>,
    answers: bool,
}

/// The samples of an operation that is described whole, examples included.
pub(super) fn of(method: &str, path: &str, operation: &Json) -> Json {
    let call = Call::of(method, path, operation);
    let samples = [
        ("Shell", "curl", curl(&call)),
        ("Python", "Python", python(&call)),
        ("JavaScript", "TypeScript", typescript(&call)),
        ("Go", "Go", go(&call)),
        ("Rust", "Rust", rust(&call)),
    ];
    samples.into_iter().map(|(lang, label, source)| json!({"lang": lang, "label": label, "source": source})).collect()
}

impl Call {
    fn of(method: &str, path: &str, operation: &Json) -> Self {
        let content = operation["requestBody"]["content"].as_object().and_then(|content| content.iter().next());
        let mut headers: Vec<_> = content.map(|(kind, _)| ("Content-Type", kind.clone())).into_iter().collect();
        // 428 is the answer to a change without a version; bulk carries it within
        let takes_version = |parameter: &Json| parameter["name"] == "If-Match";
        let needed = operation["responses"]["428"].is_object();
        if needed && operation["parameters"].as_array().into_iter().flatten().any(takes_version) {
            headers.push(("If-Match", "\"1\"".to_owned()));
        }
        let path = path.split('/').map(|part| filled(part, operation)).collect::<Vec<_>>().join("/");
        let answers = operation["responses"].as_object().is_some_and(|all| !all.contains_key("204"));
        let body = content.map(|(_, body)| body["example"].clone());
        Self { method: method.to_uppercase(), path, headers, open: operation["security"] == json!([]), body, answers }
    }
}

/// A part of a path, a parameter replaced by its example.
fn filled(part: &str, operation: &Json) -> String {
    let Some(name) = part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) else { return part.to_owned() };
    let parameter = operation["parameters"].as_array().and_then(|all| all.iter().find(|p| p["name"] == name && p["in"] == "path"));
    parameter.and_then(|p| p["example"].as_str()).unwrap_or(part).to_owned()
}

fn curl(call: &Call) -> String {
    let mut lines = vec![format!("curl -sS -X {} \"$VIGIE_URL{}\"", call.method, call.path)];
    if !call.open {
        lines.push("-H \"Authorization: Bearer $VIGIE_KEY\"".to_owned());
    }
    lines.extend(call.headers.iter().map(|(name, value)| format!("-H '{name}: {value}'")));
    if let Some(body) = &call.body {
        lines.push(format!("-d '{}'", body.to_string().replace('\'', "'\\''")));
    }
    lines.join(" \\\n  ")
}

fn python(call: &Call) -> String {
    let mut headers = Vec::new();
    if !call.open {
        headers.push("\"Authorization\": \"Bearer \" + os.environ[\"VIGIE_KEY\"]".to_owned());
    }
    headers.extend(call.headers.iter().map(|(name, value)| format!("\"{name}\": {}", Json::from(value.as_str()))));
    let mut lines = vec![
        "import os".to_owned(),
        "import requests".to_owned(),
        String::new(),
        "answer = requests.request(".to_owned(),
        format!("    \"{}\", os.environ[\"VIGIE_URL\"] + \"{}\",", call.method, call.path),
        format!("    headers={{{}}},", headers.join(", ")),
    ];
    lines.extend(call.body.iter().map(|body| format!("    json={},", literal(body))));
    lines.extend([")".to_owned(), "answer.raise_for_status()".to_owned()]);
    lines.push(if call.answers { "print(answer.json())" } else { "print(answer.status_code)" }.to_owned());
    lines.join("\n")
}

/// JSON as Python writes it.
fn literal(value: &Json) -> String {
    match value {
        Json::Null => "None".to_owned(),
        Json::Bool(true) => "True".to_owned(),
        Json::Bool(false) => "False".to_owned(),
        Json::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Json::Object(members) => {
            let members: Vec<_> =
                members.iter().map(|(name, value)| format!("{}: {}", Json::from(name.as_str()), literal(value))).collect();
            format!("{{{}}}", members.join(", "))
        }
        plain => plain.to_string(),
    }
}

fn typescript(call: &Call) -> String {
    let mut headers = Vec::new();
    if !call.open {
        headers.push("Authorization: `Bearer ${process.env.VIGIE_KEY}`".to_owned());
    }
    headers.extend(call.headers.iter().map(|(name, value)| format!("\"{name}\": {}", Json::from(value.as_str()))));
    let mut lines = vec![
        format!("const answer = await fetch(`${{process.env.VIGIE_URL}}{}`, {{", call.path),
        format!("  method: \"{}\",", call.method),
        format!("  headers: {{ {} }},", headers.join(", ")),
    ];
    lines.extend(call.body.iter().map(|body| format!("  body: JSON.stringify({body}),")));
    lines.extend(["});".to_owned(), "if (!answer.ok) throw new Error(await answer.text());".to_owned()]);
    lines.push(if call.answers { "console.log(await answer.json());" } else { "console.log(answer.status);" }.to_owned());
    lines.join("\n")
}

fn go(call: &Call) -> String {
    let body = call.body.as_ref().map_or("nil".to_owned(), |body| format!("strings.NewReader({})", Json::from(body.to_string())));
    let strings = if call.body.is_some() { "\n\t\"strings\"" } else { "" };
    let mut headers = Vec::new();
    if !call.open {
        headers.push("\trequest.Header.Set(\"Authorization\", \"Bearer \"+os.Getenv(\"VIGIE_KEY\"))\n".to_owned());
    }
    headers.extend(call.headers.iter().map(|(name, value)| format!("\trequest.Header.Set(\"{name}\", {})\n", Json::from(value.as_str()))));
    let headers = headers.concat();
    format!(
        "package main\n\nimport (\n\t\"fmt\"\n\t\"io\"\n\t\"net/http\"\n\t\"os\"{strings}\n)\n\nfunc main() {{\n\
         \trequest, err := http.NewRequest(\"{}\", os.Getenv(\"VIGIE_URL\")+\"{}\", {body})\n\tif err != nil {{\n\t\tpanic(err)\n\t}}\n{headers}\
         \tanswer, err := http.DefaultClient.Do(request)\n\tif err != nil {{\n\t\tpanic(err)\n\t}}\n\tdefer answer.Body.Close()\n\
         \ttext, err := io.ReadAll(answer.Body)\n\tif err != nil {{\n\t\tpanic(err)\n\t}}\n\tfmt.Println(answer.Status, string(text))\n}}",
        call.method, call.path
    )
}

fn rust(call: &Call) -> String {
    let mut lines = vec![
        "fn main() -> Result<(), Box<dyn std::error::Error>> {".to_owned(),
        "    let url = std::env::var(\"VIGIE_URL\")?;".to_owned(),
        "    let answer = reqwest::blocking::Client::new()".to_owned(),
        format!("        .{}(format!(\"{{url}}{}\"))", call.method.to_lowercase(), call.path),
    ];
    if !call.open {
        lines.push("        .bearer_auth(std::env::var(\"VIGIE_KEY\")?)".to_owned());
    }
    lines.extend(call.headers.iter().map(|(name, value)| format!("        .header(\"{name}\", {})", Json::from(value.as_str()))));
    lines.extend(call.body.iter().map(|body| format!("        .body(r##\"{body}\"##)")));
    lines.extend(["        .send()?", "        .error_for_status()?;"].map(str::to_owned));
    lines.push(if call.answers { "    println!(\"{}\", answer.text()?);" } else { "    println!(\"{}\", answer.status());" }.to_owned());
    lines.extend(["    Ok(())", "}"].map(str::to_owned));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_carries_its_key_its_version_and_its_body() {
        let operation = json!({
            "parameters": [{"name": "id", "in": "path", "example": "01936f2a"}, {"name": "If-Match", "in": "header"}],
            "requestBody": {"content": {"application/merge-patch+json": {"example": {"notes": "it's new", "monitored": true}}}},
            "responses": {"200": {}, "428": {}},
        });
        let samples = of("patch", "/api/v1/devices/{id}", &operation);
        let sources: Vec<&str> = samples.as_array().unwrap().iter().filter_map(|s| s["source"].as_str()).collect();
        assert_eq!(sources.len(), 5);
        for source in &sources {
            let all = ["/api/v1/devices/01936f2a", "VIGIE_KEY", "If-Match", "application/merge-patch+json", "notes"];
            assert!(all.iter().all(|word| source.contains(word)), "{source}");
        }
        assert!(sources[0].contains(r#"-d '{"notes":"it'\''s new","monitored":true}'"#), "{}", sources[0]);
        assert!(sources[1].contains(r#"json={"notes": "it's new", "monitored": True}"#), "{}", sources[1]);
    }

    #[test]
    fn what_is_open_carries_no_key() {
        let operation = json!({"security": [], "responses": {"204": {}}});
        for sample in of("post", "/api/v1/auth/token/revoke", &operation).as_array().unwrap() {
            assert!(!sample["source"].as_str().unwrap().contains("VIGIE_KEY"), "{sample}");
        }
    }
}
