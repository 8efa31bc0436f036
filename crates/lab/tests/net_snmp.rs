//! The agents of the lab, asked by the tools of net-snmp. They are skipped where the tools are not installed,
//! and fail there under `CI=true`.

mod support;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::{Command, Output};

use support::lab;
use vigie_lab::{AUTH_PASSWORD, AUTH_USER, PRIVACY_PASSWORD, USER};

fn installed() -> bool {
    let found = Command::new("snmpget").arg("--version").output().is_ok();
    if !found {
        vigie_testkit::service::missing("the tools of net-snmp are not installed: apt-get install snmp");
    }
    found
}

async fn tool(name: &str, options: &[&str], address: SocketAddr, oid: &str) -> Output {
    let mut command = Command::new(name);
    command.env("MIBS", "").args(["-r", "0", "-t", "1", "-On"]).args(options).arg(address.to_string()).args(oid.split(' '));
    tokio::task::spawn_blocking(move || command.output()).await.expect("joined").expect("the tool runs")
}

async fn says(name: &str, options: &[&str], address: SocketAddr, oid: &str) -> String {
    let output = tool(name, options, address, oid).await;
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

fn user<'a>(name: &'a str, auth: &'a str, privacy: &'a str, level: &'a str) -> Vec<&'a str> {
    vec!["-v3", "-u", name, "-a", "SHA-256", "-A", auth, "-x", "AES", "-X", privacy, "-l", level]
}

/// The names of a walk, which must ascend.
async fn names(tool_name: &str, options: &[&str], address: SocketAddr) -> Vec<Vec<u32>> {
    let text = says(tool_name, options, address, ".1").await;
    let lines = text.lines().filter(|line| line.starts_with('.') && !line.contains("No more variables"));
    let parse = |line: &str| line.split(' ').next()?.trim_start_matches('.').split('.').map(|arc| arc.parse().ok()).collect();
    let names: Vec<Vec<u32>> = lines.filter_map(parse).collect();
    assert!(names.is_sorted(), "order of {tool_name} {options:?}");
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "doubles in {tool_name} {options:?}");
    names
}

#[tokio::test]
async fn walks_agree_whatever_the_version_and_request() {
    if !installed() {
        return;
    }
    let lab = lab(20).await;
    for nth in 0..20 {
        let address = lab.address(nth).expect("address");
        let next = names("snmpwalk", &["-v2c", "-c", "public"], address).await;
        assert!(next.len() > 100, "{}", next.len());
        assert_eq!(next, names("snmpbulkwalk", &["-v2c", "-c", "public", "-Cr50"], address).await);
        assert_eq!(next, names("snmpbulkwalk", &user(USER, AUTH_PASSWORD, PRIVACY_PASSWORD, "authPriv"), address).await);
        let old = names("snmpwalk", &["-v1", "-c", "public"], address).await;
        let without_64_bits = |name: &&Vec<u32>| !name.starts_with(&[1, 3, 6, 1, 2, 1, 31, 1, 1, 1]) || !(6..=13).contains(&name[10]);
        assert_eq!(old, next.iter().filter(without_64_bits).cloned().collect::<Vec<_>>());
    }
    lab.stop().await;
}

#[tokio::test]
async fn refusals_read_as_those_of_snmpd() {
    if !installed() {
        return;
    }
    let lab = lab(2).await;
    let address = lab.address(0).expect("address");
    let name = ".1.3.6.1.2.1.1.5.0";
    let cases = [
        (user("nobody", AUTH_PASSWORD, PRIVACY_PASSWORD, "authPriv"), "Unknown user name"),
        (user(USER, "not-the-password", PRIVACY_PASSWORD, "authPriv"), "Authentication failure (incorrect password, community or key)"),
        (user(USER, AUTH_PASSWORD, "not-the-password", "authPriv"), "Timeout: No Response"),
        (user(AUTH_USER, AUTH_PASSWORD, PRIVACY_PASSWORD, "authPriv"), "Unsupported security level"),
        (user(USER, AUTH_PASSWORD, PRIVACY_PASSWORD, "authNoPriv"), "authorizationError"),
        (user(USER, AUTH_PASSWORD, PRIVACY_PASSWORD, "noAuthNoPriv"), "authorizationError"),
        (vec!["-v2c", "-c", "private"], "Timeout: No Response"),
        (vec!["-v1", "-c", "private"], "Timeout: No Response"),
        (user(AUTH_USER, AUTH_PASSWORD, PRIVACY_PASSWORD, "authNoPriv"), "STRING: \"lyo-"),
    ];
    for (options, expected) in cases {
        let text = says("snmpget", &options, address, name).await;
        assert!(text.contains(expected), "{options:?}: {text}");
    }
    let written = says("snmpset", &["-v2c", "-c", "public"], address, ".1.3.6.1.2.1.1.5.0 s mine").await;
    assert!(written.contains("notWritable"), "{written}");
    let missing = says("snmpget", &["-v2c", "-c", "public"], address, ".1.3.6.1.2.1.1.5.9").await;
    assert!(missing.contains("No Such Instance"), "{missing}");
    let unknown = says("snmpget", &["-v2c", "-c", "public"], address, ".1.3.6.1.2.1.1.99.0").await;
    assert!(unknown.contains("No Such Object"), "{unknown}");
    let old = says("snmpget", &["-v1", "-c", "public"], address, ".1.3.6.1.2.1.1.99.0").await;
    assert!(old.contains("noSuchName"), "{old}");
    lab.stop().await;
}
