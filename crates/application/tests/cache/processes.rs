//! Processes of their own: one flight among them, and one that is stopped past its lease.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use vigie_domain::cache::cached;
use vigie_testkit::cache::LEASE;
use vigie_testkit::redis::Server;

use crate::node::{Node, entry, patient};

const URL: &str = "VIGIE_TEST_NODE_URL";
const FOLDER: &str = "VIGIE_TEST_NODE_FOLDER";

/// A process that plays a node: it is this test, run again with the variables above.
struct Process {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Process {
    fn start(server: &Server, folder: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "processes::plays_a_node_where_another_test_asks_it_to", "--nocapture"])
            .env(URL, server.url())
            .env(FOLDER, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let mut process = Self { child, said };
        process.hear("ready");
        process
    }

    /// So many requests at once, for one key.
    fn ask(&mut self, key: &str, count: usize) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{key} {count}").unwrap();
    }

    /// The rest of the next line that it says with this word.
    fn hear(&mut self, word: &str) -> String {
        let start = format!("node: {word}");
        loop {
            let mut line = String::new();
            assert_ne!(self.said.read_line(&mut line).unwrap(), 0, "it ended before it said {word}");
            if let Some(rest) = line.trim_end().strip_prefix(&start) {
                return rest.trim().to_owned();
            }
        }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // it may have ended by itself
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Makes a value: says so in the file `fetched`, then waits for the file `go`.
async fn fetch(folder: PathBuf) -> vigie_domain::Result<String> {
    let line = format!("{}\n", std::process::id());
    OpenOptions::new().create(true).append(true).open(folder.join("fetched")).unwrap().write_all(line.as_bytes()).unwrap();
    println!("node: fetching");
    while !folder.join("go").exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(format!("made by {}", std::process::id()))
}

fn fetches(folder: &Path) -> usize {
    std::fs::read_to_string(folder.join("fetched")).unwrap().lines().count()
}

/// Nothing, unless the variables ask it to play a node.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plays_a_node_where_another_test_asks_it_to() {
    let (Some(url), Some(folder)) = (std::env::var_os(URL), std::env::var_os(FOLDER)) else { return };
    let node = Node::start("child", patient(url.to_str().unwrap()), None).await;
    println!("node: ready");
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let (key, count) = line.split_once(' ').unwrap();
        let (key, folder) = (key.to_owned(), PathBuf::from(&folder));
        let asked = (0..count.parse::<usize>().unwrap()).map(|_| {
            let (cache, key, folder) = (node.cache.clone(), key.clone(), folder.clone());
            tokio::spawn(async move {
                let entry = vigie_domain::cache::CacheEntry { deadline: Duration::from_mins(1), ..entry(&key) };
                cached(&cache, entry, fetch(folder)).await.unwrap().to_string()
            })
        });
        let asked: Vec<_> = asked.collect();
        println!("node: asking");
        let mut answers: Vec<String> = Vec::new();
        for one in asked {
            answers.push(one.await.unwrap());
        }
        answers.dedup();
        println!("node: answers {}", answers.join(", "));
    }
}

#[test]
fn of_a_thousand_requests_in_two_processes_one_fetches() {
    let Some(server) = Server::start(&[]) else { return };
    let folder = TempDir::new().unwrap();
    let mut processes = [Process::start(&server, folder.path()), Process::start(&server, folder.path())];
    for process in &mut processes {
        process.ask("x", 500);
    }
    for process in &mut processes {
        process.hear("asking");
    }
    std::fs::write(folder.path().join("go"), "").unwrap();
    let answers = processes.each_mut().map(|process| process.hear("answers"));
    assert_eq!(answers[0], answers[1]);
    assert!(!answers[0].contains(','), "{}", answers[0]);
    assert_eq!(fetches(folder.path()), 1);
}

#[test]
fn a_process_that_dies_while_it_fetches_gives_the_others_way() {
    let Some(server) = Server::start(&[]) else { return };
    let folder = TempDir::new().unwrap();
    let (mut holder, mut other) = (Process::start(&server, folder.path()), Process::start(&server, folder.path()));
    holder.ask("x", 1);
    holder.hear("fetching");
    other.ask("x", 100);
    other.hear("asking");
    drop(holder);
    std::fs::write(folder.path().join("go"), "").unwrap();
    assert_eq!(other.hear("answers"), format!("made by {}", other.child.id()));
    assert_eq!(fetches(folder.path()), 2);
}

#[test]
fn a_process_that_is_stopped_past_its_lease_has_its_late_write_refused() {
    let Some(server) = Server::start(&[]) else { return };
    let folder = TempDir::new().unwrap();
    let (mut late, mut other) = (Process::start(&server, folder.path()), Process::start(&server, folder.path()));
    late.ask("x", 1);
    late.hear("fetching");
    other.ask("x", 1);
    other.hear("asking");
    // it renews its lease while it works: nothing happens, for longer than one lease
    std::thread::sleep(LEASE * 2);
    assert_eq!(fetches(folder.path()), 1);
    late.signal("STOP");
    other.hear("fetching");
    std::fs::write(folder.path().join("go"), "").unwrap();
    let made = format!("made by {}", other.child.id());
    assert_eq!(other.hear("answers"), made);
    late.signal("CONT");
    assert_eq!(late.hear("answers"), made, "it answers what holds, not what it made too late");
    assert!(server.ask(&["GET", "{vigie}:v:test:topology:x"]).contains(&made));
    late.ask("x", 1);
    assert_eq!(late.hear("answers"), made);
    assert_eq!(fetches(folder.path()), 2);
}
