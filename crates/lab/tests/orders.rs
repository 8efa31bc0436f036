//! The command line of a lab, from start to end, over its control socket.

use std::path::Path;

use clap::Parser;
use tokio::sync::oneshot;
use vigie_lab::{LabArgs, LabError, run};

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    lab: LabArgs,
}

fn args(words: &[&str]) -> LabArgs {
    Cli::try_parse_from(std::iter::once("lab").chain(words.iter().copied())).expect("arguments").lab
}

async fn order(control: &Path, words: &[&str]) -> Result<(), LabError> {
    let control = control.to_str().expect("path");
    run(args(&[words, &["--control", control]].concat()), std::future::pending()).await
}

#[tokio::test]
async fn orders_reach_a_running_lab() {
    let directory = tempfile::tempdir().expect("directory");
    let control = directory.path().join("lab.sock");
    let (stop, stopped) = oneshot::channel::<()>();
    let start = args(&["--devices", "20", "--port", "0", "--control", control.to_str().expect("path")]);
    let lab = tokio::spawn(run(start, async {
        let _ = stopped.await;
    }));
    while !control.exists() {
        tokio::task::yield_now().await;
    }
    for words in [
        &["status"][..],
        &["list"],
        &["list", "-o", "json"],
        &["polls"],
        &["polls", "--forget", "-o", "json"],
        &["fail", "sw-1", "--port", "1"],
        &["fail", "sw-2"],
        &["fail", "sw-3", "--agent-only"],
        &["reboot", "sw-1"],
        &["degrade", "sw-1", "--loss", "0.3", "--delay-ms", "200"],
        &["load", "sw-1", "--port", "1", "--ratio", "0.95"],
        &["errors", "sw-1", "--port", "1", "--per-second", "50"],
        &["status", "-o", "json"],
        &["heal", "sw-1", "--port", "1"],
        &["heal", "all"],
    ] {
        order(&control, words).await.unwrap_or_else(|error| panic!("{words:?}: {error}"));
    }
    assert!(matches!(order(&control, &["fail", "nobody"]).await, Err(LabError::Refused(_))));
    let twice = run(args(&["--devices", "2", "--port", "0", "--control", control.to_str().expect("path")]), std::future::ready(())).await;
    assert!(matches!(twice, Err(LabError::ControlTaken(_))));
    stop.send(()).expect("running");
    lab.await.expect("joined").expect("stopped well");
    assert!(!control.exists());
    assert!(matches!(order(&control, &["status"]).await, Err(LabError::NoLab { .. })));
}

#[tokio::test]
async fn a_socket_left_behind_is_replaced_and_a_file_is_not() {
    let directory = tempfile::tempdir().expect("directory");
    let left = directory.path().join("left.sock");
    drop(std::os::unix::net::UnixListener::bind(&left).expect("bound"));
    run(args(&["--devices", "2", "--port", "0", "--control", left.to_str().expect("path")]), std::future::ready(())).await.expect("ran");
    let file = directory.path().join("file");
    std::fs::write(&file, "precious").expect("written");
    let refused = run(args(&["--devices", "2", "--port", "0", "--control", file.to_str().expect("path")]), std::future::ready(())).await;
    assert!(matches!(refused, Err(LabError::File { .. })));
    assert_eq!(std::fs::read_to_string(&file).expect("read"), "precious");
}

#[test]
fn arguments_that_cannot_be_are_refused() {
    for words in [
        &["--listen", "elsewhere"][..],
        &["--threads", "0"],
        &["fail"],
        &["load", "sw-1"],
        &["--user", ",SHA,x"],
        &["fail", "sw-1", "--port", "1", "--agent-only"],
    ] {
        assert!(Cli::try_parse_from(std::iter::once("lab").chain(words.iter().copied())).is_err(), "{words:?}");
    }
}
