//! States are computed once for everybody who sees the same.

use futures::future::join_all;
use serde_json::json;

use super::server::{Server, Socket, hear, say};

#[tokio::test]
async fn a_dashboard_comes_whole_and_then_as_patches_that_fit() {
    let server = Server::start();
    let token = server.sign_in().await;
    let mut socket = server.socket(&token).await;
    say(&mut socket, &json!({"type": "subscribe", "id": "d", "channel": "dashboards.system", "delta": true})).await;
    let whole = hear(&mut socket, |f| f["type"] == "dashboard_update").await;
    assert!(whole["data"]["sources"].is_array());
    let patch = hear(&mut socket, |f| f["type"] == "dashboard_patch").await;
    assert_eq!(patch["base_seq"], whole["seq"]);
    let changes: json_patch::Patch = serde_json::from_value(patch["data"].clone()).unwrap();
    let mut state = whole["data"].clone();
    json_patch::patch(&mut state, &changes).unwrap();
    assert_ne!(state["computed_at"], whole["data"]["computed_at"]);
}

/// Callers may hold 50 sockets each.
const CALLERS: usize = 20;
const SOCKETS: usize = 50;
/// Ticks that are counted.
const TICKS: usize = 4;

/// a thousand watch, and the dashboard is gathered twice a tick.
#[tokio::test]
async fn a_thousand_watchers_of_two_audiences_cost_two_gathers_a_tick() {
    vigie_foundation::descriptors::allow(4096);
    let server = Server::start();
    let token = server.sign_in().await;
    let mut sockets = Vec::new();
    for caller in 0..CALLERS {
        let permissions = if caller % 2 == 0 { json!(["dashboards:read"]) } else { json!(["dashboards:read", "devices:read"]) };
        let body = json!({"name": format!("watcher {caller}"), "permissions": permissions});
        let key = server.post("/api-keys", Some(&token), &body).await["key"].as_str().unwrap().to_owned();
        sockets.extend(join_all((0..SOCKETS).map(|_| server.socket(&key))).await);
    }
    assert_eq!(sockets.len(), 1000);
    let subscribe = json!({"type": "subscribe", "id": "d", "channel": "dashboards.network", "delta": true});
    join_all(sockets.iter_mut().map(async |socket| {
        say(socket, &subscribe).await;
        hear(socket, |f| f["type"] == "dashboard_update").await;
    }))
    .await;

    let before = gathers(&server).await;
    join_all(sockets.iter_mut().map(ticks)).await;
    let counted = gathers(&server).await - before;
    // a tick of either audience may fall between the last frame and the look at the counter
    let (least, most) = (2 * (TICKS - 1), 2 * (TICKS + 1));
    assert!((least..=most).contains(&counted), "{counted} gathers in {TICKS} ticks of two audiences");
}

async fn ticks(socket: &mut Socket) {
    for _ in 0..TICKS {
        hear(socket, |f| f["type"] == "dashboard_patch" || f["type"] == "dashboard_update").await;
    }
}

async fn gathers(server: &Server) -> usize {
    let text = server.metrics().await;
    let line = text.lines().find(|line| line.starts_with("dashboard_gathers_total{dashboard=\"network\"}")).expect("the counter is there");
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_client_of_one_dashboard_asks_for_nothing() {
    let server = Server::start();
    let token = server.sign_in().await;
    let mut socket = server.open_at("/ws/dashboards/network/", &[("authorization", format!("Bearer {token}"))]).await.unwrap();
    let whole = hear(&mut socket, |f| f["type"] == "dashboard_update").await;
    assert_eq!(whole["channel"], "dashboards.network");
    assert!(whole["data"]["devices_by_status"].is_object(), "{whole}");
    assert!(whole["timestamp"].is_string());
}
