//! A bucket of S3, or of what speaks as it does. What it is asked is signed in the address (signature version 4).

mod answer;
mod parts;
mod xml;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures::{Stream, TryStreamExt as _, stream};
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use tokio::time::timeout;
use vigie_domain::system::{BackupContent, Offsite, OffsiteContent, OffsiteFile};
use vigie_domain::{Error, ErrorKind, Result, Secret, Timestamp};
use vigie_foundation::http::{
    Body, Client, HttpFault, Method, OperatorOptions, RequestBuilder, Response, Url, header, operator_client, read_limited,
};
use vigie_foundation::tls::ClientTrust;

use crate::fault::{passing, silent, too_many};
use crate::name::{MOST, is_plain, must_be_plain};
use crate::silence::{Pulse, SILENCE};

/// How long a signed address is good.
const SIGNED_FOR: Duration = Duration::from_hours(1);
/// The largest file that is sent at once; larger ones go in parts. In octets.
const AT_ONCE: u64 = 64 << 20;
/// How long nothing of a body may be taken, and the answer may take after it: what was taken last may still be on a slow line.
const UNMOVED: Duration = Duration::from_mins(3);
/// The longest answer that is read, in octets.
const LONGEST_ANSWER: usize = 8 << 20;
/// Headers that tell a sum of what is sent (base64).
const SUM: &str = "x-amz-checksum-sha256";

/// How a bucket is reached.
#[derive(Clone, Debug)]
pub struct S3Settings {
    /// Address of the service.
    pub endpoint: Url,
    /// The bucket.
    pub bucket: String,
    /// Region that requests are signed for.
    pub region: String,
    /// Begins every key, with a slash after it; may be empty.
    pub prefix: String,
    /// Whether the bucket stands in the path and not in the host.
    pub is_path_style: bool,
    /// Id of the key that requests are signed with.
    pub access_key: String,
    /// The key.
    pub secret_key: Secret,
    /// Whom the client trusts.
    pub trust: ClientTrust,
}

/// A bucket.
pub struct S3 {
    bucket: Bucket,
    credentials: Credentials,
    client: Client,
    prefix: String,
    place: String,
}

