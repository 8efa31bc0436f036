//! Moving a server from SQLite to PostgreSQL, and what is kept of it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value as Json;
use vigie_testkit::postgres;

use vigie_testkit::cluster::ClusterServer;

use super::server::Server;

/// What the server says of PostgreSQL.
fn postgresql(server: &Server) -> Json {
    let services = server.vigie(&["services", "-o", "json"]).json();
    services.as_array().unwrap().iter().find(|service| service["id"] == "postgresql").unwrap().clone()
}

#[test]
fn the_data_move_to_postgresql_and_are_served_from_there() {
    let Some(database) = postgres::Server::shared().map(postgres::Server::database) else { return };
    let there = [("VIGIE__STORE__URL", database.url.as_str())];
    let mut server = Server::signed_in();
    assert_eq!(server.vigie(&["sites", "add", "Lyon"]).code, 0);
    assert_eq!(server.vigie(&["devices", "add", "192.0.2.7", "--set", "name=core-1", "--set", "site=Lyon"]).code, 0);
    assert_eq!(postgresql(&server)["status"], "not_configured");
    let state = server.beside("state");
    let carry = ["db", "move", "--to", &database.url, "--state-dir", &state];
    let early = server.vigie(&carry);
    assert_eq!(early.code, 75, "a server at work is not copied: {}", early.said);

    server.stop();
    let moved = server.vigie(&carry);
    assert_eq!(moved.code, 0, "{}", moved.said);
    assert!(moved.text.contains("counted there") && !moved.text.contains("secret"), "{}", moved.text);
    let again = server.vigie(&carry);
    assert!(again.code != 0 && again.said.contains("is not empty"), "{}", again.said);
    let nothing = server.vigie(&["db", "dump", &server.beside("dump"), "--state-dir", &server.beside("nowhere")]);
    assert!(nothing.code == 65 && nothing.said.contains("holds no database"), "{}", nothing.said);

    server.start_again(&there);
    // whoever was signed in still is
    assert_eq!(server.vigie(&["devices", "get", "core-1", "-o", "json"]).json()["site"]["name"], "Lyon");
    assert_eq!(postgresql(&server)["status"], "healthy");
    assert_eq!(server.vigie(&["tags", "add", "moved"]).code, 0);
    // a password may stand elsewhere
    let bare = database.url.replace(":secret@", "@");
    let status = server.with(&["db", "status"], &[("VIGIE__STORE__URL", &bare), ("PGPASSWORD", "secret")]);
    assert!(status.text.starts_with("state: postgresql ") && status.text.contains("samples: postgresql "), "{status:?}");
    let second = server.with(&["serve", "--listen", "127.0.0.1:0", "--state-dir", &server.beside("second")], &there);
    assert!(second.code == 75 && second.said.contains("in use by another vigie"), "{second:?}");

    server.stop();
    let dump = server.beside("dump");
    let (home, file) = (server.beside(""), server.beside(".pgpass"));
    fs::write(&file, "*:*:*:vigie:secret\n").unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    let dumped = server.with(&["db", "dump", &dump], &[("VIGIE__STORE__URL", &bare), ("HOME", &home)]);
    assert_eq!(dumped.code, 0, "{}", dumped.said);
    let restored = server.vigie(&["db", "restore", &dump, "--state-dir", &server.beside("restored")]);
    assert_eq!(restored.code, 0, "{}", restored.said);
    let status = server.vigie(&["db", "status", "--state-dir", &server.beside("restored")]);
    assert!(status.text.starts_with("state: sqlite ") && status.text.contains("tags"), "{status:?}");
}

#[test]
fn an_address_where_nobody_answers_is_one_line() {
    let mut server = Server::start();
    server.stop();
    let nobody = [("VIGIE__STORE__URL", "postgres://vigie:hunter2@127.0.0.1:1/vigie")];
    let refused = server.with(&["db", "migrate"], &nobody);
    assert_eq!((refused.code, refused.said.lines().count()), (69, 1), "{}", refused.said);
    assert!(refused.said.contains("127.0.0.1:1/vigie cannot be reached") && !refused.said.contains("hunter2"), "{}", refused.said);
}

/// Log lines that match, as the command line counts them.
fn lines(server: &Server, q: &str) -> Vec<Json> {
    let answer = server.vigie(&["search", q, "--oldest", "-n", "1000", "-o", "json"]);
    assert_eq!(answer.code, 0, "{}", answer.said);
    answer.json().as_array().unwrap().iter().map(|line| without_id(line.clone())).collect()
}

/// An event has another id in each store.
fn without_id(mut line: Json) -> Json {
    line.as_object_mut().unwrap().remove("id");
    line
}

#[test]
fn logs_move_to_a_cluster_and_back() {
    let Some(cluster) = ClusterServer::opensearch() else { return };
    let prefix = ClusterServer::prefix();
    let there = [("VIGIE__EVENT_STORE__NODES", cluster.url.as_str()), ("VIGIE__EVENT_STORE__PREFIX", &prefix)];
    let mut server = Server::signed_in();
    let state = server.beside("state");
    let carry = |server: &Server, to: &str| server.with(&["db", "move-events", "--to", to, "--state-dir", &state], &there);
    assert_eq!(carry(&server, "cluster").code, 75, "a server at work is not copied");
    server.stop();
    let unset = server.vigie(&["db", "move-events", "--to", "cluster", "--state-dir", &state]);
    assert!(unset.code == 78 && unset.said.contains("event_store.nodes"), "{}", unset.said);
    let nowhere = server.with(&["db", "move-events", "--to", "cluster", "--state-dir", &server.beside("nowhere")], &there);
    assert!(nowhere.code == 65 && nowhere.said.contains("holds no database"), "{}", nowhere.said);
    let away = [("VIGIE__EVENT_STORE__NODES", "http://127.0.0.1:9")];
    let silent = server.with(&["db", "move-events", "--to", "cluster", "--state-dir", &state], &away);
    assert!(silent.code == 69 && silent.said.contains("does not answer"), "{silent:?}");
    let moved = carry(&server, "cluster");
    assert_eq!(moved.code, 0, "{}", moved.said);
    assert!(moved.text.contains("counted there"), "{}", moved.text);
    let again = carry(&server, "cluster");
    assert!(again.code == 65 && again.said.contains("events where these are to go"), "{}", again.said);

    // the first start has its lines in files, the second in the cluster, with those that were moved
    server.start_again(&there);
    let first = lines(&server, "\"made the master key\" OR stopping");
    assert_eq!(first.len(), 2, "{first:?}");
    server.stop();
    fs::remove_dir_all(format!("{state}/events/partitions")).unwrap();
    let back = carry(&server, "files");
    assert_eq!(back.code, 0, "{}", back.said);
    server.start_again(&[]);
    let second = lines(&server, "\"made the master key\" OR stopping");
    assert_eq!(second[..2], first, "they are what they were");
    assert_eq!(second.len(), 3, "and the end of the second start is with them: {second:?}");
    // a move that was cut is finished before the server starts
    server.stop();
    fs::write(format!("{state}/events/move"), "files").unwrap();
    let early = server.with(&["serve", "--listen", "127.0.0.1:0", "--state-dir", &state], &[]);
    assert!(early.code == 75 && early.said.contains("vigie db move-events --to files"), "{early:?}");
}
