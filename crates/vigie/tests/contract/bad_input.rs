//! What cannot work is told in one clear line and by an exit code, by the real binary: never a stack trace, never a bare 500.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::{Value as Json, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use vigie_sql_store::SqlStore;
use vigie_testkit::clock::ManualClock;

use super::server::{Server, problem};

/// Exit codes after sysexits.h, as ARCHITECTURE.md and the guide name them.
const DATA: i32 = 65;
const CANNOT_CREATE: i32 = 73;
const IN_USE: i32 = 75;
const CONFIGURATION: i32 = 78;

/// Starts a server that must refuse, and returns its code and the one line it says.
fn refusal(state: &Path, more: &[&str]) -> (i32, String) {
    let free = free_port();
    let listen: &[&str] = if more.contains(&"--listen") { &[] } else { &["--listen", &free] };
    let output = Command::new(env!("CARGO_BIN_EXE_vigie"))
        .args(["serve", "--state-dir"])
        .arg(state)
        .args(listen)
        .args(more)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "", "it does not greet");
    assert_eq!(said.lines().count(), 1, "one line: {said}");
    assert!(said.starts_with("vigie: ") && !said.contains("panicked") && !said.contains("error returned from"), "{said}");
    (output.status.code().unwrap(), said.trim_end().to_owned())
}

fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vigie.toml");
    std::fs::write(&file, "[polling]\nintervall_seconds = 30\n").unwrap();
    let (code, said) = refusal(&folder.path().join("state"), &["--config", file.to_str().unwrap()]);
    assert_eq!(code, CONFIGURATION);
    assert!(said.contains("vigie.toml:2: unknown key polling.intervall_seconds; did you mean polling.interval_seconds?"), "{said}");
    assert!(!folder.path().join("state").exists(), "nothing was begun");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap();
    let (code, said) = refusal(&folder.path().join("state"), &["--listen", &taken.to_string()]);
    assert_eq!(code, IN_USE);
    assert!(said.contains(&format!("port {} on 127.0.0.1 is taken", taken.port())) && said.contains("--listen"), "{said}");
}

/// A file in the way, and a file system that not even root can write to.
#[test]
fn a_state_directory_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    for state in [file.join("state"), file.clone(), "/proc/vigie".into(), "/proc".into()] {
        let (code, said) = refusal(&state, &[]);
        assert_eq!(code, CANNOT_CREATE, "{said}");
        assert!(said.contains(state.to_str().unwrap()) && said.contains("--state-dir"), "{said}");
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vigie.db");
    SqlStore::open(&path, Arc::new(ManualClock::default())).await.unwrap().close().await;
    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    let later =
        "INSERT INTO vigie_migrations (version, description, success, checksum, execution_time) VALUES (9000, 'later', 1, x'00', 0)";
    sqlx::query(later).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let before = std::fs::read(&path).unwrap();
    let (code, said) = refusal(folder.path(), &[]);
    assert_eq!(code, DATA);
    assert!(said.contains(path.to_str().unwrap()) && said.contains("newer vigie"), "{said}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_damaged_database_is_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("vigie.db"), "this was never a database\n".repeat(100)).unwrap();
    let (code, said) = refusal(folder.path(), &[]);
    assert_eq!(code, DATA);
    assert!(said.contains("damaged"), "{said}");
}

#[tokio::test]
async fn a_second_server_on_the_same_state_is_told_who_is_there() {
    let first = Server::start(&[]);
    let (code, said) = refusal(&first.state(), &[]);
    assert_eq!(code, IN_USE);
    assert!(said.contains(&format!("process {}", first.pid())), "{said}");
    // the first goes on
    first.admin().await;
}

#[tokio::test]
async fn a_discovery_that_cannot_be_meant_is_refused_with_what_to_do() {
    let server = Server::start(&[]);
    let admin = server.admin().await;
    let refused = async |targets: Json| {
        let input = json!({"mode": "sweep", "targets": targets, "credentials": [{"kind": "snmp_v2c", "community": "public"}]});
        let (status, code, body) = problem(server.post("/discoveries", &admin, &input).await).await;
        assert_eq!((status, code.as_str()), (422, "validation_failed"), "{body}");
        let [fault] = &body["errors"].as_array().unwrap()[..] else { panic!("one fault: {body}") };
        fault.clone()
    };
    for (targets, field, code, message, solution) in [
        (json!(["192.0.2.0/24", "10.0.0.0/40"]), "targets[1]", "invalid_cidr", "10.0.0.0/40 is not a network", "10.0.0.0/24"),
        (json!(["10.0.0.0/24", "10.0.0.128/25"]), "targets[1]", "overlapping_targets", "overlaps 10.0.0.0/24", "leave out 10.0.0.128/25"),
        (json!(["10.0.0.0/8"]), "confirm_large", "needs_confirmation", "addresses, which takes about", "send confirm_large: true"),
    ] {
        let fault = refused(targets).await;
        assert_eq!((&fault["field"], &fault["code"]), (&json!(field), &json!(code)));
        assert!(fault["message"].as_str().unwrap().contains(message), "{fault}");
        assert!(fault["solution"].as_str().unwrap().contains(solution), "{fault}");
    }
    assert_eq!(server.json("/discoveries", &admin).await["results"], json!([]), "nothing was made");
    assert_eq!(server.json("/credentials", &admin).await["results"], json!([]), "nor a credential");
}
