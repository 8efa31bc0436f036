//! Identification over recorded agents, compared with what another system concluded from them.
//!
//! Run with the folder that holds `walks/*.snmprec.gz` and `expected.jsonl`:
//! `VIGIE_RECORDINGS=… cargo test -p vigie-application --test recordings -- --ignored --nocapture`
//!
//! The recordings are split in two halves by a hash of their names. Profiles are improved looking at the first alone, so the second tells
//! how well they do on devices that nobody looked at.

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

/// Columns of IF-MIB (RFC 2863): ifDescr, ifType, ifSpeed, ifAdminStatus, ifOperStatus, ifHighSpeed.
const IF_DESCR: &[u32] = &[1, 3, 6, 1, 2, 1, 2, 2, 1, 2];
const IF_TYPE: &[u32] = &[1, 3, 6, 1, 2, 1, 2, 2, 1, 3];
const IF_SPEED: &[u32] = &[1, 3, 6, 1, 2, 1, 2, 2, 1, 5];
const IF_ADMIN_STATUS: &[u32] = &[1, 3, 6, 1, 2, 1, 2, 2, 1, 7];
const IF_OPER_STATUS: &[u32] = &[1, 3, 6, 1, 2, 1, 2, 2, 1, 8];
const IF_HIGH_SPEED: &[u32] = &[1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 15];
const IF_TABLE: [&[u32]; 5] = [IF_DESCR, IF_TYPE, IF_SPEED, IF_ADMIN_STATUS, IF_OPER_STATUS];

fn folder() -> PathBuf {
    std::env::var_os("VIGIE_RECORDINGS").expect("VIGIE_RECORDINGS names the folder of the recordings").into()
}

/// Whether a recording belongs to the half that nobody looks at: FNV-1a of its name is odd.
fn is_unseen(walk: &str) -> bool {
    walk.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)) % 2 == 1
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

    fn told(&self, what: &str) -> String {
        let (hits, of) = self.board.get(what).copied().unwrap_or_default();
        format!("{:5.1} % of {of}", hits as f64 * 100.0 / of.max(1) as f64)
    }

    fn ratio(&self, what: &str) -> f64 {
        self.board.get(what).map_or(0.0, |(hits, of)| *hits as f64 / *of as f64)
    }
}

#[tokio::test]
#[ignore = "needs recordings"]
async fn recorded_devices_are_identified() {
    let folder = folder();
    let profiles = Profiles::built_in();
    let expected = std::fs::read_to_string(folder.join("expected.jsonl")).unwrap();
    let mut halves = [Score::default(), Score::default()];
    for line in expected.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let walk = case["walk"].as_str().unwrap();
        let Some(recording) = Recording::open(&folder.join("walks").join(format!("{walk}.snmprec.gz"))).filter(|r| !r.is_empty()) else {
            continue;
        };
        // a recording without a system group is that of an agent that denies it
        let Ok(facts) = read(&recording, &target(), &profiles).await else { continue };
        let score = &mut halves[usize::from(is_unseen(walk))];
        compare_device(&case, walk, &facts, score);
        compare_ports(&case, walk, &recording, &facts, score);
        compare_links(&case, walk, &facts, score);
    }
    let [seen, unseen] = &halves;
    println!("{:<24} {:>20} {:>20}", "", "looked at", "not looked at");
    for what in seen.board.keys() {
        println!("{what:<24} {:>20} {:>20}", seen.told(what), unseen.told(what));
    }
    if let Some(path) = std::env::var_os("VIGIE_MISSES") {
        std::fs::write(path, &seen.misses).unwrap();
    }
    for (what, least) in [
        ("port there", 1.0),
        ("port name", 0.97),
        ("port type", 0.99),
        ("port admin status", 0.99),
        ("port oper status", 0.99),
        ("port speed", 0.99),
        ("version", 0.87),
        ("model", 0.75),
        ("serial", 0.91),
    ] {
        for half in &halves {
            assert!(half.ratio(what) >= least, "{what}: {:.3}", half.ratio(what));
        }
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
        // an architecture is no model
        let counts = |w: &&str| !w.is_empty() && !w.contains("private") && !w.starts_with("Generic x86");
        if let Some(wanted) = device[field].as_str().map(str::trim).filter(counts) {
            let hit = found.as_deref().is_some_and(|found| agrees(found, wanted));
            score.count(what, hit, || format!("{walk}\t{:?}\t{wanted}\t{found:?}", identity.os));
        }
    }
}

/// A MAC address with two digits an octet and no colons; any other text as it is.
fn mac_digits(text: &str) -> String {
    let octets: Vec<u64> = text.split(':').filter_map(|part| u8::from_str_radix(part, 16).ok().map(u64::from)).collect();
    if octets.len() == 6 { format!("{:012x}", octets.iter().fold(0, |all, octet| all << 8 | octet)) } else { text.to_owned() }
}

/// The same but for case, punctuation, a leading v, and words around it.
fn agrees(found: &str, wanted: &str) -> bool {
    let (found, wanted) = (&mac_digits(found), &mac_digits(wanted));
    let plain = |text: &str| text.to_lowercase().replace(['(', ')', '[', ']', ',', ';', '"'], " ");
    let (found, wanted) = (plain(found), plain(wanted));
    let words = |text: &str| -> Vec<String> { text.split_whitespace().map(|w| w.trim_start_matches('v').to_owned()).collect() };
    let (found, wanted) = (words(&found), words(&wanted));
    let squeezed = |words: &[String]| words.concat().replace(|c: char| !c.is_alphanumeric(), "");
    let within = |few: &[String], many: &[String]| !few.is_empty() && few.iter().all(|word| many.contains(word));
    within(&found, &wanted) || within(&wanted, &found) || squeezed(&found) == squeezed(&wanted)
}

/// Compares the ports of IF-MIB; those and the columns that a system reads out of makers' MIBs are not in the recording's.
fn compare_ports(case: &Json, walk: &str, recording: &Recording, facts: &Facts, score: &mut Score) {
    let ports: HashMap<u64, &Port> = facts.ports.iter().flatten().map(|p| (u64::from(p.if_index), p)).collect();
    for wanted in case["ports"].as_array().into_iter().flatten() {
        let Some(index) = wanted["ifIndex"].as_u64() else { continue };
        let holds = |columns: &[&[u32]]| columns.iter().any(|column| recording.holds(column, index));
        if !holds(&IF_TABLE) {
            continue;
        }
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
        // one was recorded as text, which a speed is not
        if [IF_SPEED, IF_HIGH_SPEED].iter().any(|column| recording.number(column, index).is_some()) {
            let speed = wanted["ifSpeed"].as_u64().filter(|s| *s > 0);
            score.count("port speed", port.speed_bps == speed, || format!("{walk}\t{index}\t{speed:?}\t{:?}", port.speed_bps));
        }
        for (what, field, column, word) in [
            ("port admin status", "ifAdminStatus", IF_ADMIN_STATUS, port.admin_status.word()),
            ("port oper status", "ifOperStatus", IF_OPER_STATUS, port.oper_status.word()),
        ] {
            if let Some(status) = text(field).filter(|_| holds(&[column])) {
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
