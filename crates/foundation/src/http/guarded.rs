//! The client for targets that users of the API name: webhooks, channels, imports.
//!
//! Each address is judged where it is used: literals before the request (the connector takes them without asking a resolver), names in the
//! resolver whose answer the connector uses, so that a name cannot change between the check and the connection.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, Request, StatusCode, Url};

use super::address::RefusedTarget;
use super::{AddressPolicy, AddressRefusal, HttpFault, USER_AGENT, innermost, read_limited};
use crate::tls::{ClientTrust, client_config};

/// Bounds of one exchange.
#[derive(Debug, Clone, Copy)]
pub struct GuardedLimits {
    /// For the whole exchange, name resolution included.
    pub timeout: Duration,
    /// Largest body of an answer, in bytes.
    pub body_bytes: usize,
}

impl Default for GuardedLimits {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10), body_bytes: 1 << 20 }
    }
}

/// An answer. Its body is for the program alone: echoing it to the caller would make the server a window into networks.
#[derive(Debug, Clone)]
pub struct GuardedResponse {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, within the limit.
    pub body: Bytes,
}

/// A client that reaches only what its policy allows; follows no redirect, uses no proxy.
#[derive(Debug, Clone)]
pub struct GuardedClient {
    client: Client,
    policy: Arc<AddressPolicy>,
    limits: GuardedLimits,
}

impl GuardedClient {
    /// A client with this policy. It opens nothing yet.
    pub fn new(policy: AddressPolicy, limits: GuardedLimits, trust: &ClientTrust) -> Result<Self, HttpFault> {
        let policy = Arc::new(policy);
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .tls_backend_preconfigured(client_config(trust)?)
            .dns_resolver(GuardedResolver(Arc::clone(&policy)))
            .timeout(limits.timeout)
            .redirect(Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| HttpFault::Broken(innermost(&error)))?;
        Ok(Self { client, policy, limits })
    }

    /// Whether a URL could be asked at all: for validation when it is saved. Its name is resolved only when it is asked.
    pub fn check(&self, url: &Url) -> Result<(), HttpFault> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(HttpFault::Url("must begin with https:// or http://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(HttpFault::Url("must not hold a user or a password"));
        }
        let Some(address) = literal(url) else { return Ok(()) };
        self.policy.check(address).map_err(|refusal| HttpFault::Refused { target: address.to_string(), refusal })
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&self, request: Request) -> Result<GuardedResponse, HttpFault> {
        self.check(request.url())?;
        let exchange = async {
            let response = self.client.execute(request).await.map_err(|error| HttpFault::from_reqwest(&error, self.limits.timeout))?;
            let (status, headers) = (response.status(), response.headers().clone());
            let body = read_limited(response, self.limits.body_bytes).await?;
            Ok(GuardedResponse { status, headers, body })
        };
        tokio::time::timeout(self.limits.timeout, exchange).await.unwrap_or(Err(HttpFault::Timeout(self.limits.timeout)))
    }
}

/// The host of a URL where it is an address. The parser has already turned forms such as `0x7f.1` or `2130706433` into one.
fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

struct GuardedResolver(Arc<AddressPolicy>);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = Arc::clone(&self.0);
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let refuse = |refusal| RefusedTarget { target: host.clone(), refusal };
            if found.is_empty() {
                return Err(refuse(AddressRefusal::NoAddress).into());
            }
            // one bad address refuses the name: which of them a connector would take is not for the name's owner to choose
            for address in &found {
                policy.check(address.ip()).map_err(refuse)?;
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    fn client(policy: AddressPolicy, body_bytes: usize) -> GuardedClient {
        let limits = GuardedLimits { timeout: Duration::from_millis(500), body_bytes };
        GuardedClient::new(policy, limits, &ClientTrust::Only(Vec::new())).unwrap()
    }

    fn get(url: &str) -> Request {
        Request::new(reqwest::Method::GET, url.parse().unwrap())
    }

    /// Answers each connection with these bytes; `None` never answers.
    async fn server(answer: Option<&'static str>) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut request = [0; 4096];
                    let _ = stream.read(&mut request).await;
                    match answer {
                        Some(answer) => drop(stream.write_all(answer.as_bytes()).await),
                        None => std::future::pending().await,
                    }
                });
            }
        });
        address
    }

    #[tokio::test]
    async fn literals_and_names_of_this_host_are_refused() {
        let address = server(Some("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")).await;
        let client = client(AddressPolicy::new(vec!["127.0.0.0/8".parse().unwrap()]), 100);
        let port = address.port();
        for host in ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "localhost"] {
            let refusal = client.send(get(&format!("http://{host}:{port}/"))).await.unwrap_err();
            assert!(matches!(refusal, HttpFault::Refused { refusal: AddressRefusal::Loopback, .. }), "{host}: {refusal}");
        }
    }

    #[tokio::test]
    async fn urls_with_credentials_or_other_schemes_are_refused() {
        let client = client(AddressPolicy::default(), 100);
        for url in ["ftp://example.com/", "file:///etc/passwd", "http://user:secret@example.com/"] {
            let refusal = client.send(get(url)).await.unwrap_err();
            assert!(matches!(refusal, HttpFault::Url(_)), "{url}: {refusal}");
            assert!(!refusal.to_string().contains("secret"));
        }
    }

    fn local() -> AddressPolicy {
        AddressPolicy::with_loopback()
    }

    #[tokio::test]
    async fn an_allowed_target_answers_and_redirects_are_not_followed() {
        let address = server(Some("HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 4\r\n\r\nbody")).await;
        let answer = client(local(), 100).send(get(&format!("http://localhost:{}/", address.port()))).await.unwrap();
        assert_eq!(answer.status, StatusCode::FOUND);
        assert_eq!(answer.body.as_ref(), b"body");
    }

    #[tokio::test]
    async fn bodies_are_capped_whether_they_tell_their_length_or_not() {
        let told = server(Some("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n12345")).await;
        let untold = server(Some("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n12345")).await;
        for address in [told, untold] {
            let refusal = client(local(), 4).send(get(&format!("http://{address}/"))).await.unwrap_err();
            assert!(matches!(refusal, HttpFault::TooLarge(4)), "{refusal}");
            assert_eq!(client(local(), 5).send(get(&format!("http://{address}/"))).await.unwrap().body.len(), 5);
        }
    }

    #[tokio::test]
    async fn silence_and_refusal_are_told_apart() {
        let silent = server(None).await;
        let refusal = client(local(), 4).send(get(&format!("http://{silent}/"))).await.unwrap_err();
        assert!(matches!(refusal, HttpFault::Timeout(_)), "{refusal}");
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let refusal = client(local(), 4).send(get(&format!("http://{closed}/"))).await.unwrap_err();
        assert!(matches!(&refusal, HttpFault::Connection(text) if text.contains("refused")), "{refusal}");
    }
}
