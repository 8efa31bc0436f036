//! What the tests share.

#![expect(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use async_snmp::{Auth, AuthProtocol, Client, Oid, PrivProtocol, Retry, UdpClient, UsmConfig, Value};
use vigie_lab::{AUTH_PASSWORD, COMMUNITY, Lab, LabHandle, PRIVACY_PASSWORD, USER};

pub type Walk = BTreeMap<Vec<u32>, Value>;

pub async fn lab(devices: usize) -> LabHandle {
    Lab::builder().devices(devices).port(0).start().await.expect("a lab starts")
}

pub fn v2c() -> Auth {
    Auth::v2c(COMMUNITY)
}

pub fn v3() -> Auth {
    user(USER, AUTH_PASSWORD, PRIVACY_PASSWORD)
}

pub fn user(name: &str, auth: &str, privacy: &str) -> Auth {
    let name = name.to_owned();
    UsmConfig::new(name).auth_priv(AuthProtocol::Sha256, auth, PrivProtocol::Aes128, privacy).expect("a user").into()
}

pub async fn client(address: SocketAddr, auth: Auth) -> UdpClient {
    Client::builder(address, auth)
        .request_timeout(Duration::from_millis(1_500))
        .retry(Retry::none())
        // without it the client takes no unauthenticated Report, and refusals look like silence
        .allow_unauthenticated_v3_time_correction(true)
        .connect()
        .await
        .expect("a client is made")
}

/// Walks everything: LLDP stands under 1.0, all else under 1.3.
pub async fn walk_all(client: &UdpClient) -> Walk {
    let mut all = walk(client, &[1, 0]).await;
    all.extend(walk(client, &[1, 3]).await);
    all
}

/// Walks a subtree, and sees to it that names ascend.
pub async fn walk(client: &UdpClient, root: &[u32]) -> Walk {
    let mut stream = client.bulk_walk(Oid::from_slice(root), 25).expect("a walk starts");
    let mut all = Walk::new();
    let mut last: Option<Oid> = None;
    while let Some(bound) = stream.next().await {
        let bound = bound.expect("a binding");
        assert!(last.as_ref().is_none_or(|last| last.arcs() < bound.oid.arcs()), "{last:?} then {}", bound.oid);
        all.insert(bound.oid.arcs().to_vec(), bound.value.clone());
        last = Some(bound.oid);
    }
    all
}

pub async fn get(client: &UdpClient, oid: &[u32]) -> Value {
    let mut answer = client.get(&Oid::from_slice(oid)).await.expect("an answer");
    answer.varbinds.pop().expect("a binding").value
}

/// What an error says, with everything below it.
pub async fn refusal(client: &UdpClient, oid: &[u32]) -> String {
    let error = client.get(&Oid::from_slice(oid)).await.expect_err("a refusal");
    format!("{error:?}")
}

pub const SYS_NAME: [u32; 9] = [1, 3, 6, 1, 2, 1, 1, 5, 0];
pub const SYS_UPTIME: [u32; 9] = [1, 3, 6, 1, 2, 1, 1, 3, 0];
