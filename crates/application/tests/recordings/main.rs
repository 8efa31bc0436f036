//! Identification over recorded agents, compared with what another system concluded from them.
//!
//! Run with the folder that holds `walks/*.snmprec.gz` and `expected.jsonl`:
//! `VIGIE_RECORDINGS=… cargo test -p vigie-application --test recordings -- --ignored --nocapture`
#![expect(clippy::disallowed_methods, reason = "tests find recordings by an environment variable")]

mod replay;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use replay::Recording;
use serde_json::Value as Json;
use vigie_application::devices::identify::{Facts, Port, Profiles, read};
use vigie_domain::Secret;
use vigie_domain::devices::{SnmpAuth, SnmpTarget};

fn folder() -> Option<PathBuf> {
    let folder = std::env::var("VIGIE_RECORDINGS").ok().map(PathBuf::from);
    if folder.is_none() {
        eprintln!("SKIPPED: VIGIE_RECORDINGS names no folder of recordings");
    }
    folder
}

fn target() -> SnmpTarget {
    let auth = Arc::new(SnmpAuth::V2c { community: Secret::new("public") });
    SnmpTarget { address: ([192, 0, 2, 1], 161).into(), auth, timeout: Duration::from_secs(1), retries: 0 }
}

/// How often a thing was as expected, of how many times it was expected.
#[derive(Default)]
struct Score {
    board: BTreeMap<&'static str, (usize, usize)>,
    misses: String,
}

impl Score {
    fn count(&mut self, what: &'static str, hit: bool, miss: impl FnOnce() -> String) {
        let entry = self.board.entry(what).or_default();
        entry.1 += 1;
        entry.0 += usize::from(hit);
        if !hit {
            let _ = writeln!(self.misses, "{what}\t{}", miss());
        }
    }

    fn ratio(&self, what: &str) -> f64 {
        self.board.get(what).map_or(0.0, |(hits, of)| *hits as f64 / *of as f64)
    }
}

#[tokio::test]
#[ignore = "needs recordings: VIGIE_RECORDINGS"]
async fn recorded_devices_are_identified() {
    let Some(folder) = folder() else { return };
    let profiles = Profiles::built_in();
    let expected = std::fs::read_to_string(folder.join("expected.jsonl")).unwrap();
    let mut score = Score::default();
    for line in expected.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let walk = case["walk"].as_str().unwrap();
        let Some(recording) = Recording::open(&folder.join("walks").join(format!("{walk}.snmprec.gz"))).filter(|r| !r.is_empty()) else {
            continue;
        };
        // a recording without a system group is that of an agent that denies it
        let Ok(facts) = read(&recording, &target(), &profiles).await else { continue };
        compare_device(&case, walk, &facts, &mut score);
        compare_ports(&case, walk, &facts, &mut score);
        compare_links(&case, walk, &facts, &mut score);
    }
    for (what, (hits, of)) in &score.board {
        println!("{what:<24} {hits:>6} of {of:>6}  {:5.1} %", *hits as f64 * 100.0 / *of as f64);
    }
    if let Ok(path) = std::env::var("VIGIE_MISSES") {
        std::fs::write(path, &score.misses).unwrap();
    }
    for (what, least) in [
        ("port name", 0.97),
        ("port type", 0.97),
        ("port oper status", 0.97),
        ("port speed", 0.97),
        ("version", 0.87),
        ("model", 0.71),
        ("serial", 0.88),
    ] {
        assert!(score.ratio(what) >= least, "{what}: {:.3}", score.ratio(what));
    }
}

fn compare_device(case: &Json, walk: &str, facts: &Facts, score: &mut Score) {
    let device = &case["device"];
    let identity = &facts.identity;
    if let Some(os) = device["os"].as_str() {
        score.count("vendor named", identity.vendor.is_some(), || format!("{walk}\t{os}"));
        score.count("os named", identity.os.is_some(), || format!("{walk}\t{os}"));
        score.count("os equal", identity.os.as_deref() == Some(os), || format!("{walk}\t{os}\t{:?}", identity.os));
    }
    for (what, field, found) in
        [("version", "version", &identity.os_version), ("model", "hardware", &identity.model), ("serial", "serial", &identity.serial)]
    {
        if let Some(wanted) = device[field].as_str().map(str::trim).filter(|w| !w.is_empty() && !w.contains("private")) {
            let hit = found.as_deref().is_some_and(|found| agrees(found, wanted));
            score.count(what, hit, || format!("{walk}\t{:?}\t{wanted}\t{found:?}", identity.os));
        }
    }
}

