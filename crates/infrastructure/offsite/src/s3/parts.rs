//! Files too large for one request: they go in parts, and are seen when the last one is there and all are put together.

use std::fmt::Write as _;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::{Bytes, BytesMut};
use futures::{TryStreamExt as _, stream};
use rusty_s3::S3Action as _;
use rusty_s3::actions::CreateMultipartUpload;
use vigie_domain::system::OffsiteContent;
use vigie_domain::{Error, ErrorKind, Result};
use vigie_foundation::http::{Method, header};
use vigie_foundation::resilience::{Backoff, retry};
use vigie_foundation::secrets::Sha256;

use super::{S3, SUM, xml};
use crate::fault::passing;
use crate::silence::Pulse;

/// Octets of a part, all in memory at a time; more where the parts would be too many.
const PART: u64 = 16 << 20;
/// Parts that a file may have.
const MOST_PARTS: u64 = 10_000;
/// Octets handed to the network at a time.
const PIECE: usize = 64 << 10;
/// How long putting the parts together may take.
const TOGETHER: Duration = Duration::from_mins(10);
/// Tries of a part.
const TRIES: Backoff = Backoff { base: Duration::from_secs(1), longest: Duration::from_secs(10), attempts: 3 };

/// A part that is there.
struct Part {
    etag: String,
    sum: String,
}

impl S3 {
    pub(super) async fn put_in_parts(&self, key: &str, content: OffsiteContent) -> Result<()> {
        let upload = self.begin_upload(key).await?;
        let length = part_length(content.size_bytes);
        let (mut pieces, mut part, mut parts) = (content.pieces, BytesMut::with_capacity(length), Vec::new());
        let mut sum = Sha256::default();
        while let Some(mut piece) = pieces.try_next().await? {
            sum.update(&piece);
            while !piece.is_empty() {
                part.extend_from_slice(&piece.split_to(piece.len().min(length - part.len())));
                if part.len() == length {
                    parts.push(self.send_part(key, &upload, parts.len() + 1, part.split().freeze()).await?);
                    part.reserve(length);
                }
            }
        }
        if !part.is_empty() {
            parts.push(self.send_part(key, &upload, parts.len() + 1, part.freeze()).await?);
        }
        // the service knows the sums of the parts alone
        if sum.finish() != content.sha256 {
            return Err(passing(format!("what was read to be copied to {} has another SHA-256 than before", self.place)));
        }
        self.end_upload(key, &upload, &parts).await
    }

    async fn begin_upload(&self, key: &str) -> Result<String> {
        const ALGORITHM: &str = "x-amz-checksum-algorithm";
        let mut action = self.bucket.create_multipart_upload(Some(&self.credentials), key);
        action.headers_mut().insert(ALGORITHM, "SHA256");
        let request = self.request(Method::POST, &action).header(ALGORITHM, "SHA256").header(header::CONTENT_LENGTH, 0);
        let text = self.text(self.ask(request).await?).await?;
        let upload = CreateMultipartUpload::parse_response(&text).map_err(|e| self.nonsense(&e.to_string()))?;
        Ok(upload.upload_id().to_owned())
    }

    async fn send_part(&self, key: &str, upload: &str, number: usize, part: Bytes) -> Result<Part> {
        let number = u16::try_from(number).map_err(Error::storage)?;
        let again = |error: &Error| matches!(error.kind(), ErrorKind::ServiceUnavailable | ErrorKind::ServiceTimeout);
        retry(&TRIES, again, async |_| self.try_part(key, upload, number, part.clone()).await).await
    }

    async fn try_part(&self, key: &str, upload: &str, number: u16, part: Bytes) -> Result<Part> {
        let mut sum = Sha256::default();
        sum.update(&part);
        let sum = BASE64_STANDARD.encode(sum.finish());
        let mut action = self.bucket.upload_part(Some(&self.credentials), key, number, upload);
        action.headers_mut().insert(SUM, sum.clone());
        let size = part.len() as u64;
        let pieces = stream::unfold(part, |mut rest| async move {
            let piece = rest.split_to(rest.len().min(PIECE));
            (!piece.is_empty()).then_some((Ok(piece), rest))
        });
        let request = self.request(Method::PUT, &action).header(SUM, &sum);
        let answer = self.send_body(request, size, pieces).await?;
        let etag = answer.headers().get(header::ETAG).and_then(|etag| etag.to_str().ok());
        let etag = etag.ok_or_else(|| self.nonsense("a part has no ETag"))?.to_owned();
        Ok(Part { etag, sum })
    }

    async fn end_upload(&self, key: &str, upload: &str, parts: &[Part]) -> Result<()> {
        let etags = parts.iter().map(|part| part.etag.as_str());
        let action = self.bucket.complete_multipart_upload(Some(&self.credentials), key, upload, etags);
        let request = self.request(Method::POST, &action).header(header::CONTENT_TYPE, "application/xml").body(together(parts));
        let answer = self.send(request, &Pulse::begin(), TOGETHER).await?;
        let status = answer.status().as_u16();
        // it may begin with 200 and find out later that it cannot
        let text = self.text(answer).await?;
        if xml::text(&text, "Error").is_some() { Err(self.refusal(status, &text)) } else { Ok(()) }
    }

    /// Ends every upload of this file that was begun and not put together.
    pub(super) async fn abort_uploads(&self, key: &str) -> Result<()> {
        // the list of uploads is no action of its own there: a bucket is read as a file without a name is
        let mut action = self.bucket.get_object(Some(&self.credentials), "");
        action.query_mut().insert("uploads", "");
        action.query_mut().insert("prefix", key);
        let text = self.text(self.ask(self.request(Method::GET, &action)).await?).await?;
        for upload in xml::all(&text, "Upload") {
            let (found, id) = (xml::text(upload, "Key"), xml::text(upload, "UploadId"));
            if let (Some(found), Some(id)) = (found, id)
                && found == key
            {
                let action = self.bucket.abort_multipart_upload(Some(&self.credentials), key, &id);
                self.ask(self.request(Method::DELETE, &action)).await?;
            }
        }
        Ok(())
    }
}

/// Octets of a part of a file of this length.
fn part_length(size_bytes: u64) -> usize {
    const MIB: u64 = 1 << 20;
    let least = size_bytes.div_ceil(MOST_PARTS).next_multiple_of(MIB);
    usize::try_from(least.max(PART)).unwrap_or(usize::MAX)
}

/// What all parts are put together by.
fn together(parts: &[Part]) -> String {
    let mut text = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">".to_owned();
    for (number, Part { etag, sum }) in (1..).zip(parts) {
        let etag = xml::escaped(etag);
        let _ = write!(text, "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag><ChecksumSHA256>{sum}</ChecksumSHA256></Part>");
    }
    text + "</CompleteMultipartUpload>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_never_too_many() {
        assert_eq!(part_length(100 << 20), 16 << 20);
        for size in [160_u64 << 30, 1 << 40, 5 << 40] {
            let length = part_length(size) as u64;
            assert!(size.div_ceil(length) <= MOST_PARTS && length < (1 << 30), "{size}: {length}");
        }
    }
}
