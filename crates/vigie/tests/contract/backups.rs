//! Backups over the API: made, listed, carried away, checked, brought back elsewhere, deleted; by schedule too.

use std::fs;
use std::path::Path;
use std::process::Command;

use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};
use vigie_backup::{Manifest, Source};
use vigie_testkit::cache::until;
use vigie_testkit::offsite::OffsiteServer;

use super::server::{PASSWORD, Server, problem};

const PASSPHRASE: &str = "correct horse battery staple";

/// Waits until a job has ended; what it is then.
async fn ended(server: &Server, token: &str, job: &str) -> Json {
    let path = format!("/jobs/{job}");
    let read = async || server.json(&path, token).await;
    until("the job ends", async || !["queued", "running"].contains(&read().await["status"].as_str().unwrap())).await;
    read().await
}

fn restore(file: &Path, state: &Path, passphrase: &Path) {
    let command = Command::new(env!("CARGO_BIN_EXE_vigie"))
        .args(["backup", "restore"])
        .arg(file)
        .arg("--state-dir")
        .arg(state)
        .arg("--passphrase-file")
        .arg(passphrase)
        .output()
        .unwrap();
    assert!(command.status.success(), "{}", String::from_utf8_lossy(&command.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_by_the_api_is_carried_away_and_brought_back() {
    let files = tempfile::tempdir().unwrap();
    let (passphrase, file, elsewhere) = (files.path().join("passphrase"), files.path().join("kept.vigie"), files.path().join("elsewhere"));
    fs::write(&passphrase, PASSPHRASE).unwrap();
    let settings = [("VIGIE__BACKUP__PASSPHRASE_FILE", passphrase.to_str().unwrap())];
    let mut server = Server::start(&settings);
    let admin = server.admin().await;
    for (path, body) in
        [("/sites", json!({"name": "Lyon"})), ("/devices", json!({"address": "192.0.2.7", "name": "core-1", "monitored": false}))]
    {
        assert_eq!(server.post(path, &admin, &body).await.status(), 201, "{path}");
    }
    assert_eq!(server.json("/backups", &admin).await["results"], json!([]));
    // what it said at its start is a log line of its own
    let lines = "/logs?q=%22made%20the%20master%20key%22";
    until("a line is found", async || server.json(lines, &admin).await["meta"]["total_estimate"] == 1).await;
    let line = server.json(lines, &admin).await["results"][0].clone();

    let begun = server.ask(Method::POST, "/backups").bearer_auth(&admin).send().await.unwrap();
    assert_eq!(begun.status(), StatusCode::ACCEPTED);
    let location = begun.headers()["location"].to_str().unwrap().to_owned();
    let begun: Json = begun.json().await.unwrap();
    assert_eq!(location, format!("/api/v1/backups/{}", begun["id"].as_str().unwrap()));
    let job = ended(&server, &admin, begun["job_id"].as_str().unwrap()).await;
    assert_eq!(
        (&job["status"], &job["result"]["href"], &job["kind"]),
        (&json!("succeeded"), &json!(location), &json!("backup.create")),
        "{job}"
    );
    assert_eq!(job["requested_by"], "admin");

    let backup = server.json(&location, &admin).await;
    for (field, value) in [
        ("encrypted", json!(true)),
        ("origin", json!("manual")),
        ("check", json!("passed")),
        ("engine", json!("sqlite")),
        ("has_master_key", json!(true)),
        ("events", json!("included")),
    ] {
        assert_eq!(backup[field], value, "{field} of {backup}");
    }
    assert!(backup["event_count"].as_u64() >= Some(1) && backup["event_bytes"].as_u64() > Some(1_000), "{backup}");
    let page = server.json("/backups?encrypted=true&search=vigie", &admin).await;
    assert_eq!((&page["results"], &page["meta"]["total_estimate"]), (&json!([backup]), &json!(1)));
    assert_eq!(server.json("/backups?origin=schedule", &admin).await["results"], json!([]));
    let unknown = server.get("/backups?colour=red", &admin).send().await.unwrap();
    assert_eq!(problem(unknown).await.1, "invalid_filter");

    let answer = server.get(&format!("{location}/download"), &admin).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let name = backup["name"].as_str().unwrap();
    for (header, value) in [
        ("content-type", "application/octet-stream".to_owned()),
        ("content-disposition", format!("attachment; filename=\"{name}\"")),
        ("content-length", backup["size_bytes"].to_string()),
        ("cache-control", "private, no-store".to_owned()),
    ] {
        assert_eq!(answer.headers()[header], value, "{header}");
    }
    fs::write(&file, answer.bytes().await.unwrap()).unwrap();
    let manifest = vigie_backup::check(&file, Some(PASSPHRASE), &|_| true).unwrap();
    assert_eq!(backup["rows"], json!(manifest.rows.values().sum::<u64>()));
    assert_eq!(backup["event_count"], json!(manifest.events.unwrap().count));

    let checked: Json = server.post(&format!("{location}/verify"), &admin, &json!({})).await.json().await.unwrap();
    let checked = ended(&server, &admin, checked["job_id"].as_str().unwrap()).await;
    assert_eq!((&checked["status"], &checked["kind"]), (&json!("succeeded"), &json!("backup.verify")), "{checked}");
    let drill: Json = server.post(&format!("{location}/drill"), &admin, &json!({})).await.json().await.unwrap();
    let drill = ended(&server, &admin, drill["job_id"].as_str().unwrap()).await;
    assert_eq!((&drill["status"], &drill["kind"]), (&json!("succeeded"), &json!("backup.drill")), "{drill}");
    let drilled = server.json("/backups?drill=passed", &admin).await["results"][0].clone();
    assert!(drilled["drilled_at"].is_string() && drilled["drill_problem"].is_null(), "{drilled}");
    assert!(server.metrics().await.contains("backup_last_drill_success_timestamp_seconds "));
    let deleted = server.ask(Method::DELETE, &location).bearer_auth(&admin).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    assert_eq!(problem(server.get(&location, &admin).send().await.unwrap()).await.0, 404);
    assert!(!server.state().join("backups").join(name).exists());
    for action in ["create", "download", "verify", "drill", "delete"] {
        let audit = server.json(&format!("/audit?action=backups.{action}"), &admin).await;
        let entry = &audit["results"][0];
        assert_eq!(
            (&entry["resource"]["name"], &entry["resource"]["id"], &entry["actor"]["name"]),
            (&json!(name), &begun["id"], &json!("admin")),
            "{audit}"
        );
    }

    let device = server.json("/devices?name=core-1", &admin).await["results"][0].clone();
    restore(&file, &elsewhere, &passphrase);
    server.stop();
    fs::remove_dir_all(server.state()).unwrap();
    fs::rename(&elsewhere, server.state()).unwrap();
    server.start_again(&[]);
    let admin = server.admin().await;
    assert_eq!(server.json("/sites?name=Lyon", &admin).await["meta"]["total_estimate"], 1);
    assert_eq!(server.json("/devices?name=core-1", &admin).await["results"][0], device);
    assert_eq!(server.json(lines, &admin).await["results"], json!([line]), "the line came along, once");
    let later = "/logs?q=stopping";
    assert_eq!(server.json(later, &admin).await["meta"]["total_estimate"], 0, "the end of the server came after the backup");
    server.stop();
    server.start_again(&[]);
    let admin = server.admin().await;
    until("new lines are found behind the old ones", async || server.json(later, &admin).await["meta"]["total_estimate"] == 1).await;
}

/// Puts a backup of so many days ago into the folder of a server, made of nothing.
fn put_old(server: &Server, days: i64) {
    let folder = server.state().join("backups");
    fs::create_dir_all(&folder).unwrap();
    let (part, now) = (folder.join("part"), vigie_foundation::clock::system_now_ms());
    fs::write(&part, "nothing").unwrap();
    let manifest = Manifest { created_at: now - days * 86_400_000, engine: "sqlite".to_owned(), ..Manifest::default() };
    vigie_backup::pack(&folder.join("old.vigie"), manifest, &[Source { name: "part", path: part.clone() }], None, &|_| true).unwrap();
    fs::remove_file(part).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_night_that_was_missed_is_made_up_for_and_shows_in_services_and_metrics() {
    let schedule = [("VIGIE__BACKUP__SCHEDULE", "0 3 * * *")];
    let mut server = Server::start(&[]);
    let admin = server.admin().await;
    assert_eq!(server.json("/services/backup", &admin).await["status"], "not_configured");
    put_old(&server, 3);
    let old = server.json("/backups", &admin).await["results"][0].clone();
    assert_eq!((&old["name"], &old["origin"], &old["check"]), (&json!("old.vigie"), &Json::Null, &json!("unknown")), "{old}");
    server.stop();
    server.start_again(&schedule);
    let admin = server.admin().await;
    let made = async || server.json("/backups?origin=schedule&check=passed", &admin).await["meta"]["total_estimate"] == 1;
    until("the missed one is made", made).await;
    until("it is known of", async || server.json("/services/backup", &admin).await["status"] == "healthy").await;
    let service = server.json("/services/backup", &admin).await;
    let figures = &service["figures"];
    assert!(figures["last_size_bytes"].as_f64().unwrap() > 1000.0 && figures["failures"] == 0.0, "{service}");
    let metrics = server.metrics().await;
    for name in
        ["backup_last_success_timestamp_seconds ", "backup_last_duration_seconds ", "backup_last_size_bytes ", "backup_failures_total 0"]
    {
        assert!(metrics.contains(name), "{name} in {metrics}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_cannot_be_used_is_told_with_its_name() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let place = file.path().to_str().unwrap();
    let server = Server::start(&[("VIGIE__BACKUP__FOLDER", place)]);
    let admin = server.admin().await;
    for method in [Method::GET, Method::POST] {
        let (status, code, body) = problem(server.ask(method, "/backups").bearer_auth(&admin).send().await.unwrap()).await;
        assert_eq!((status, code.as_str()), (503, "storage_failed"));
        assert!(body["detail"].as_str().unwrap().contains(place) && body["solution"].as_str().unwrap().contains("backup.folder"), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_of_one_site_sees_and_makes_none() {
    let server = Server::start(&[]);
    let admin = server.admin().await;
    let site: Json = server.post("/sites", &admin, &json!({"name": "Lyon"})).await.json().await.unwrap();
    let user = json!({"username": "nadia", "password": PASSWORD, "roles": ["admin"], "scope": {"sites": [site["id"]]}});
    assert_eq!(server.post("/users", &admin, &user).await.status(), 201);
    let nadia = server.token("nadia", PASSWORD).await;
    let operator = server.with_role(&admin, "operator").await;
    assert_eq!(server.get("/backups", &operator).send().await.unwrap().status(), 200, "operators see them");
    put_old(&server, 1);
    let id = server.json("/backups", &admin).await["results"][0]["id"].as_str().unwrap().to_owned();
    for (method, path) in [
        (Method::GET, "/backups".to_owned()),
        (Method::GET, format!("/backups/{id}")),
        (Method::GET, format!("/backups/{id}/download")),
        (Method::POST, "/backups".to_owned()),
        (Method::POST, format!("/backups/{id}/verify")),
        (Method::POST, format!("/backups/{id}/drill")),
        (Method::DELETE, format!("/backups/{id}")),
    ] {
        let answer = server.ask(method.clone(), &path).bearer_auth(&nadia).send().await.unwrap();
        assert_eq!(problem(answer).await.0, 403, "{method} {path}");
        let answer = server.ask(method.clone(), &path).bearer_auth(&operator).send().await.unwrap();
        let may = method == Method::GET && !path.ends_with("download");
        assert_eq!(answer.status(), if may { 200 } else { 403 }, "{method} {path} by an operator");
    }
    assert!(server.state().join("backups/old.vigie").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_elsewhere_show_with_the_backup_in_services_and_metrics() {
    let Some(host) = OffsiteServer::start("sftp") else { return };
    let (address, port) = host.host().split_once(':').unwrap();
    let (fingerprint, key) = (host.text("fingerprint"), host.file("user_key"));
    let user = host.url.split(['/', '@']).nth(2).unwrap();
    let settings = [
        ("VIGIE__BACKUP__SFTP__HOST", address),
        ("VIGIE__BACKUP__SFTP__PORT", port),
        ("VIGIE__BACKUP__SFTP__HOST_KEY", &fingerprint),
        ("VIGIE__BACKUP__SFTP__USERNAME", user),
        ("VIGIE__BACKUP__SFTP__PRIVATE_KEY_FILE", key.to_str().unwrap()),
    ];
    let mut server = Server::start(&settings);
    let admin = server.admin().await;
    let make = async |server: &Server, admin: &str| {
        let begun: Json = server.post("/backups", admin, &json!({})).await.json().await.unwrap();
        let job = ended(server, admin, begun["job_id"].as_str().unwrap()).await;
        (job, server.json(&format!("/backups/{}", begun["id"].as_str().unwrap()), admin).await)
    };
    let (job, backup) = make(&server, &admin).await;
    assert_eq!(job["status"], "succeeded", "{job}");
    let copy = &backup["copies"][0];
    assert_eq!((&copy["destination"], &copy["state"], &copy["error"]), (&json!("sftp"), &json!("copied"), &Json::Null), "{backup}");
    assert!(host.file("home/vigie").join(backup["name"].as_str().unwrap()).exists());
    let metrics = server.metrics().await;
    for line in [
        "backup_copy_last_success_timestamp_seconds{destination=\"sftp\"} ",
        "backup_copy_last_duration_seconds{destination=\"sftp\"} ",
        "backup_copy_failures_total{destination=\"sftp\"} 0",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    // another key stands there now, or somebody between
    server.stop();
    let other = format!("SHA256:{}", "A".repeat(43));
    server.start_again(&settings.map(|(name, value)| (name, if name.ends_with("HOST_KEY") { other.as_str() } else { value })));
    let admin = server.admin().await;
    let (job, backup) = make(&server, &admin).await;
    assert!(job["status"] == "failed" && job["error"].as_str().unwrap().contains(&fingerprint), "{job}");
    assert_eq!((&backup["check"], &backup["copies"][0]["state"]), (&json!("passed"), &json!("failed")), "{backup}");
    let service = server.json("/services/backup", &admin).await;
    assert!(service["status"] == "degraded" && service["detail"].as_str().unwrap().contains("it is not spoken to"), "{service}");
    assert_eq!(service["figures"]["copy_failures"], 1.0, "{service}");
    assert!(server.metrics().await.contains("backup_copy_failures_total{destination=\"sftp\"} 1"));
}
