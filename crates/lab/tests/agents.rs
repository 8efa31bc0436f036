//! The agents of the lab, asked by a real client over real sockets.

mod support;

use async_snmp::{AuthProtocol, ErrorStatus, Oid, UsmConfig, Value};
use support::{SYS_NAME, client, get, lab, refusal, user, v2c, v3, walk_all};
use vigie_lab::{AUTH_PASSWORD, AUTH_USER, Binding, Lab, LabError, PRIVACY_PASSWORD, USER};

/// Values that may differ between two walks: they move.
fn is_still(oid: &[u32]) -> bool {
    let moving: [&[u32]; 8] = [
        &[1, 3, 6, 1, 2, 1, 1, 3],
        &[1, 3, 6, 1, 2, 1, 2, 2, 1],
        &[1, 3, 6, 1, 2, 1, 31],
        &[1, 3, 6, 1, 2, 1, 25],
        &[1, 3, 6, 1, 2, 1, 99],
        &[1, 3, 6, 1, 4, 1],
        &[1, 3, 6, 1, 6, 3],
        &[1, 0, 8802, 1, 1, 2, 1, 2],
    ];
    !moving.iter().any(|m| oid.starts_with(m))
}

#[tokio::test]
async fn versions_agree_on_every_device() {
    let lab = lab(40).await;
    for (nth, device) in lab.devices().into_iter().enumerate() {
        let address = lab.address(nth).expect("address");
        assert_eq!(address.ip(), device.address);
        let old = walk_all(&client(address, v2c()).await).await;
        let new = walk_all(&client(address, v3()).await).await;
        assert!(old.len() > 60, "{}: {}", device.name, old.len());
        assert!(old.keys().eq(new.keys()), "{}", device.name);
        let differ = old.iter().find(|(oid, value)| is_still(oid) && new.get(*oid) != Some(value));
        assert_eq!(differ, None, "{}", device.name);
        assert_eq!(old.get(&SYS_NAME[..]), Some(&Value::OctetString(device.name.into())));
    }
    lab.stop().await;
}

#[tokio::test]
async fn every_binding_answers_from_the_address_that_was_asked() {
    for binding in [Binding::Any, Binding::Each] {
        let lab = Lab::builder().devices(30).port(0).binding(binding).threads(2).start().await.expect("lab");
        for (nth, device) in lab.devices().into_iter().enumerate() {
            let address = lab.address(nth).expect("address");
            // strict source: an answer from elsewhere would not count
            let client = async_snmp::Client::builder(address, v2c()).strict_source(true).connect().await.expect("client");
            assert_eq!(get(&client, &SYS_NAME).await, Value::OctetString(device.name.into()));
        }
        lab.stop().await;
    }
}

#[tokio::test]
async fn refusals_are_those_of_a_real_agent() {
    let lab = lab(3).await;
    let address = lab.address(0).expect("address");
    let asking = |auth| async move { refusal(&client(address, auth).await, &SYS_NAME).await };
    let nobody = asking(user("nobody", AUTH_PASSWORD, PRIVACY_PASSWORD)).await;
    assert!(nobody.contains("UnknownUserName"), "{nobody}");
    assert!(asking(user(USER, "not-the-password", PRIVACY_PASSWORD)).await.contains("WrongDigest"));
    assert!(asking(user(AUTH_USER, AUTH_PASSWORD, PRIVACY_PASSWORD)).await.contains("UnsupportedSecurityLevel"));
    assert!(asking(user(USER, AUTH_PASSWORD, "not-the-password")).await.contains("Timeout"));
    let auth_only = UsmConfig::new(USER).auth(AuthProtocol::Sha256, AUTH_PASSWORD).expect("user");
    assert!(asking(auth_only.into()).await.contains("AuthorizationError"));
    assert!(asking(UsmConfig::new(USER).into()).await.contains("AuthorizationError"));
    assert!(asking(async_snmp::Auth::v2c("private")).await.contains("Timeout"));
    let wrong = asking(async_snmp::Auth::v1("private")).await;
    assert!(wrong.contains("Timeout"), "{wrong}");
    lab.stop().await;
}

