//! What breaks on command, seen through SNMP.

mod support;

use std::collections::HashSet;
use std::time::Duration;

use async_snmp::Value;
use support::{SYS_NAME, SYS_UPTIME, client, get, lab, refusal, v2c, walk};
use vigie_lab::{DeviceInfo, LabError, LabHandle, Link, LinkEnd};

const IF_OPER_STATUS: [u32; 10] = [1, 3, 6, 1, 2, 1, 2, 2, 1, 8];
const IF_IN_ERRORS: [u32; 10] = [1, 3, 6, 1, 2, 1, 2, 2, 1, 14];
const IF_HC_OUT_OCTETS: [u32; 11] = [1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 10];
const LLDP_REM_SYS_NAME: [u32; 11] = [1, 0, 8802, 1, 1, 2, 1, 4, 1, 1, 9];
const LLDP_REM_MAN_ADDR: [u32; 11] = [1, 0, 8802, 1, 1, 2, 1, 4, 2, 1, 3];

async fn ask(lab: &LabHandle, device: &str) -> async_snmp::UdpClient {
    let info = find(lab, device);
    client((info.address, lab.port()).into(), v2c()).await
}

fn find(lab: &LabHandle, device: &str) -> DeviceInfo {
    lab.devices().into_iter().find(|d| d.name == device || d.alias == device).expect("a device")
}

async fn column(lab: &LabHandle, end: &LinkEnd, column: &[u32]) -> Value {
    let mut oid = column.to_vec();
    oid.push(end.if_index);
    get(&ask(lab, &end.device).await, &oid).await
}

/// Names of the neighbours of a device, by LLDP.
async fn neighbours(lab: &LabHandle, device: &str) -> Vec<String> {
    let rows = walk(&ask(lab, device).await, &LLDP_REM_SYS_NAME).await;
    let mut names: Vec<String> = rows.values().filter_map(|v| v.as_str().map(str::to_owned)).collect();
    names.sort();
    names
}

fn link(lab: &LabHandle, alias: &str, port: u16) -> Link {
    find(lab, alias).links.into_iter().find(|l| l.a.port == port).expect("a cable")
}

#[tokio::test]
async fn neighbours_of_all_devices_are_the_cabling() {
    let lab = lab(200).await;
    let mut seen = Vec::new();
    for device in lab.devices() {
        let names = neighbours(&lab, &device.name).await;
        let mut truth: Vec<String> = device.links.iter().map(|l| l.b.device.clone()).collect();
        truth.sort();
        assert_eq!(names, truth, "{}", device.name);
        seen.extend(names.into_iter().map(|n| (device.name.clone(), n)));
        let addresses = walk(&ask(&lab, &device.name).await, &LLDP_REM_MAN_ADDR).await;
        let last_octets: HashSet<Vec<u32>> = addresses.keys().map(|oid| oid[oid.len() - 4..].to_vec()).collect();
        let expected: HashSet<Vec<u32>> = device.links.iter().map(|l| l.b.address.octets().map(u32::from).to_vec()).collect();
        assert_eq!(last_octets, expected);
    }
    assert_eq!(seen.len(), 2 * lab.links().len());
    lab.stop().await;
}

#[tokio::test]
async fn a_failed_port_is_down_at_both_ends_until_it_heals() {
    let lab = lab(200).await;
    let cable = link(&lab, "sw-3", 7);
    lab.fail("sw-3", Some("7")).expect("failed");
    for end in [&cable.a, &cable.b] {
        assert_eq!(column(&lab, end, &IF_OPER_STATUS).await, Value::Integer(2));
    }
    assert!(!neighbours(&lab, &cable.a.device).await.contains(&cable.b.device));
    assert!(!neighbours(&lab, &cable.b.device).await.contains(&cable.a.device));
    assert_eq!(lab.links().iter().filter(|l| !l.up).count(), 1);
    assert_eq!(lab.status().faults.len(), 1);
    lab.heal("sw-3", Some(&cable.a.name)).expect("healed");
    assert_eq!(column(&lab, &cable.b, &IF_OPER_STATUS).await, Value::Integer(1));
    assert!(neighbours(&lab, &cable.b.device).await.contains(&cable.a.device));
    assert!(lab.status().faults.is_empty());
    lab.stop().await;
}

#[tokio::test]
async fn a_failed_device_is_silent_and_comes_back_fresh() {
    let lab = lab(40).await;
    let cable = link(&lab, "sw-3", 1);
    lab.fail(&cable.a.device, None).expect("failed");
    assert!(refusal(&ask(&lab, "sw-3").await, &SYS_NAME).await.contains("Timeout"));
    assert_eq!(column(&lab, &cable.b, &IF_OPER_STATUS).await, Value::Integer(2));
    lab.heal(&cable.a.address.to_string(), None).expect("healed");
    assert_eq!(column(&lab, &cable.b, &IF_OPER_STATUS).await, Value::Integer(1));
    let Value::TimeTicks(uptime) = get(&ask(&lab, "sw-3").await, &SYS_UPTIME).await else { panic!("no uptime") };
    assert!(uptime < 6_000, "{uptime}");
    lab.stop().await;
}

