//! Requests to a cluster: several nodes, a bounded number at once, retries with pauses that grow.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::Semaphore;
use vigie_domain::{Error, ErrorKind, Result};
use vigie_foundation::http::{Client, HttpFault, Method, OperatorOptions, RequestBuilder, Url, header, operator_client, read_limited};
use vigie_foundation::resilience::{Backoff, retry};

use crate::settings::{ClusterLogin, ClusterSettings};

/// What to do about a cluster that does not answer.
const AWAY: &str =
    "what comes in waits on this machine's disk and is carried over; services/opensearch tells when the cluster answers again";
/// Largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 256 << 20;
/// How long a node that did not answer is left out.
const REST: Duration = Duration::from_secs(30);

/// A cluster.
pub(super) struct Cluster {
    client: Client,
    nodes: Vec<Node>,
    next: AtomicUsize,
    login: ClusterLogin,
    slots: Arc<Semaphore>,
    most: usize,
    waiting: AtomicUsize,
    backoff: Backoff,
    timeout: Duration,
    began: Instant,
}

struct Node {
    url: Url,
    /// Milliseconds since the start until which it is left out.
    rests_until: AtomicU64,
}

/// An answer of the cluster, whatever its status.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

/// Why there is no answer.
enum Fault {
    Http(HttpFault),
    /// It is overloaded, or not ready.
    Busy(u16),
    Nonsense(serde_json::Error),
}

impl Cluster {
    pub(super) fn new(settings: &ClusterSettings) -> Result<Self> {
        if settings.nodes.is_empty() {
            return Err(Error::invalid("nodes", "required", "a cluster needs the address of a node at least"));
        }
        let options = OperatorOptions { timeout: Some(settings.timeout), trust: settings.trust.clone(), ..OperatorOptions::default() };
        let client = operator_client(&options).map_err(Error::storage)?;
        Ok(Self {
            client,
            nodes: settings.nodes.iter().map(|url| Node { url: url.clone(), rests_until: AtomicU64::new(0) }).collect(),
            next: AtomicUsize::new(0),
            login: settings.login.clone(),
            slots: Arc::new(Semaphore::new(settings.requests)),
            most: settings.requests,
            waiting: AtomicUsize::new(0),
            backoff: Backoff { base: Duration::from_millis(200), longest: Duration::from_secs(5), attempts: settings.retries + 1 },
            timeout: settings.timeout,
            began: Instant::now(),
        })
    }

    /// Asks without a body.
    pub(super) async fn ask(&self, method: Method, path: &str) -> Result<Answer> {
        self.send(method, path, None, "application/json").await
    }

    /// Asks with a JSON body.
    pub(super) async fn tell(&self, method: Method, path: &str, body: &Value) -> Result<Answer> {
        self.send(method, path, Some(body.to_string().into()), "application/json").await
    }

    /// Sends lines of JSON.
    pub(super) async fn lines(&self, path: &str, lines: bytes::Bytes) -> Result<Answer> {
        self.send(Method::POST, path, Some(lines), "application/x-ndjson").await
    }

    /// Requests under way, and those that wait.
    pub(super) fn requests(&self) -> (usize, usize) {
        (self.most - self.slots.available_permits(), self.waiting.load(Ordering::Relaxed))
    }

    async fn send(&self, method: Method, path: &str, body: Option<bytes::Bytes>, kind: &'static str) -> Result<Answer> {
        let waiting = Waiting::begin(&self.waiting);
        let slot = self.slots.acquire().await;
        drop(waiting);
        let _slot = slot.map_err(Error::storage)?;
        let (under_way, waiting) = self.requests();
        metrics::gauge!("event_cluster_requests").set(under_way as f64);
        metrics::gauge!("event_cluster_requests_waiting").set(waiting as f64);
        let again = |fault: &Fault| !matches!(fault, Fault::Nonsense(_) | Fault::Http(HttpFault::Url(_) | HttpFault::TooLarge(_)));
        let result = retry(&self.backoff, again, async |_| self.once(&method, path, body.clone(), kind).await).await;
        result.map_err(|fault| self.error(fault))
    }

