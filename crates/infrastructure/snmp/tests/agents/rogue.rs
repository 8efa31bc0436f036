//! An agent that breaks the rules on purpose: no real one does so on request.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as tests do")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_snmp::error::ErrorStatus;
use async_snmp::message::Message;
use async_snmp::pdu::{Pdu, PduType};
use async_snmp::{DecodeConfig, Oid as WireOid, Value, VarBind as WireBinding, Version};
use bytes::Bytes;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;
use vigie_domain::devices::{Rows, SnmpAuth, SnmpClient, SnmpError, SnmpTarget, SnmpValue};
use vigie_domain::{Secret, Timestamp};

use crate::support::{engine, oid};

const ROOT: [u32; 4] = [1, 3, 6, 9];

/// What it answers to a request: bindings, an error at an index, raw bytes, or nothing.
enum Answer {
    Bindings(Vec<WireBinding>),
    Error(ErrorStatus, i32),
    Bytes(Vec<u8>),
    Nothing,
}

struct Rogue {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Rogue {
    async fn start(mut answer: impl FnMut(&Pdu) -> Answer + Send + 'static) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let mut buffer = vec![0; 65_535];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                let request = Message::decode(Bytes::copy_from_slice(&buffer[..length]), DecodeConfig::STRICT).unwrap().value;
                let version = request.version();
                let Some(pdu) = request.into_pdu().filter(|_| version != Version::V3) else { continue };
                let reply = match answer(&pdu) {
                    Answer::Nothing => continue,
                    Answer::Bytes(bytes) => bytes,
                    Answer::Bindings(bindings) => encode(version, &pdu, ErrorStatus::NoError, 0, &bindings),
                    Answer::Error(status, index) => encode(version, &pdu, status, index, pdu.varbinds()),
                };
                socket.send_to(&reply, from).await.unwrap();
            }
        });
        Self { address, task }
    }

    fn target(&self) -> SnmpTarget {
        self.of(SnmpAuth::V2c { community: Secret::new("public") })
    }

    fn v1(&self) -> SnmpTarget {
        self.of(SnmpAuth::V1 { community: Secret::new("public") })
    }

    fn of(&self, auth: SnmpAuth) -> SnmpTarget {
        SnmpTarget { address: self.address, auth: Arc::new(auth), timeout: Duration::from_millis(300), retries: 1 }
    }
}

impl Drop for Rogue {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A response by hand: the library refuses to write what breaks the rules.
fn encode(version: Version, request: &Pdu, status: ErrorStatus, index: i32, bindings: &[WireBinding]) -> Vec<u8> {
    let integer = |number: i32| tlv(0x02, &number.to_be_bytes());
    let binding = |binding: &WireBinding| {
        let value = match &binding.value {
            Value::Integer(number) => integer(*number),
            _ => tlv(0x05, &[]),
        };
        tlv(0x30, &[tlv(0x06, &binding.oid.to_ber().unwrap()), value].concat())
    };
    let bindings: Vec<u8> = bindings.iter().flat_map(binding).collect();
    let pdu = [integer(request.request_id()), integer(status.as_i32()), integer(index), tlv(0x30, &bindings)].concat();
    let version = integer(i32::from(version == Version::V2c));
    tlv(0x30, &[version, tlv(0x04, b"public"), tlv(0xa2, &pdu)].concat())
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u32).to_be_bytes();
    [&[tag, 0x84], length.as_slice(), content].concat()
}

fn row(index: u32) -> WireBinding {
    WireBinding::new(WireOid::from_slice(&[ROOT.as_slice(), &[index]].concat()), Value::Integer(index as i32))
}

/// The index a request stands at; 0 at the root.
fn cursor(pdu: &Pdu) -> u32 {
    pdu.varbinds()[0].oid.arcs().get(ROOT.len()).copied().unwrap_or(0)
}

fn root() -> vigie_domain::devices::Oid {
    vigie_domain::devices::Oid::new(&ROOT)
}

#[tokio::test]
async fn an_agent_that_walks_in_circles_is_left() {
    let rogue = Rogue::start(|pdu| Answer::Bindings(vec![row(cursor(pdu) % 5 + 1)])).await;
    let (values, cut) = engine().await.walk(&rogue.target(), &root(), 1000).await.unwrap();
    assert_eq!((values.len(), cut), (5, true));
}