/// The same but for case, a leading v, and words around it.
fn agrees(found: &str, wanted: &str) -> bool {
    let plain = |text: &str| text.to_lowercase().replace(['(', ')', '[', ']', ',', ';', '"'], " ");
    let (found, wanted) = (plain(found), plain(wanted));
    let words = |text: &str| -> Vec<String> { text.split_whitespace().map(|w| w.trim_start_matches('v').to_owned()).collect() };
    let (found, wanted) = (words(&found), words(&wanted));
    let within = |few: &[String], many: &[String]| !few.is_empty() && few.iter().all(|word| many.contains(word));
    within(&found, &wanted) || within(&wanted, &found)
}

fn compare_ports(case: &Json, walk: &str, facts: &Facts, score: &mut Score) {
    let ports: HashMap<u64, &Port> = facts.ports.iter().flatten().map(|p| (u64::from(p.if_index), p)).collect();
    for wanted in case["ports"].as_array().into_iter().flatten() {
        let Some(index) = wanted["ifIndex"].as_u64() else { continue };
        let port = ports.get(&index);
        score.count("port there", port.is_some(), || format!("{walk}\t{index}"));
        let Some(port) = port else { continue };
        let text = |field: &str| wanted[field].as_str().map(str::trim).filter(|t| !t.is_empty());
        if let Some(name) = text("ifName") {
            score.count("port name", port.name == name, || format!("{walk}\t{index}\t{name}\t{}", port.name));
        }
        if let Some(kind) = text("ifType") {
            score.count("port type", port.kind.as_deref() == Some(kind), || format!("{walk}\t{index}\t{kind}\t{:?}", port.kind));
        }
        let speed = wanted["ifSpeed"].as_u64().filter(|s| *s > 0);
        score.count("port speed", port.speed_bps == speed, || format!("{walk}\t{index}\t{speed:?}\t{:?}", port.speed_bps));
        for (what, field, word) in [
            ("port admin status", "ifAdminStatus", port.admin_status.word()),
            ("port oper status", "ifOperStatus", port.oper_status.word()),
        ] {
            if let Some(status) = text(field) {
                let same = status.replace("lowerLayerDown", "lower_layer_down").replace("notPresent", "not_present") == word;
                score.count(what, same, || format!("{walk}\t{index}\t{status}\t{word}"));
            }
        }
        if let Some(mac) = text("ifPhysAddress").filter(|mac| mac.chars().any(|c| c != '0')) {
            let found = port.mac.as_deref().unwrap_or_default().replace(':', "");
            score.count("port mac", found == mac.to_lowercase(), || format!("{walk}\t{index}\t{mac}\t{found}"));
        }
    }
}

fn compare_links(case: &Json, walk: &str, facts: &Facts, score: &mut Score) {
    let heard: Vec<_> = facts.neighbours.iter().flatten().collect();
    for wanted in case["links"].as_array().into_iter().flatten() {
        let Some(host) = wanted["remote_hostname"].as_str().map(str::trim).filter(|t| !t.is_empty()) else { continue };
        let same = |text: &Option<String>| text.as_deref() == Some(host);
        let found = heard.iter().find(|h| same(&h.system_name) || same(&h.chassis_id) || same(&h.system_description));
        score.count("link heard", found.is_some(), || format!("{walk}\t{wanted}"));
    }
    if facts.ports.as_ref().is_some_and(|ports| !ports.is_empty()) {
        for one in heard {
            score.count("link at a known port", one.if_index.is_some(), || format!("{walk}\t{one:?}"));
        }
    }
}