    async fn once(&self, method: &Method, path: &str, body: Option<bytes::Bytes>, kind: &'static str) -> Result<Answer, Fault> {
        let node = self.node();
        // a node may stand below a path of its own
        let url = format!("{}{path}", node.url.as_str().trim_end_matches('/'));
        let url: Url = url.parse().map_err(|_| Fault::Http(HttpFault::Url("of a cluster node is not valid")))?;
        let mut request = self.login(self.client.request(method.clone(), url));
        if let Some(body) = body {
            request = request.header(header::CONTENT_TYPE, kind).body(body);
        }
        let fault = |error| {
            node.rests_until.store(self.elapsed_ms() + REST.as_millis() as u64, Ordering::Relaxed);
            Fault::Http(HttpFault::from_reqwest(&error, self.timeout))
        };
        let response = request.send().await.map_err(fault)?;
        let status = response.status().as_u16();
        let bytes = read_limited(response, LARGEST_ANSWER).await.map_err(Fault::Http)?;
        node.rests_until.store(0, Ordering::Relaxed);
        if matches!(status, 429 | 502 | 503 | 504) {
            return Err(Fault::Busy(status));
        }
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).map_err(Fault::Nonsense)? };
        Ok(Answer { status, body })
    }

    fn login(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.login {
            ClusterLogin::None => request,
            ClusterLogin::Basic(user, password) => request.basic_auth(user, Some(password)),
            ClusterLogin::ApiKey(key) => request.header(header::AUTHORIZATION, format!("ApiKey {key}")),
        }
    }

    /// The nodes in turn, those that rest left out; all rest: the next one.
    fn node(&self) -> &Node {
        let (first, now) = (self.next.fetch_add(1, Ordering::Relaxed), self.elapsed_ms());
        let nth = |step: usize| &self.nodes[(first + step) % self.nodes.len()];
        (0..self.nodes.len()).map(nth).find(|node| node.rests_until.load(Ordering::Relaxed) <= now).unwrap_or_else(|| nth(0))
    }

    fn elapsed_ms(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    fn error(&self, fault: Fault) -> Error {
        let unavailable = |cause: String| {
            Error::new(ErrorKind::ServiceUnavailable, "service_unavailable", "the cluster that keeps events cannot be reached")
                .cause(cause)
                .solution(AWAY)
                .retry_after(5)
        };
        match fault {
            Fault::Http(HttpFault::Timeout(limit)) => {
                let detail = format!("the cluster that keeps events did not answer within {} s", limit.as_secs_f32());
                Error::new(ErrorKind::ServiceTimeout, "service_timeout", detail).solution(AWAY).retry_after(5)
            }
            Fault::Http(fault @ (HttpFault::Connection(_) | HttpFault::Broken(_) | HttpFault::Certificate(_))) => {
                unavailable(fault.to_string())
            }
            Fault::Http(fault) => Error::storage(fault),
            Fault::Busy(status) => unavailable(format!("it answered {status} to {} tries", self.backoff.attempts)),
            Fault::Nonsense(error) => {
                Error::new(ErrorKind::ServiceFailed, "service_failed", "the cluster that keeps events answered no JSON").source(error)
            }
        }
    }
}

/// A request that waits for its turn, whether that comes or its asker goes.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Answer {
    /// The body of a success; what the cluster says is wrong otherwise.
    pub(super) fn success(self) -> Result<Value> {
        if self.status < 300 { Ok(self.body) } else { Err(self.refusal()) }
    }

    /// Whether it says that something is wrong in this way.
    pub(super) fn is_error(&self, kind: &str) -> bool {
        self.body["error"]["type"] == kind
    }

    fn refusal(&self) -> Error {
        let error = &self.body["error"];
        let reason =
            error["root_cause"][0]["reason"].as_str().or(error["reason"].as_str()).or(error.as_str()).unwrap_or("it gave no reason");
        let refused = Error::new(ErrorKind::ServiceFailed, "service_failed", "the cluster that keeps events refused a request");
        let refused = refused.cause(format!("{}: {}", self.status, reason.chars().take(300).collect::<String>()));
        if matches!(self.status, 401 | 403) {
            refused.solution("check event_store.username and event_store.password, or event_store.api_key")
        } else {
            refused
        }
    }
}
