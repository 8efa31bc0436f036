//! Requests to the server: signed, keyed, repeated where that is safe.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value as Json, json};
use url::Url;
use uuid::Uuid;
use vigie_foundation::http::{
    Client as HttpClient, HttpFault, Method, OperatorOptions, Request, Response, StatusCode, header, operator_client,
};
use vigie_foundation::tls::{CertificateProblem, certificate_problem};

use super::reply::{self, Reply};
use super::sessions::{Access, Sessions};
use super::target::Target;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// Pauses before a request whose connection was lost is sent again.
const PAUSES: [Duration; 3] = [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(3)];
/// Longest wait that the server may ask for before the same request is sent again.
const LONGEST_WAIT: u64 = 30;
/// Longest silence of a stream; the server says something every 20 s.
const SILENCE: Duration = Duration::from_mins(1);

/// A client of one server.
#[derive(Debug)]
pub struct Client {
    http: HttpClient,
    streams: HttpClient,
    base: Url,
    name: String,
    access: Mutex<Option<Access>>,
    sessions: Option<Sessions>,
    deadline: Duration,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    method: Method,
    path: &'a str,
    query: &'a [(String, String)],
    body: Option<&'a Json>,
    headers: Vec<(&'static str, String)>,
}

impl Client {
    /// A client of this server. Renewed tokens are kept in `sessions` when they came from there.
    pub fn new(target: &Target, sessions: &Sessions, deadline: Duration) -> Result<Self, Failure> {
        let options = OperatorOptions { timeout: Some(deadline), trust: target.trust.clone(), ..OperatorOptions::default() };
        let endless = OperatorOptions { timeout: None, read_timeout: Some(SILENCE), ..options.clone() };
        let made = |options| operator_client(&options).map_err(|error| Failure::new(Exit::Failed, error.to_string()));
        Ok(Self {
            http: made(options)?,
            streams: made(endless)?,
            base: target.base.clone(),
            name: target.name.clone(),
            access: Mutex::new(target.access.clone()),
            sessions: target.stored.then(|| sessions.clone()),
            deadline,
        })
    }

    /// The server's address.
    pub fn server(&self) -> &str {
        &self.name
    }

    /// Reads. `path` is below `/api/v1/`.
    pub async fn get(&self, path: &str, query: &[(String, String)]) -> Result<Reply, Failure> {
        self.ask(&Ask { method: Method::GET, path, query, body: None, headers: Vec::new() }).await
    }

    /// Creates or acts; the same key goes with each repetition, so that it is done once.
    pub async fn post(&self, path: &str, query: &[(String, String)], body: &Json) -> Result<Reply, Failure> {
        let headers = vec![("idempotency-key", Uuid::new_v4().to_string())];
        self.ask(&Ask { method: Method::POST, path, query, body: Some(body), headers }).await
    }

    /// Changes the fields given, if the object still has this version.
    pub async fn patch(&self, path: &str, etag: Option<&str>, body: &Json) -> Result<Reply, Failure> {
        let mut headers = vec![("content-type", "application/merge-patch+json".to_owned())];
        headers.extend(etag.map(|etag| ("if-match", etag.to_owned())));
        self.ask(&Ask { method: Method::PATCH, path, query: &[], body: Some(body), headers }).await
    }

    /// Deletes, if the object still has this version.
    pub async fn delete(&self, path: &str, query: &[(String, String)], etag: Option<&str>) -> Result<Reply, Failure> {
        let headers = etag.map(|etag| ("if-match", etag.to_owned())).into_iter().collect();
        self.ask(&Ask { method: Method::DELETE, path, query, body: None, headers }).await
    }

    /// Signs in or out: without the present tokens, never repeated.
    pub async fn sign(&self, path: &str, body: &Json) -> Result<Reply, Failure> {
        let ask = Ask { method: Method::POST, path, query: &[], body: Some(body), headers: Vec::new() };
        let response = self.http.execute(self.request(&ask, None)?).await.map_err(|error| self.unreachable(&error))?;
        reply::read(response).await
    }

    /// Opens a stream of this form.
    pub async fn stream(&self, path: &str, query: &[(String, String)], accept: &str, last: Option<&str>) -> Result<Response, Failure> {
        let mut headers = vec![("accept", accept.to_owned())];
        headers.extend(last.map(|id| ("last-event-id", id.to_owned())));
        let ask = Ask { method: Method::GET, path, query, body: None, headers };
        let response = self.send(&self.streams, &ask).await?;
        if response.status().is_success() { Ok(response) } else { Err(reply::failure(response).await) }
    }

    async fn ask(&self, ask: &Ask<'_>) -> Result<Reply, Failure> {
        reply::read(self.send(&self.http, ask).await?).await
    }