#[tokio::test]
async fn nothing_can_be_written() {
    let lab = lab(1).await;
    let address = lab.address(0).expect("address");
    for auth in [v2c(), v3()] {
        let client = client(address, auth).await;
        let error = client.set(&Oid::from_slice(&SYS_NAME), Value::OctetString("mine".into())).await.expect_err("refused");
        assert!(format!("{error:?}").contains(&format!("{:?}", ErrorStatus::NotWritable)), "{error:?}");
    }
    lab.stop().await;
}

#[tokio::test]
async fn bulk_answers_fit_into_a_frame_and_end_where_the_mib_does() {
    let lab = lab(20).await;
    let address = lab.address(1).expect("address");
    let client = client(address, v2c()).await;
    let root = Oid::from_slice(&[1, 3, 6, 1, 2, 1, 1, 1]);
    let page = client.get_bulk(std::slice::from_ref(&root), 0, 10_000).await.expect("page");
    let octets: usize = page.iter().map(async_snmp::VarBind::encoded_size).sum();
    assert!((1_000..1_472).contains(&octets), "{octets}");
    let past = [Oid::from_slice(&[1, 3, 6, 1, 6, 3, 99]), Oid::from_slice(&SYS_NAME[..8])];
    let page = client.get_bulk(&past, 1, 3).await.expect("page");
    assert_eq!(page.len(), 4);
    assert_eq!(page[0].value, Value::EndOfMibView);
    assert_eq!(page[0].oid, past[0]);
    assert_eq!(page[1].oid.arcs(), SYS_NAME);
    lab.stop().await;
}

#[tokio::test]
async fn a_request_too_big_to_answer_is_told_so() {
    let lab = lab(20).await;
    let client = client(lab.address(1).expect("address"), v2c()).await;
    // sysDescr of a Cisco has some two hundred octets
    let oids = vec![Oid::from_slice(&[1, 3, 6, 1, 2, 1, 1, 1, 0]); 12];
    let pdu = client.get_next_many(&oids).await;
    // the client splits a request that is answered with tooBig, until the answers fit
    assert_eq!(pdu.expect("split").varbinds.len(), 12);
    assert!(lab.status().answered > 1);
    lab.stop().await;
}

#[tokio::test]
async fn garbage_is_ignored() {
    let lab = lab(1).await;
    let address = lab.address(0).expect("address");
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.expect("socket");
    for garbage in [&b""[..], b"\x30", b"\x30\x82\xff\xff\x02\x01\x01", b"\x30\x84\xff\xff\xff\xff\x02\x01\x03", &[0xFF; 1_400]] {
        socket.send_to(garbage, address).await.expect("sent");
    }
    let client = client(address, v2c()).await;
    assert!(matches!(get(&client, &SYS_NAME).await, Value::OctetString(_)));
    assert_eq!(lab.status().answered, 1);
    lab.stop().await;
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_reason() {
    let small = Lab::builder().prefix("127.0.10.0/28".parse().expect("prefix")).devices(15).port(0).start().await;
    assert!(matches!(small.err(), Some(LabError::PrefixTooSmall { room: 14, asked: 15, .. })));
    let outside = Lab::builder().prefix("10.0.0.0/24".parse().expect("prefix")).port(0).start().await;
    assert!(matches!(outside.err(), Some(LabError::NotLoopback(_))));
    let still = Lab::builder().speed(0.0).port(0).start().await;
    assert!(matches!(still.err(), Some(LabError::Invalid(_))));
    let lab = lab(2).await;
    let taken = Lab::builder().devices(2).port(lab.port()).start().await;
    assert!(matches!(taken.err(), Some(LabError::Listen { .. })));
    lab.stop().await;
}
