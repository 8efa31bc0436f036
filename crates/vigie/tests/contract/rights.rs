//! Every operation of the document, asked by nobody and by each role, answers as its `x-permission` says.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::server::Server;

/// Signing out would end the walk.
const APART: [&str; 1] = ["sign_out"];

struct Asked<'a> {
    method: Method,
    path: String,
    operation: &'a Json,
}

impl Asked<'_> {
    fn name(&self) -> &str {
        self.operation["operationId"].as_str().unwrap()
    }

    fn is_open(&self) -> bool {
        self.operation["security"] == json!([])
    }

    /// A body that is read without fault, so that it is the right that fails.
    fn example(&self) -> Option<&Json> {
        let content = self.operation["requestBody"]["content"].as_object()?;
        content.values().next().map(|body| &body["example"])
    }
}

fn operations(document: &Json) -> Vec<Asked<'_>> {
    let paths = document["paths"].as_object().unwrap().iter();
    let all = paths.flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |(method, operation)| (path, method, operation)));
    let nothing = "01936f2a-7c1e-7b3a-9d52-3f6e8a1b2c4d";
    all.map(|(path, method, operation)| {
        let path = path.split('/').map(|part| if part.starts_with('{') { nothing } else { part }).collect::<Vec<_>>().join("/");
        Asked { method: method.to_uppercase().parse().unwrap(), path, operation }
    })
    .filter(|asked| !APART.contains(&asked.name()))
    .collect()
}

async fn status(server: &Server, asked: &Asked<'_>, token: Option<&str>, body: Option<&Json>) -> u16 {
    let mut request = server.ask(asked.method.clone(), &asked.path);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn every_operation_asks_for_the_right_it_names() {
    let server = Server::start(&[]);
    let admin = server.admin().await;
    let document = server.json("/openapi.json", &admin).await;
    let operations = operations(&document);
    assert!(operations.len() > 150, "{} operations", operations.len());
    let empty = json!({});
    for asked in operations.iter().filter(|asked| !asked.is_open()) {
        let found = status(&server, asked, None, asked.example()).await;
        assert_eq!(found, 401, "{} by nobody", asked.name());
    }
    for role in ["viewer", "operator", "admin"] {
        let token = if role == "admin" { admin.clone() } else { server.with_role(&admin, role).await };
        let me = server.json("/auth/me", &token).await;
        let has: BTreeSet<&str> = me["permissions"].as_array().unwrap().iter().filter_map(Json::as_str).collect();
        for asked in operations.iter().filter(|asked| !asked.is_open()) {
            let needs = asked.operation["x-permission"].as_str();
            if needs.is_none_or(|needs| has.contains(needs)) {
                let body = asked.example().map(|_| &empty);
                let found = status(&server, asked, Some(&token), body).await;
                assert!(found != 401 && found != 403 && found != 500, "{} by {role}: {found}", asked.name());
            } else {
                let found = status(&server, asked, Some(&token), asked.example()).await;
                assert_eq!(found, 403, "{} by {role}, who lacks {needs:?}", asked.name());
            }
        }
    }
}
