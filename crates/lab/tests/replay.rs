//! Recordings, served again.

mod support;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::Path;

use async_snmp::{Auth, AuthProtocol, PrivProtocol, UsmConfig, Value};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use support::{client, get, refusal, v2c, v3, walk_all};
use vigie_lab::{AUTH_PASSWORD, Lab, LabError, LabHandle, PRIVACY_PASSWORD, USER};

const SWITCH: &str = "1.3.6.1.2.1.1.1.0|4|a switch\n1.3.6.1.2.1.1.3.0|67|4711\n1.3.6.1.2.1.1.5.0|4x|737731\nnonsense\n1.3.6.1.2.1.2.2.1.10.10|65|7\n1.3.6.1.2.1.2.2.1.10.9|65|4294967295\n";

fn write(directory: &Path, name: &str, text: &str) {
    std::fs::write(directory.join(name), text).expect("written");
}

fn pack(directory: &Path, name: &str, text: &str) {
    let file = std::fs::File::create(directory.join(name)).expect("created");
    let mut encoder = GzEncoder::new(file, Compression::fast());
    encoder.write_all(text.as_bytes()).expect("packed");
    encoder.finish().expect("finished");
}

async fn replay(directory: &Path) -> LabHandle {
    Lab::builder().devices(0).port(0).replay(directory).start().await.expect("lab")
}

#[tokio::test]
async fn recordings_answer_in_the_order_of_their_names() {
    let directory = tempfile::tempdir().expect("directory");
    pack(directory.path(), "b.snmprec.gz", "1.3.6.1.2.1.1.1.0|4|second\n");
    write(directory.path(), "a.snmprec", SWITCH);
    write(directory.path(), "a@100.snmprec", "1.3.6.1.2.1.1.1.0|4|vlan 100\n");
    write(directory.path(), "readme.txt", "not a recording");
    let lab = replay(directory.path()).await;
    let devices = lab.devices();
    assert_eq!(devices.iter().map(|d| d.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(lab.status().malformed_lines, 1);
    let (first, second) = (lab.address(0).expect("address"), lab.address(1).expect("address"));
    let descr = [1, 3, 6, 1, 2, 1, 1, 1, 0];
    for auth in [v2c(), v3()] {
        let all = walk_all(&client(first, auth).await).await;
        assert_eq!(all.len(), 5);
        let octets: Vec<_> = all.iter().filter(|(oid, _)| oid.starts_with(&[1, 3, 6, 1, 2, 1, 2])).map(|(_, v)| v.clone()).collect();
        assert_eq!(octets, [Value::Counter32(u32::MAX), Value::Counter32(7)]);
    }
    assert_eq!(get(&client(second, v2c()).await, &descr).await, Value::OctetString("second".into()));
    assert_eq!(get(&client(first, Auth::v2c("public@100")).await, &descr).await, Value::OctetString("vlan 100".into()));
    let in_context = UsmConfig::new(USER)
        .auth_priv(AuthProtocol::Sha256, AUTH_PASSWORD, PrivProtocol::Aes128, PRIVACY_PASSWORD)
        .expect("user")
        .context_name("100");
    assert_eq!(get(&client(first, in_context.into()).await, &descr).await, Value::OctetString("vlan 100".into()));
    assert!(refusal(&client(first, Auth::v2c("public@200")).await, &descr).await.contains("Timeout"));
    lab.fail("a", None).expect("failed");
    assert!(refusal(&client(first, v2c()).await, &descr).await.contains("Timeout"));
    assert!(matches!(lab.reboot("b"), Err(LabError::Refused(_))));
    lab.stop().await;
}

#[tokio::test]
async fn recordings_stand_after_simulated_devices() {
    let directory = tempfile::tempdir().expect("directory");
    write(directory.path(), "old.snmprec", SWITCH);
    let lab = Lab::builder().devices(3).port(0).replay(directory.path()).start().await.expect("lab");
    let names: Vec<String> = lab.devices().into_iter().map(|d| d.name).collect();
    assert_eq!((names.len(), names[3].as_str()), (4, "old"));
    lab.stop().await;
}

#[tokio::test]
async fn a_directory_without_recordings_is_refused() {
    let directory = tempfile::tempdir().expect("directory");
    let empty = Lab::builder().devices(0).port(0).replay(directory.path()).start().await;
    assert!(matches!(empty.err(), Some(LabError::NoRecordings(_))));
    let missing = Lab::builder().devices(0).port(0).replay(directory.path().join("nowhere")).start().await;
    assert!(matches!(missing.err(), Some(LabError::File { .. })));
}

/// Every instance of the recordings in the folder that `VIGIE_RECORDINGS` names comes back in a walk, and nothing else; what is missing
/// stands on lines that the lab could not read, and said so.
#[tokio::test]
#[ignore = "needs recordings"]
async fn real_recordings_come_back_whole() {
    let folder = std::env::var_os("VIGIE_RECORDINGS").expect("VIGIE_RECORDINGS names the folder of the recordings");
    let walks = Path::new(&folder).join("walks");
    let lab = Lab::builder().devices(0).port(0).prefix("127.80.0.0/16".parse().expect("prefix")).replay(&walks).start().await.expect("lab");
    let devices = lab.devices();
    assert!(!devices.is_empty());
    let mut missing = 0;
    for (nth, device) in devices.iter().enumerate() {
        let walked: BTreeSet<_> = walk_all(&client(lab.address(nth).expect("address"), v2c()).await).await.into_keys().collect();
        let recorded = recorded(&walks.join(format!("{}.snmprec.gz", device.name)));
        assert!(walked.is_subset(&recorded), "{}: {:?}", device.name, walked.difference(&recorded).next());
        missing += recorded.len() - walked.len();
    }
    assert!(missing <= lab.status().malformed_lines, "{missing} instances are missing");
    lab.stop().await;
}

/// The names in a recording, below the roots that are walked.
fn recorded(path: &Path) -> BTreeSet<Vec<u32>> {
    let mut text = Vec::new();
    GzDecoder::new(std::fs::File::open(path).expect("a recording")).read_to_end(&mut text).expect("unpacked");
    let name = |line: &[u8]| -> Option<Vec<u32>> {
        let oid = std::str::from_utf8(line.split(|b| *b == b'|').next()?).ok()?;
        oid.trim().trim_start_matches('.').split('.').map(|arc| arc.parse().ok()).collect()
    };
    let names = text.split(|b| *b == b'\n').filter_map(name);
    names.filter(|oid| oid.starts_with(&[1, 0]) || oid.starts_with(&[1, 3])).collect()
}