impl S3 {
    /// Over this bucket. Nothing is asked yet.
    pub fn new(settings: S3Settings) -> Result<Self> {
        let S3Settings { endpoint, bucket, region, prefix, is_path_style, access_key, secret_key, trust } = settings;
        let style = if is_path_style { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let prefix = if prefix.is_empty() { prefix } else { format!("{prefix}/") };
        let options = OperatorOptions { timeout: None, connect_timeout: Duration::from_secs(10), read_timeout: None, trust };
        let invalid = |why: String| Error::new(ErrorKind::ValidationFailed, "validation_failed", why);
        Ok(Self {
            place: format!("s3://{bucket}/{}", prefix.trim_end_matches('/')),
            bucket: Bucket::new(endpoint, style, bucket, region).map_err(|e| invalid(e.to_string()))?,
            credentials: Credentials::new(access_key, secret_key.expose()),
            client: operator_client(&options).map_err(|e| invalid(e.to_string()))?,
            prefix,
        })
    }

    fn key(&self, name: &str) -> Result<String> {
        must_be_plain(name)?;
        Ok(format!("{}{name}", self.prefix))
    }

    /// A request for this action, which asks for octets as they are.
    fn request<'a, A: S3Action<'a>>(&self, method: Method, action: &A) -> RequestBuilder {
        self.client.request(method, action.sign(SIGNED_FOR)).header(header::ACCEPT_ENCODING, "identity")
    }

    /// Sends a request; the answer, where it is no refusal. Its body may take any time as long as it moves.
    async fn send(&self, request: RequestBuilder, pulse: &Pulse, limit: Duration) -> Result<Response> {
        let Some(answer) = pulse.during(limit, request.send()).await else { return Err(silent(&self.place, limit)) };
        let answer = answer.map_err(|error| self.unreachable(&HttpFault::from_reqwest(&error, limit)))?;
        if answer.status().is_success() { Ok(answer) } else { Err(self.refused(answer).await) }
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Response> {
        self.send(request, &Pulse::begin(), SILENCE).await
    }

    async fn text(&self, answer: Response) -> Result<String> {
        let body = timeout(SILENCE, read_limited(answer, LONGEST_ANSWER)).await.map_err(|_| silent(&self.place, SILENCE))?;
        Ok(String::from_utf8_lossy(&body.map_err(|fault| self.unreachable(&fault))?).into_owned())
    }

    async fn put_at_once(&self, key: &str, content: OffsiteContent) -> Result<()> {
        let OffsiteContent { size_bytes, sha256, pieces } = content;
        let sum = BASE64_STANDARD.encode(sha256);
        let mut action = self.bucket.put_object(Some(&self.credentials), key);
        action.headers_mut().insert(SUM, sum.clone());
        let request = self.request(Method::PUT, &action).header(SUM, sum);
        self.send_body(request, size_bytes, pieces).await.map(drop)
    }

    /// Sends a request with a body of this length. What keeps the body from being read is told as that.
    async fn send_body(
        &self,
        request: RequestBuilder,
        size_bytes: u64,
        pieces: impl Stream<Item = Result<Bytes>> + Send + 'static,
    ) -> Result<Response> {
        let (pulse, unread) = (Pulse::begin(), Arc::<Mutex<Option<Error>>>::default());
        let (beats, told) = (pulse.clone(), unread.clone());
        let pieces = pieces.inspect_ok(move |_| beats.beat()).map_err(move |error| {
            *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            io::Error::other("what is to be sent cannot be read")
        });
        let request = request.header(header::CONTENT_LENGTH, size_bytes).body(Body::wrap_stream(pieces));
        let sent = self.send(request, &pulse, UNMOVED).await;
        let unread = unread.lock().unwrap_or_else(PoisonError::into_inner).take();
        unread.map_or(sent, Err)
    }

    /// Fails where a file is not there in this length; and, where the service tells a sum of the whole, with this sum.
    async fn must_be_there(&self, key: &str, size_bytes: u64, sha256: &[u8; 32]) -> Result<()> {
        let mut action = self.bucket.head_object(Some(&self.credentials), key);
        action.headers_mut().insert("x-amz-checksum-mode", "ENABLED");
        let answer = self.ask(self.request(Method::HEAD, &action).header("x-amz-checksum-mode", "ENABLED")).await?;
        let told = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let length: Option<u64> = told(header::CONTENT_LENGTH.as_str()).and_then(|length| length.parse().ok());
        // that of a file in parts is one of sums: `…-12`
        let sum = told(SUM).filter(|sum| !sum.contains('-'));
        let wrong = match (length, sum) {
            (Some(length), _) if length != size_bytes => format!("it has {length} octets instead of {size_bytes}"),
            (_, Some(sum)) if sum != BASE64_STANDARD.encode(sha256) => "its SHA-256 is another".to_owned(),
            _ => return Ok(()),
        };
        Err(passing(format!("what was written to {} is not what was sent: {wrong}", self.place)))
    }
}

#[async_trait]
impl Offsite for S3 {
    fn place(&self) -> String {
        self.place.clone()
    }

    async fn list(&self) -> Result<Vec<OffsiteFile>> {
        let (mut files, mut next) = (Vec::new(), None::<String>);
        loop {
            let mut action = self.bucket.list_objects_v2(Some(&self.credentials));
            action.with_prefix(self.prefix.as_str());
            action.query_mut().insert("delimiter", "/");
            if let Some(next) = &next {
                action.with_continuation_token(next.as_str());
            }
            let text = self.text(self.ask(self.request(Method::GET, &action)).await?).await?;
            let page = rusty_s3::actions::ListObjectsV2::parse_response(&text).map_err(|e| self.nonsense(&e.to_string()))?;
            files.extend(page.contents.into_iter().filter_map(|object| {
                let name = object.key.strip_prefix(&self.prefix)?.to_owned();
                let modified_at = object.last_modified.as_deref().and_then(Timestamp::parse);
                is_plain(&name).then_some(OffsiteFile { name, size_bytes: object.size.unwrap_or(0), modified_at })
            }));
            next = page.next_continuation_token;
            if next.is_none() {
                return Ok(files);
            }
            if files.len() > MOST {
                return Err(too_many(&self.place, "backup.s3.prefix"));
            }
        }
    }

    async fn put(&self, name: &str, content: OffsiteContent) -> Result<()> {
        let (key, size_bytes, sha256) = (self.key(name)?, content.size_bytes, content.sha256);
        if size_bytes <= AT_ONCE {
            self.put_at_once(&key, content).await?;
        } else {
            self.put_in_parts(&key, content).await?;
        }
        self.must_be_there(&key, size_bytes, &sha256).await
    }

    async fn discard(&self, name: &str) -> Result<()> {
        self.abort_uploads(&self.key(name)?).await
    }

    async fn get(&self, name: &str) -> Result<BackupContent> {
        let key = self.key(name)?;
        let answer = self.ask(self.request(Method::GET, &self.bucket.get_object(Some(&self.credentials), &key))).await?;
        let size_bytes = answer.content_length().ok_or_else(|| self.nonsense("it does not tell how long the file is"))?;
        let pieces = stream::try_unfold((answer, self.place.clone()), |(mut answer, place)| async move {
            let Ok(piece) = timeout(SILENCE, answer.chunk()).await else { return Err(silent(&place, SILENCE)) };
            let piece = piece.map_err(|error| answer::unreachable(&place, &HttpFault::from_reqwest(&error, SILENCE)))?;
            Ok(piece.map(|piece| (piece, (answer, place))))
        });
        Ok(BackupContent { size_bytes, pieces: Box::pin(pieces) })
    }

    async fn remove(&self, name: &str) -> Result<()> {
        let key = self.key(name)?;
        match self.ask(self.request(Method::DELETE, &self.bucket.delete_object(Some(&self.credentials), &key))).await {
            Err(error) if error.kind() != ErrorKind::ResourceNotFound => Err(error),
            _ => Ok(()),
        }
    }
}