#[tokio::test]
async fn an_agent_that_repeats_itself_is_left() {
    let rogue = Rogue::start(|_| Answer::Bindings(vec![row(7)])).await;
    let (values, cut) = engine().await.walk(&rogue.target(), &root(), 1000).await.unwrap();
    assert_eq!((values.len(), cut), (1, true));
}

#[tokio::test]
async fn an_agent_out_of_order_is_read_whole() {
    const ORDER: [u32; 6] = [1, 10, 11, 2, 3, 30];
    let rogue = Rogue::start(|pdu| {
        let next = ORDER.iter().position(|index| *index == cursor(pdu)).map_or(0, |place| place + 1);
        let end = WireBinding::new(WireOid::from_slice(&[1, 4, 1]), Value::Integer(0));
        Answer::Bindings(vec![ORDER.get(next).map_or(end, |index| row(*index))])
    })
    .await;
    let engine = engine().await;
    let (values, cut) = engine.walk(&rogue.target(), &root(), 1000).await.unwrap();
    assert_eq!((values.len(), cut), (6, false));
    let table = engine.table(&rogue.target(), &[root()], Rows::at_most(1000)).await.unwrap();
    let indexes: Vec<_> = table.rows.iter().map(|row| row.index.arcs()[0]).collect();
    assert_eq!(indexes, [1, 2, 3, 10, 11, 30]);
}

#[tokio::test]
async fn a_small_agent_gets_smaller_requests() {
    let rogue = Rogue::start(|pdu| match pdu.get_bulk_fields() {
        Some((_, repetitions)) if repetitions > 5 => Answer::Error(ErrorStatus::TooBig, 0),
        Some((_, repetitions)) => Answer::Bindings((1..=repetitions).map(|step| row(cursor(pdu) + step)).collect()),
        None => Answer::Nothing,
    })
    .await;
    let engine = engine().await;
    let (values, cut) = engine.walk(&rogue.target(), &root(), 50).await.unwrap();
    assert_eq!((values.len(), cut), (50, true));
    let stats = engine.stats();
    assert!(stats.too_big >= 3 && stats.too_big < 20, "{stats:?}");
}

