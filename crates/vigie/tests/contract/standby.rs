//! Two servers of one database: one works, the other stands by and takes over, with everything that was confirmed.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};
use vigie_testkit::cache::until;
use vigie_testkit::postgres::{Database, Server as Postgres};

use super::server::{Server, problem};

/// The settings of a server of this database; the key is one for all.
fn settings(database: &Database, key: &Path) -> [(&'static str, String); 3] {
    [
        ("VIGIE__STORE__URL", database.url.clone()),
        ("VIGIE__STORE__STANDBY", "true".to_owned()),
        ("VIGIE__SECRETS__MASTER_KEY_FILE", key.display().to_string()),
    ]
}

fn start(settings: &[(&'static str, String)]) -> Server {
    Server::start(&settings.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>())
}

/// Makes tags until the server answers no more, and counts them; the names of those that were confirmed.
async fn confirmed(server: &Server, token: &str, count: &AtomicUsize) -> Vec<String> {
    let mut names = Vec::new();
    loop {
        let name = format!("tag-{}", names.len());
        let made = server.ask(Method::POST, "/tags").bearer_auth(token).json(&json!({"name": name})).send().await;
        match made {
            Ok(answer) if answer.status() == StatusCode::CREATED => names.push(name),
            _ => return names,
        }
        count.store(names.len(), Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_works_and_the_other_takes_over() {
    let Some(postgres) = Postgres::shared() else { return };
    let database = postgres.database();
    let keys = tempfile::tempdir().unwrap();
    let settings = settings(&database, &keys.path().join("master.key"));
    let mut first = start(&settings);
    let admin = first.admin().await;
    let community = json!({"name": "read", "kind": "snmp_v2c", "community": "a secret word"});
    assert_eq!(first.post("/credentials", &admin, &community).await.status(), StatusCode::CREATED);

    let mut second = start(&settings);
    let alive = second.beside("/healthz").send().await.unwrap();
    assert_eq!(alive.status(), StatusCode::OK);
    for refused in [second.beside("/readyz"), second.get("/devices", &admin)] {
        let (status, code, body) = problem(refused.send().await.unwrap()).await;
        assert_eq!((status, code.as_str()), (503, "standing_by"), "{body}");
        let worker = format!("vigie (process {})", first.pid());
        assert!(body["cause"].as_str().unwrap().contains(&worker), "{body}");
    }

    let count = AtomicUsize::new(0);
    let (names, ()) = tokio::join!(confirmed(&first, &admin, &count), async {
        until("some are confirmed", async || count.load(Ordering::Relaxed) >= 20).await;
        let pid = first.pid().to_string();
        assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
    });
    let mut second = tokio::task::spawn_blocking(move || {
        second.until_it_serves();
        second
    })
    .await
    .unwrap();
    assert!(names.len() >= 20, "{}", names.len());
    let kept: Json = second.json("/tags?page_size=100&fields=name&name__startswith=tag-&ordering=-created_at", &admin).await;
    let found: Vec<_> = kept["results"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    for name in names.iter().rev().take(90) {
        assert!(found.contains(&name.as_str()), "{name} was confirmed and is not there");
    }

    // whoever comes back stands by, and is not asked to start in an order
    first.kill();
    first.start_again(&settings.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>());
    let (_, code, _) = problem(first.get("/devices", &admin).send().await.unwrap()).await;
    assert_eq!(code, "standing_by");

    // one that lost its connection, and with it the database, ends by itself
    database.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    );
    let ended = tokio::task::spawn_blocking(move || second.ended()).await.unwrap();
    assert_eq!(ended, Some(75));
    let first = tokio::task::spawn_blocking(move || {
        first.until_it_serves();
        first
    })
    .await
    .unwrap();
    assert_eq!(first.get("/tags", &admin).send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_another_key_does_not_stand_by() {
    let Some(postgres) = Postgres::shared() else { return };
    let database = postgres.database();
    let keys = tempfile::tempdir().unwrap();
    let key = keys.path().join("master.key");
    let first = start(&settings(&database, &key));
    let community = json!({"name": "read", "kind": "snmp_v2c", "community": "a secret word"});
    let admin = first.admin().await;
    assert_eq!(first.post("/credentials", &admin, &community).await.status(), StatusCode::CREATED);

    let state = tempfile::tempdir().unwrap();
    let stand_by = |key: &Path| {
        let output = Command::new(env!("CARGO_BIN_EXE_vigie"))
            .args(["serve", "--listen", "127.0.0.1:0", "--state-dir"])
            .arg(state.path())
            .envs(settings(&database, key))
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let missing = stand_by(&keys.path().join("other.key"));
    assert!(missing.0 == Some(78) && missing.1.contains("other.key is not there: copy that of the server that works"), "{missing:?}");
    let other = vigie_foundation::secrets::load_or_create(&keys.path().join("other.key"));
    assert!(other.is_ok());
    let another = stand_by(&keys.path().join("other.key"));
    assert!(another.0 == Some(78) && another.1.contains("other.key is another one"), "{another:?}");
}