#[tokio::test]
async fn a_silent_agent_leaves_the_cables_up() {
    let lab = lab(40).await;
    let cable = link(&lab, "sw-3", 1);
    lab.mute("sw-3").expect("mute");
    assert!(refusal(&ask(&lab, "sw-3").await, &SYS_NAME).await.contains("Timeout"));
    assert_eq!(column(&lab, &cable.b, &IF_OPER_STATUS).await, Value::Integer(1));
    lab.stop().await;
}

#[tokio::test]
async fn a_reboot_counts_from_zero() {
    let lab = lab(20).await;
    let cable = link(&lab, "sw-1", 1);
    lab.reboot("sw-1").expect("rebooted");
    lab.advance(Duration::from_secs(100));
    let Value::TimeTicks(uptime) = get(&ask(&lab, "sw-1").await, &SYS_UPTIME).await else { panic!("no uptime") };
    assert!((10_000..16_000).contains(&uptime), "{uptime}");
    let octets = column(&lab, &cable.a, &IF_HC_OUT_OCTETS).await.as_u64().expect("counter");
    assert!(octets < u64::from(cable.mbps) * 125_000 * 160, "{octets}");
    let before = column(&lab, &cable.b, &IF_HC_OUT_OCTETS).await.as_u64().expect("counter");
    assert!(before > octets);
    lab.stop().await;
}

#[tokio::test]
async fn load_and_errors_are_what_was_asked_for() {
    let lab = lab(200).await;
    let cable = link(&lab, "sw-3", 7);
    lab.load("sw-3", "7", 0.95).expect("loaded");
    lab.errors("sw-3", "7", 50.0).expect("errors");
    let started = std::time::Instant::now();
    let before = (column(&lab, &cable.b, &IF_HC_OUT_OCTETS).await.as_u64(), column(&lab, &cable.a, &IF_IN_ERRORS).await.as_u64());
    lab.advance(Duration::from_secs(1_000));
    let after = (column(&lab, &cable.b, &IF_HC_OUT_OCTETS).await.as_u64(), column(&lab, &cable.a, &IF_IN_ERRORS).await.as_u64());
    let slack = 1.0 + started.elapsed().as_secs_f64() / 1_000.0 + 0.01;
    let octets = (after.0.expect("counter") - before.0.expect("counter")) as f64;
    let expected = f64::from(cable.mbps) * 125_000.0 * 0.95 * 1_000.0;
    assert!(octets >= expected * 0.99 && octets <= expected * slack, "{octets} {expected}");
    let errors = after.1.expect("counter") - before.1.expect("counter");
    assert!((50_000..=51_500).contains(&errors), "{errors}");
    lab.stop().await;
}

#[tokio::test]
async fn a_degraded_device_is_slow_and_lossy() {
    let lab = lab(3).await;
    lab.degrade("sw-1", 0.0, 120).expect("slow");
    let client = ask(&lab, "sw-1").await;
    let started = std::time::Instant::now();
    get(&client, &SYS_NAME).await;
    assert!(started.elapsed() >= Duration::from_millis(120));
    lab.degrade("sw-1", 1.0, 0).expect("lossy");
    assert!(refusal(&client, &SYS_NAME).await.contains("Timeout"));
    assert_eq!(lab.status().lost, 1);
    lab.heal("all", None).expect("healed");
    get(&client, &SYS_NAME).await;
    lab.stop().await;
}

#[tokio::test]
async fn orders_that_make_no_sense_are_refused() {
    let lab = lab(20).await;
    assert!(matches!(lab.fail("sw-99", None), Err(LabError::UnknownDevice(_))));
    assert!(matches!(lab.fail("sw-1", Some("4000")), Err(LabError::UnknownPort { .. })));
    assert!(matches!(lab.fail("sw-1", Some("nonsense")), Err(LabError::UnknownPort { .. })));
    assert!(matches!(lab.load("sw-1", "1", 1.5), Err(LabError::Refused(_))));
    assert!(matches!(lab.degrade("sw-1", f64::NAN, 0), Err(LabError::Refused(_))));
    assert!(matches!(lab.degrade("sw-1", 0.0, 3_600_000), Err(LabError::Refused(_))));
    assert!(matches!(lab.errors("sw-1", "1", -1.0), Err(LabError::Refused(_))));
    lab.stop().await;
}

#[tokio::test]
async fn the_same_seed_and_epoch_continue_after_a_restart() {
    let first = lab(20).await;
    let cable = link(&first, "sw-1", 1);
    let before = column(&first, &cable.a, &IF_HC_OUT_OCTETS).await.as_u64().expect("counter");
    first.stop().await;
    let second = lab(20).await;
    let after = column(&second, &cable.a, &IF_HC_OUT_OCTETS).await.as_u64().expect("counter");
    assert!(after >= before && after - before < u64::from(cable.mbps) * 125_000 * 60, "{before} {after}");
    second.stop().await;
}