#[tokio::test]
async fn a_get_that_does_not_fit_is_asked_in_parts() {
    let rogue = Rogue::start(|pdu| match pdu.varbinds() {
        bindings if bindings.len() > 3 => Answer::Error(ErrorStatus::TooBig, 0),
        bindings => Answer::Bindings(bindings.iter().map(|binding| row(binding.oid.arcs()[4])).collect()),
    })
    .await;
    let asked: Vec<_> = (1..=20).map(|index| root().child(&[index])).collect();
    let values = engine().await.get(&rogue.target(), &asked).await.unwrap();
    let values: Vec<_> = values.into_iter().map(|binding| binding.value).collect();
    assert_eq!(values, (1..=20).map(SnmpValue::Integer).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_agent_that_never_fits_is_an_error() {
    let rogue = Rogue::start(|_| Answer::Error(ErrorStatus::TooBig, 0)).await;
    let error = engine().await.walk(&rogue.target(), &root(), 50).await;
    assert!(matches!(&error, Err(SnmpError::Failed { what, .. }) if what.contains("tooBig")), "{error:?}");
}

#[tokio::test]
async fn a_device_that_dies_on_the_way_leaves_what_it_gave() {
    let rogue = Rogue::start(|pdu| match cursor(pdu) {
        index if index < 40 => Answer::Bindings((1..=10).map(|step| row(index + step)).collect()),
        _ => Answer::Nothing,
    })
    .await;
    let (values, cut) = engine().await.walk(&rogue.target(), &root(), 1000).await.unwrap();
    assert_eq!((values.len(), cut), (40, true));
}

#[tokio::test]
async fn one_unreadable_column_does_not_spoil_the_table() {
    // the second column answers genErr without saying which object it means
    let rogue = Rogue::start(|pdu| {
        if pdu.varbinds().iter().any(|binding| binding.oid.arcs()[3] == 10) {
            return Answer::Error(ErrorStatus::GenErr, 0);
        }
        let end = WireBinding::new(WireOid::from_slice(&[1, 3, 7]), Value::Integer(0));
        Answer::Bindings(vec![if cursor(pdu) < 3 { row(cursor(pdu) + 1) } else { end }])
    })
    .await;
    let table = engine().await.table(&rogue.target(), &[oid("1.3.6.10"), root()], Rows::at_most(100)).await.unwrap();
    assert!(table.truncated);
    let values: Vec<_> = table.rows.iter().map(|row| row.values.clone()).collect();
    assert_eq!(values, [1, 2, 3].map(|number| vec![SnmpValue::Absent, SnmpValue::Integer(number)]));
}

#[tokio::test]
async fn v1_objects_that_are_not_there_are_absent() {
    let rogue = Rogue::start(|pdu| {
        assert_eq!(pdu.pdu_type(), PduType::GetRequest);
        match pdu.varbinds().iter().position(|binding| binding.oid.arcs()[4] % 2 == 0) {
            Some(place) => Answer::Error(ErrorStatus::NoSuchName, place as i32 + 1),
            None => Answer::Bindings(pdu.varbinds().iter().map(|binding| row(binding.oid.arcs()[4])).collect()),
        }
    })
    .await;
    let asked: Vec<_> = (1..=6).map(|index| root().child(&[index])).collect();
    let values = engine().await.get(&rogue.v1(), &asked).await.unwrap();
    let values: Vec<_> = values.into_iter().map(|binding| binding.value).collect();
    let expected = |index: i32| if index % 2 == 0 { SnmpValue::Absent } else { SnmpValue::Integer(index) };
    assert_eq!(values, (1..=6).map(expected).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_error_about_nothing_that_was_asked_ends_the_request() {
    let rogue = Rogue::start(|_| Answer::Error(ErrorStatus::NoSuchName, 77)).await;
    let error = engine().await.get(&rogue.v1(), &[root()]).await;
    assert!(matches!(error, Err(SnmpError::Failed { .. })), "{error:?}");
}

#[tokio::test]
async fn nonsense_is_no_answer_and_empty_answers_are_malformed() {
    let began = Instant::now();
    for bytes in [vec![], vec![0x30], vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff], vec![0xff; 2000]] {
        let rogue = Rogue::start(move |_| Answer::Bytes(bytes.clone())).await;
        let error = engine().await.get(&rogue.target(), &[root()]).await;
        assert!(matches!(error, Err(SnmpError::Timeout { .. })), "{error:?}");
    }
    let rogue = Rogue::start(|_| Answer::Bindings(Vec::new())).await;
    let error = engine().await.get(&rogue.target(), &[root()]).await;
    assert!(matches!(error, Err(SnmpError::Malformed { .. })), "{error:?}");
    let access = engine().await.diagnose(&rogue.target(), Timestamp(1)).await;
    assert_eq!(access.state, vigie_domain::devices::AccessState::Unsupported);
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again() {
    let mut heard = 0;
    let rogue = Rogue::start(move |_| {
        heard += 1;
        if heard % 2 == 1 { Answer::Nothing } else { Answer::Bindings(vec![row(1)]) }
    })
    .await;
    let engine = engine().await;
    let values = engine.get(&rogue.target(), &[root().child(&[1])]).await.unwrap();
    assert_eq!(values[0].value, SnmpValue::Integer(1));
    let stats = engine.stats();
    assert_eq!((stats.requests, stats.retries, stats.timeouts, stats.responses), (2, 1, 1, 1));
}

#[tokio::test]
async fn an_answer_from_another_address_does_not_count() {
    let asked = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let other = UdpSocket::bind("127.0.0.2:0").await.unwrap();
    let target = SnmpTarget {
        address: asked.local_addr().unwrap(),
        auth: Arc::new(SnmpAuth::V2c { community: Secret::new("public") }),
        timeout: Duration::from_millis(200),
        retries: 0,
    };
    let forger = tokio::spawn(async move {
        let mut buffer = [0; 2000];
        let (length, from) = asked.recv_from(&mut buffer).await.unwrap();
        let request = Message::decode(Bytes::copy_from_slice(&buffer[..length]), DecodeConfig::STRICT).unwrap().value;
        let reply = encode(Version::V2c, &request.into_pdu().unwrap(), ErrorStatus::NoError, 0, &[row(1)]);
        other.send_to(&reply, from).await.unwrap();
        asked
    });
    let engine = engine().await;
    let error = engine.get(&target, &[root().child(&[1])]).await;
    assert!(matches!(error, Err(SnmpError::Timeout { .. })), "{error:?}");
    drop(forger.await.unwrap());
    assert_eq!(engine.stats().discarded, 1);
}
