//! A cluster that answers as a test wants it to.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Asked {
    /// `PUT /path`, without what is behind the question mark.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path.split('?').next().unwrap())
    }
}

type Answering = dyn Fn(&Asked, usize) -> Option<(u16, Value)> + Send + Sync;

/// The cluster.
#[derive(Clone)]
pub struct Fake {
    pub url: String,
    pub asked: Arc<Mutex<Vec<Asked>>>,
    /// Requests that are held until the test lets them go.
    pub gate: Arc<tokio::sync::Semaphore>,
    pub most_at_once: Arc<AtomicUsize>,
    at_once: Arc<AtomicUsize>,
}

impl Fake {
    /// Answers what `answering` gives for the n-th request of its line, and as a plain OpenSearch otherwise.
    pub async fn start(answering: impl Fn(&Asked, usize) -> Option<(u16, Value)> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            asked: Arc::default(),
            gate: Arc::new(tokio::sync::Semaphore::new(tokio::sync::Semaphore::MAX_PERMITS)),
            most_at_once: Arc::default(),
            at_once: Arc::default(),
        };
        let (own, answering): (_, Arc<Answering>) = (fake.clone(), Arc::new(answering));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(own.clone().serve(stream, answering.clone()));
            }
        });
        fake
    }

    /// The requests of a line.
    pub fn of(&self, line: &str) -> Vec<Asked> {
        self.asked.lock().unwrap().iter().filter(|asked| asked.line() == line).cloned().collect()
    }

    async fn serve(self, stream: TcpStream, answering: Arc<Answering>) {
        let mut stream = BufReader::new(stream);
        let Some(asked) = read(&mut stream).await else { return };
        let number = self.of(&asked.line()).len();
        self.asked.lock().unwrap().push(asked.clone());
        let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(now, Ordering::SeqCst);
        drop(self.gate.acquire().await.unwrap());
        let (status, body) = answering(&asked, number).unwrap_or_else(|| plain(&asked));
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        let body = body.to_string();
        let head =
            format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
        let _ = stream.shutdown().await;
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    let mut words = line.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Asked { method, path, headers, body: String::from_utf8(body).unwrap() })
}

fn plain(asked: &Asked) -> (u16, Value) {
    match asked.line().as_str() {
        "GET /_nodes/_local" => (200, json!({ "nodes": { "n": { "version": "2.19.4" } } })),
        "GET /" => (200, json!({ "version": { "distribution": "opensearch", "number": "2.19.4" } })),
        "GET /_data_stream" | "GET /_ilm/policy" | "GET /_plugins/_ism/policies" => (400, json!({ "error": "no handler found" })),
        "POST /_bulk" => (200, json!({ "errors": false })),
        line if line.contains("/_search") => (200, json!({ "hits": { "total": { "value": 0 }, "hits": [] }, "_shards": { "failed": 0 } })),
        line if line.contains("/_cat/indices") => (200, json!([])),
        _ => (200, json!({})),
    }
}
