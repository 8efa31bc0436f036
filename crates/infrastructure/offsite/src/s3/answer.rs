//! What a bucket says when it does not do what it is asked.

use bytes::Bytes;
use tokio::time::timeout;
use vigie_domain::{Error, ErrorKind};
use vigie_foundation::http::{HttpFault, Response, read_limited};

use super::{S3, xml};
use crate::fault::passing;
use crate::silence::SILENCE;

/// The longest refusal that is read, in octets.
const LONGEST_REFUSAL: usize = 64 << 10;
/// Refusals that say that a file is not there; that of a request for the head alone says nothing.
const MISSING: &[&str] = &["NoSuchKey", "NoSuchVersion", "NoSuchUpload"];
/// Refusals that may pass by themselves, whatever their status.
const PASSING: &[&str] = &[
    "SlowDown",
    "ServiceUnavailable",
    "InternalError",
    "RequestTimeout",
    "BadDigest",
    "XAmzContentChecksumMismatch",
    "XAmzContentSHA256Mismatch",
];

impl S3 {
    pub(super) fn unreachable(&self, fault: &HttpFault) -> Error {
        unreachable(&self.place, fault)
    }

    pub(super) fn nonsense(&self, why: &str) -> Error {
        Error::new(ErrorKind::ServiceFailed, "service_failed", format!("{} answers what is not S3: {why}", self.place))
            .solution("check backup.s3.endpoint")
    }

    /// What a refusal says.
    pub(super) async fn refused(&self, answer: Response) -> Error {
        let status = answer.status().as_u16();
        let body = timeout(SILENCE, read_limited(answer, LONGEST_REFUSAL)).await.unwrap_or(Ok(Bytes::new())).unwrap_or_default();
        self.refusal(status, &String::from_utf8_lossy(&body))
    }

    pub(super) fn refusal(&self, status: u16, body: &str) -> Error {
        let (code, message) = (xml::text(body, "Code").unwrap_or_default(), xml::text(body, "Message").unwrap_or_default());
        let said: String = [code.as_str(), message.as_str()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
        let said = if said.is_empty() { status.to_string() } else { format!("{status} {}", said.chars().take(300).collect::<String>()) };
        let detail = format!("{} refuses: {said}", self.place);
        if status == 404 && (body.is_empty() || MISSING.contains(&code.as_str())) {
            return Error::new(ErrorKind::ResourceNotFound, "not_found", format!("there is no such file at {}", self.place));
        }
        if matches!(status, 408 | 429 | 500 | 502..) || PASSING.contains(&code.as_str()) {
            return passing(detail);
        }
        let solution = match (status, code.as_str()) {
            (_, "NoSuchBucket") => "make the bucket, or set backup.s3.bucket to one that is there",
            (501, _) => "it does not know what vigie needs of S3, such as sums by SHA-256: take another, or another version of it",
            (_, "RequestTimeTooSkewed") => "set the clock of this host",
            (301 | 307, _) | (_, "AuthorizationHeaderMalformed") => "check backup.s3.endpoint and backup.s3.region",
            (401 | 403, _) | (_, "InvalidAccessKeyId" | "XAdminUserNotFound") => {
                "check backup.s3.access_key and backup.s3.secret_key, and what they may do with the bucket"
            }
            _ => "check backup.s3.endpoint and backup.s3.bucket",
        };
        Error::new(ErrorKind::ServiceFailed, "service_failed", detail).solution(solution)
    }
}

pub(super) fn unreachable(place: &str, fault: &HttpFault) -> Error {
    if let HttpFault::Certificate(_) = fault {
        return Error::new(ErrorKind::ServiceFailed, "service_failed", format!("{place} is not spoken to: {fault}"))
            .solution("set backup.s3.ca_file to the certificate of the authority that it has its own of");
    }
    Error::new(ErrorKind::ServiceUnavailable, "service_unavailable", format!("{place} cannot be reached: {fault}"))
        .solution("check backup.s3.endpoint, and that the network leads there")
}
