//! Reading an answer's body without trusting its size.

use bytes::{Bytes, BytesMut};
use reqwest::Response;

use super::{HttpFault, innermost};

/// Reads a body of at most `limit` bytes, counted after decompression.
pub async fn read_limited(mut response: Response, limit: usize) -> Result<Bytes, HttpFault> {
    if response.content_length().is_some_and(|length| length > limit as u64) {
        return Err(HttpFault::TooLarge(limit));
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| HttpFault::Broken(innermost(&error)))? {
        if body.len() + chunk.len() > limit {
            return Err(HttpFault::TooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}
