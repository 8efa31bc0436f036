//! What a client may not do, and what becomes of one that does.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use futures::SinkExt;
use serde_json::json;
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::Message;

use super::server::{PATIENCE, Server, Socket, closed, hear, make, request, say};

#[tokio::test]
async fn faults_of_a_subscription_never_close_the_socket() {
    let server = Server::start();
    let token = server.sign_in().await;
    let mut socket = server.socket(&token).await;
    say(&mut socket, &json!({"type": "subscribe", "id": "1", "channel": "weather"})).await;
    let unknown = hear(&mut socket, |f| f["type"] == "error").await;
    assert_eq!((unknown["id"].as_str(), unknown["error"]["status"].as_u64()), (Some("1"), Some(400)));
    socket.send(Message::text("no json")).await.unwrap();
    let unreadable = hear(&mut socket, |f| f["type"] == "error").await;
    assert_eq!(unreadable["error"]["code"], "invalid_body");
    say(&mut socket, &json!({"type": "ping", "id": "p"})).await;
    assert_eq!(hear(&mut socket, |f| f["type"] == "pong").await["id"], "p");
}

#[tokio::test]
async fn fifty_subscriptions_are_the_most() {
    let server = Server::start();
    let token = server.sign_in().await;
    let mut socket = server.socket(&token).await;
    for id in (0..50).map(|n| n.to_string()) {
        say(&mut socket, &json!({"type": "subscribe", "id": id, "channel": "events"})).await;
        hear(&mut socket, |f| f["type"] == "subscribed" && f["id"] == id).await;
    }
    say(&mut socket, &json!({"type": "subscribe", "id": "more", "channel": "events"})).await;
    assert_eq!(hear(&mut socket, |f| f["id"] == "more").await["error"]["code"], "limit_exceeded");
    say(&mut socket, &json!({"type": "unsubscribe", "id": "7"})).await;
    hear(&mut socket, |f| f["type"] == "unsubscribed" && f["id"] == "7").await;
    say(&mut socket, &json!({"type": "subscribe", "id": "more", "channel": "events"})).await;
    hear(&mut socket, |f| f["type"] == "subscribed" && f["id"] == "more").await;
}

#[tokio::test]
async fn a_frame_over_64_kib_closes_with_1009() {
    let server = Server::start();
    let token = server.sign_in().await;
    let mut socket = server.socket(&token).await;
    let fits = json!({"type": "ping", "id": "p", "pad": "x".repeat(60 * 1024)});
    say(&mut socket, &fits).await;
    hear(&mut socket, |f| f["type"] == "pong").await;
    socket.send(Message::text("x".repeat(64 * 1024 + 1))).await.unwrap();
    assert_eq!(closed(&mut socket, PATIENCE).await, 1009);
}

#[tokio::test]
async fn the_fifty_first_socket_of_a_caller_is_closed_with_4429() {
    let server = Server::start();
    let token = server.sign_in().await;
    let mut open = Vec::new();
    for _ in 0..50 {
        let mut socket = server.socket(&token).await;
        say(&mut socket, &json!({"type": "ping", "id": "p"})).await;
        hear(&mut socket, |f| f["type"] == "pong").await;
        open.push(socket);
    }
    let mut more = server.socket(&token).await;
    assert_eq!(closed(&mut more, PATIENCE).await, 4429);
}

/// A client that takes in little: its system buffers no more than a few kilobytes.
async fn narrow(server: &Server, token: &str) -> Socket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let stream = socket.connect(server.host.parse().unwrap()).await.unwrap();
    let request = request(&server.host, "/api/v1/ws", &[("authorization", format!("Bearer {token}"))]);
    tokio_tungstenite::client_async(request.unwrap(), tokio_tungstenite::MaybeTlsStream::Plain(stream)).await.unwrap().0
}

#[tokio::test]
async fn a_reader_that_does_not_keep_up_is_told_of_the_gap_and_let_go() {
    let server = Server::start();
    let token = server.sign_in().await;
    let mut socket = narrow(&server, &token).await;
    // each event comes once a subscription: more than the system buffers on the way
    for n in 0..50 {
        say(&mut socket, &json!({"type": "subscribe", "id": n.to_string(), "channel": "events"})).await;
        hear(&mut socket, |f| f["type"] == "subscribed").await;
    }
    make(&server, &token, 400).await;
    let gap = hear(&mut socket, |f| f["type"] == "gap").await;
    assert!(gap["id"].is_string(), "{gap}");
    assert_eq!(closed(&mut socket, PATIENCE).await, 4408);
}

/// The server pings every 20 s; who answers nothing for 45 s is let go.
#[tokio::test]
async fn silence_ends_a_socket() {
    let server = Server::start();
    let token = server.sign_in().await;
    let host = server.host.clone();
    let lasted = tokio::task::spawn_blocking(move || {
        let mut line = TcpStream::connect(&host).unwrap();
        line.set_read_timeout(Some(Duration::from_secs(90))).unwrap();
        let upgrade =
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
        write!(line, "GET /api/v1/ws HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n{upgrade}\r\n\r\n").unwrap();
        let (began, mut all) = (Instant::now(), Vec::new());
        line.read_to_end(&mut all).unwrap();
        assert!(all.starts_with(b"HTTP/1.1 101"));
        began.elapsed()
    });
    let lasted = lasted.await.unwrap();
    assert!((Duration::from_secs(45)..Duration::from_secs(80)).contains(&lasted), "{lasted:?}");
}