    /// Sends, again where the connection broke and repeating does no harm, after a wait the server asks for, and with new tokens.
    async fn send(&self, http: &HttpClient, ask: &Ask<'_>) -> Result<Response, Failure> {
        let keyed = ask.headers.iter().any(|(name, _)| *name == "idempotency-key");
        let repeatable = ask.method == Method::GET || keyed;
        let mut pauses = PAUSES.iter();
        let (mut renewed, mut repeated) = (false, false);
        loop {
            let access = self.access();
            let sent = http.execute(self.request(ask, access.as_ref())?).await;
            let pause = match &sent {
                Ok(response) if response.status() == StatusCode::UNAUTHORIZED && !renewed => {
                    renewed = true;
                    self.renew(access.as_ref()).await?.then_some(Duration::ZERO)
                }
                Ok(response) => self.wait_asked(response, repeated).and_then(|wait| pauses.next().map(|_| wait)),
                Err(error) if repeatable && lost(error) => {
                    repeated = true;
                    pauses.next().copied()
                }
                Err(_) => None,
            };
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return sent.map_err(|error| self.unreachable(&error)),
            }
        }
    }

    /// How long the server wants this request to wait: it was not done, so repeating does no harm.
    fn wait_asked(&self, response: &Response, repeated: bool) -> Option<Duration> {
        // 409 to a repeated request: the first one, whose answer was lost, is still running
        let busy = response.status() == StatusCode::TOO_MANY_REQUESTS || (repeated && response.status() == StatusCode::CONFLICT);
        let seconds: u64 = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
        (busy && seconds <= LONGEST_WAIT.min(self.deadline.as_secs())).then(|| Duration::from_secs(seconds.max(1)))
    }

    fn request(&self, ask: &Ask<'_>, access: Option<&Access>) -> Result<Request, Failure> {
        let invalid = |error: &dyn std::fmt::Display| Failure::usage(format!("the request cannot be made: {error}"));
        let mut url = self.base.join(&format!("api/v1/{}", ask.path)).map_err(|error| invalid(&error))?;
        if !ask.query.is_empty() {
            url.query_pairs_mut().extend_pairs(ask.query);
        }
        let mut builder = self.http.request(ask.method.clone(), url);
        if let Some(body) = ask.body {
            builder = builder.header(header::CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let mut request = builder.build().map_err(|error| invalid(&error.without_url()))?;
        for (name, value) in &ask.headers {
            let value = value.parse().map_err(|_| Failure::usage(format!("{value:?} cannot stand in a header")))?;
            request.headers_mut().insert(*name, value);
        }
        if let Some(access) = access {
            let mut value: header::HeaderValue = format!("Bearer {}", access.bearer())
                .parse()
                .map_err(|_| Failure::usage("the API key holds characters that no key has"))?;
            value.set_sensitive(true);
            request.headers_mut().insert(header::AUTHORIZATION, value);
        }
        Ok(request)
    }

    fn access(&self) -> Option<Access> {
        self.access.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Gets a new pair for tokens that have ended; false when there is none to be had.
    async fn renew(&self, used: Option<&Access>) -> Result<bool, Failure> {
        let (Some(sessions), Some(used)) = (&self.sessions, used) else { return Ok(false) };
        let held = sessions.hold()?;
        let stored = sessions.get(&self.name)?.map(|session| session.access);
        // another process may have renewed them meanwhile
        let newest = stored.filter(|stored| stored != used);
        let access = match (newest, used) {
            (Some(newest), _) => newest,
            (None, Access::Tokens { refresh_token, .. }) => {
                let Ok(reply) = self.sign("auth/token/refresh", &json!({"refresh_token": refresh_token})).await else { return Ok(false) };
                let access = Access::of_tokens(&reply.body)?;
                sessions.renew(&self.name, access.clone())?;
                access
            }
            (None, Access::ApiKey(_)) => return Ok(false),
        };
        drop(held);
        *self.access.lock().unwrap_or_else(PoisonError::into_inner) = Some(access);
        Ok(true)
    }

    fn unreachable(&self, error: &(dyn std::error::Error + 'static)) -> Failure {
        if let Some(problem) = certificate_problem(error) {
            let failure = Failure::new(Exit::Unreachable, format!("{} cannot be trusted: {problem}", self.name));
            return match problem {
                CertificateProblem::UnknownIssuer => failure.solution("give its authority by --ca-file (a server's own stands in tls/ca.pem of its state directory), or on its host --state-dir"),
                CertificateProblem::WrongName => failure.solution("ask it by a name of its certificate, or add this one to server.tls.names"),
                CertificateProblem::Protocol(_) => failure.solution("look whether the address is one of http:// or https://, and of Vigie"),
                CertificateProblem::Expired | CertificateProblem::NotYet => failure.solution("look at the clocks of both hosts, then at the certificate"),
            };
        }
        let fault =
            error.downcast_ref().map_or_else(|| error.to_string(), |error| HttpFault::from_reqwest(error, self.deadline).to_string());
        Failure::new(Exit::Unreachable, format!("{} cannot be reached: {fault}", self.name))
            .solution("look whether the server runs (`vigie serve`), and at its address (--server or VIGIE_SERVER)")
    }
}

/// Whether a connection that was there broke: nobody at home is told at once.
fn lost(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref().is_some_and(|error| matches!(HttpFault::from_reqwest(error, Duration::ZERO), HttpFault::Broken(_)))
}
