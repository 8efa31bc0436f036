//! The command line against the real server.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod backup;
mod database;
mod server;

use std::os::unix::fs::MetadataExt;

use serde_json::json;
use server::Server;

#[test]
fn a_sign_in_is_kept_and_forgotten() {
    let server = Server::start();
    assert_eq!(server.vigie(&["devices"]).code, 3);
    let password = server.password_file();
    assert_eq!(server.vigie(&["login", "--username", "admin", "--password-file", password.to_str().unwrap()]).code, 0);
    assert_eq!(std::fs::metadata(server.sessions_file()).unwrap().mode() & 0o777, 0o600);
    assert_eq!(server.vigie(&["whoami", "-o", "json"]).json()["user"]["username"], "admin");
    assert_eq!(server.vigie(&["logout"]).code, 0);
    assert_eq!(server.vigie(&["whoami"]).code, 3);
}

#[test]
fn scripts_tell_failures_by_their_code() {
    let server = Server::signed_in();
    for (words, code) in [
        (&["devices", "get", "nobody"][..], 4),
        (&["devices", "--filter", "statu=down"], 2),
        (&["discover", "10.0.0.0/40", "--community", "public"], 2),
        (&["discover", "10.0.0.0/8", "--community", "public"], 2),
        (&["devices", "--server", "https://localhost:1"], 6),
        (&["sites", "delete", "nowhere", "--yes"], 4),
    ] {
        let answer = server.vigie(words);
        assert_eq!(answer.code, code, "{words:?}: {}", answer.said);
        assert!(answer.said.starts_with("vigie: cannot ") || answer.said.contains("\nvigie: cannot "), "{words:?}: {}", answer.said);
        assert_eq!(answer.text, "");
    }
    assert_eq!(server.with(&["devices"], &[("VIGIE_API_KEY", "vgk_wrong")]).code, 3);
}

#[test]
fn a_resource_is_added_changed_and_deleted() {
    let server = Server::signed_in();
    assert_eq!(server.vigie(&["sites", "add", "Lyon"]).code, 0);
    assert_eq!(server.vigie(&["sites", "add", "Lyon"]).code, 5, "a name that is taken");
    let device = server
        .vigie(&["devices", "add", "192.0.2.7", "--set", "name=core-1", "--set", "site=Lyon", "--set", "tags=a,b", "-o", "json"])
        .json();
    assert_eq!((&device["site"]["name"], &device["tags"]), (&json!("Lyon"), &json!(["a", "b"])));
    let changed = server.vigie(&["devices", "edit", "core-1", "--set", "notes=42", "-o", "json"]).json();
    assert_eq!(changed["notes"], "42");
    assert_eq!(server.vigie(&["devices", "edit", "core-1", "--if-version", "1", "--set", "notes=43"]).code, 5);
    assert_eq!(server.vigie(&["devices", "delete", "core-1"]).code, 2, "nobody to ask, nothing is done");
    assert_eq!(server.vigie(&["devices", "get", "192.0.2.7", "-o", "json"]).json()["name"], "core-1");
    assert_eq!(server.vigie(&["devices", "delete", "core-1", "--yes"]).code, 0);
    assert_eq!(server.vigie(&["devices", "get", "core-1"]).code, 4);
}

#[test]
fn every_page_of_a_list_is_walked() {
    let server = Server::signed_in();
    for n in 0..130 {
        assert_eq!(server.vigie(&["tags", "add", &format!("t{n:03}")]).code, 0);
    }
    let names = |words: &[&str]| -> Vec<String> { server.vigie(words).text.lines().map(str::to_owned).collect() };
    assert_eq!(names(&["tags", "--all", "-o", "ndjson"]).len(), 130);
    assert_eq!(names(&["tags", "--limit", "115", "-o", "ndjson", "--fields", "name"]).len(), 115);
    let table = names(&["tags", "--filter", "name__startswith=t00", "--ordering=-name", "--fields", "name"]);
    assert_eq!((table.len(), table[0].as_str(), table[1].as_str()), (11, "NAME", "t009"));
    assert!(server.vigie(&["tags"]).said.contains("100 of 130 tags"));
}

#[test]
fn a_key_is_good_for_what_it_was_made_for() {
    let server = Server::signed_in();
    let key = server.vigie(&["keys", "create", "ci", "--permission", "devices:read", "--expires", "1d", "--quiet"]).text;
    let as_key = |words: &[&str]| server.with(words, &[("VIGIE_API_KEY", key.trim())]);
    assert_eq!(as_key(&["devices", "-o", "json"]).json(), json!([]));
    assert_eq!(as_key(&["sites", "add", "Lyon"]).code, 3);
    assert_eq!(server.vigie(&["keys", "delete", "ci", "--yes"]).code, 0);
    assert_eq!(as_key(&["devices"]).code, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_is_discovered_and_asked() {
    let lab = vigie_lab::Lab::builder().prefix("127.0.91.0/28".parse().unwrap()).devices(6).port(0).start().await.unwrap();
    let port = lab.port().to_string();
    tokio::task::spawn_blocking(move || {
        let server = Server::signed_in();
        let found =
            server.vigie(&["discover", "127.0.91.0/28", "--community", "public", "--port", &port, "--name", "lab", "-o", "json"]).json();
        assert_eq!(found["run"]["status"], "succeeded");
        assert_eq!((&found["run"]["found"]["devices"], &found["run"]["found"]["new"]), (&json!(6), &json!(6)));
        let new = found["results"].as_array().unwrap().iter().filter(|result| result["outcome"] == "new").count();
        assert_eq!(new, 6, "every result is shown, however late it was written");
        let again = server.vigie(&["discoveries", "run", "lab", "-o", "json"]).json();
        assert_eq!(again["run"]["found"]["new"], 0);

        let names = server.vigie(&["devices", "-o", "ndjson"]).text;
        let first: serde_json::Value = serde_json::from_str(names.lines().next().unwrap()).unwrap();
        let name = first["name"].as_str().unwrap();
        assert_eq!(server.vigie(&["devices", "snmp-get", name, "sysName.0", "-o", "json"]).json()[0]["text"], name);
        assert_eq!(server.vigie(&["devices", "poll", name]).code, 0);
        let links = server.vigie(&["links"]).text;
        assert!(links.lines().count() > 1 && links.contains(name), "{links}");
        assert!(server.vigie(&["topology", "export", "--format", "dot"]).text.contains(" -- "));
        assert_eq!(server.vigie(&["credentials", "test", "snmp_v2c of lab", "127.0.91.15", "--port", &port]).code, 7);
    })
    .await
    .unwrap();
    lab.stop().await;
}
