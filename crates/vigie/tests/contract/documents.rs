//! The OpenAPI document is complete, and so are its older and its other forms (API, section 10).

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::schema::faults;
use super::server::Server;

fn operations(document: &Json) -> impl Iterator<Item = (String, &Json)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths.flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |(method, one)| (format!("{method} {path}"), one)))
}

async fn text(server: &Server, path: &str) -> String {
    server.ask(reqwest::Method::GET, path).send().await.unwrap().error_for_status().unwrap().text().await.unwrap()
}

async fn document(server: &Server) -> Json {
    serde_json::from_str(&text(server, "/openapi.json").await).unwrap()
}

#[tokio::test]
async fn every_operation_is_described_whole() {
    let server = Server::start(&[]);
    let document = document(&server).await;
    let tags: BTreeSet<&str> = document["tags"].as_array().unwrap().iter().filter_map(|tag| tag["name"].as_str()).collect();
    let mut ids = BTreeSet::new();
    for (name, operation) in operations(&document) {
        let word = |key: &str| operation[key].as_str().filter(|text| !text.is_empty()).unwrap_or_else(|| panic!("{name} has no {key}"));
        assert_ne!(word("description"), format!("{}.", word("summary")), "{name} describes no more than its summary");
        assert!(ids.insert(word("operationId")), "{name} has the id of another");
        assert!(operation["tags"].as_array().unwrap().iter().all(|tag| tags.contains(tag.as_str().unwrap())), "{name}");
        for parameter in operation["parameters"].as_array().unwrap() {
            assert!(parameter["description"].is_string() && parameter["schema"].is_object(), "{name}: {parameter}");
        }
        let open = operation["security"] == json!([]);
        for status in ["400", "406", "408", "429", "500", "503"].iter().chain(if open { &[][..] } else { &["401", "403"] }) {
            assert!(operation["responses"][status].is_object(), "{name} does not say that it answers {status}");
        }
        assert!(operation["responses"].as_object().unwrap().keys().any(|status| status.starts_with('2')), "{name}");
        let samples: Vec<&str> = operation["x-codeSamples"].as_array().unwrap().iter().filter_map(|s| s["label"].as_str()).collect();
        assert_eq!(samples, ["curl", "Python", "TypeScript", "Go", "Rust"], "{name}");
    }
}

#[tokio::test]
async fn every_example_is_what_its_schema_says() {
    let server = Server::start(&[]);
    let document = document(&server).await;
    for (name, operation) in operations(&document) {
        let answers = operation["responses"].as_object().unwrap().values();
        for holder in answers.chain([&operation["requestBody"]]) {
            for (kind, body) in holder["content"].as_object().into_iter().flatten().filter(|(kind, _)| kind.ends_with("json")) {
                if kind == "application/x-ndjson" {
                    continue;
                }
                let example = body.get("example").unwrap_or_else(|| panic!("{name} shows no {kind}"));
                assert_eq!(faults(&document, &body["schema"], example), Vec::<String>::new(), "{name}, {kind}");
            }
        }
    }
}

#[tokio::test]
async fn every_field_is_described() {
    let server = Server::start(&[]);
    let document = document(&server).await;
    let mut silent = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            if !property["description"].is_string() && property.get("$ref").is_none() {
                silent.push(format!("{name}.{field}"));
            }
        }
    }
    assert_eq!(silent, Vec::<String>::new());
}

#[tokio::test]
async fn the_document_has_an_older_and_another_form() {
    let server = Server::start(&[]);
    let document = document(&server).await;
    let older: Json = serde_json::from_str(&text(&server, "/openapi-3.0.json").await).unwrap();
    assert_eq!(older["openapi"], "3.0.3");
    assert_eq!(older["paths"].as_object().unwrap().len(), document["paths"].as_object().unwrap().len());
    let schemas = older["components"]["schemas"].to_string();
    for newer in ["\"null\"", "\"examples\":[", "\"propertyNames\"", "\"type\":["] {
        assert!(!schemas.contains(newer), "3.0 does not know {newer}");
    }
    let yaml = text(&server, "/openapi.yaml").await;
    assert!(yaml.starts_with("openapi: \"3.1.0\"\ninfo:\n  title: Vigie\n"), "{}", &yaml[..80]);
}
