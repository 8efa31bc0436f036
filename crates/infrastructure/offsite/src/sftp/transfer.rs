//! Octets there and back. Many requests are under way at a time, so that a far host is as fast as a near one.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use russh_sftp::client::error::Error as SftpError;
use russh_sftp::protocol::{FileAttributes, OpenFlags};
use tokio::time::timeout;
use vigie_domain::system::{BackupContent, Offsite as _};
use vigie_domain::{Error, ErrorKind, Result};
use vigie_foundation::secrets::{Sha256, to_hex};

use super::Sftp;
use super::link::Link;
use crate::silence::SILENCE;

/// Octets of a request: every server takes as many (section 3 of the draft).
const PIECE: usize = 32 << 10;
/// Requests under way at a time.
const AT_A_TIME: usize = 64;
/// How long one of them may take: on a slow line it waits for all before it. A host that is gone is known sooner, as it is asked whether it is there.
pub(super) const UNDER_WAY: Duration = Duration::from_mins(5);

impl Sftp {
    pub(super) async fn send_pieces(
        &self,
        link: &Link,
        path: &str,
        handle: &str,
        pieces: Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>,
    ) -> Result<()> {
        let pieces = pieces.map_ok(|piece| stream::iter(cut(piece).map(Ok::<_, Error>))).try_flatten();
        let mut offset = 0;
        let requests = pieces.map_ok(|piece| {
            let at = offset;
            offset += piece.len() as u64;
            self.moved(path, link.session.write(handle, at, piece.to_vec()))
        });
        requests.try_buffer_unordered(AT_A_TIME).try_for_each(|_| std::future::ready(Ok(()))).await
    }

    /// What is done with a piece.
    async fn moved<T>(&self, path: &str, asked: impl Future<Output = Result<T, SftpError>>) -> Result<T> {
        let answer = timeout(UNDER_WAY, asked).await.map_err(|_| self.silent(UNDER_WAY))?;
        answer.map_err(|error| self.refused(path, &error))
    }

    /// Opens a file of this length.
    pub(super) async fn read(&self, link: Arc<Link>, path: String, size_bytes: u64) -> Result<BackupContent> {
        let handle = self.done(&path, link.session.open(path.as_str(), OpenFlags::READ, FileAttributes::empty())).await?.handle;
        let (place, last, closed) = (self.place(), link.clone(), handle.clone());
        let pieces = stream::iter((0..size_bytes).step_by(PIECE)).map(move |at| {
            let (link, handle, place) = (link.clone(), handle.clone(), place.clone());
            let length = (size_bytes - at).min(PIECE as u64) as usize;
            async move { read_piece(&link, &handle, at, length).await.map_err(|why| broke(&place, &why)) }
        });
        // a host lets no more than a hundred be open
        let closing = async move { drop(timeout(SILENCE, last.session.close(closed)).await) };
        let closing = stream::once(closing).filter_map(|()| std::future::ready(None));
        Ok(BackupContent { size_bytes, pieces: Box::pin(pieces.buffered(AT_A_TIME).chain(closing)) })
    }

    /// The SHA-256 of a file, in hex.
    pub(super) async fn sum_of(&self, link: &Arc<Link>, path: &str, size_bytes: u64) -> Result<String> {
        let mut pieces = self.read(link.clone(), path.to_owned(), size_bytes).await?.pieces;
        let mut sum = Sha256::default();
        while let Some(piece) = pieces.try_next().await? {
            sum.update(&piece);
        }
        Ok(to_hex(&sum.finish()))
    }
}

/// In pieces that fit into a request.
fn cut(mut piece: Bytes) -> impl Iterator<Item = Bytes> {
    std::iter::from_fn(move || {
        let next = piece.split_to(piece.len().min(PIECE));
        (!next.is_empty()).then_some(next)
    })
}

/// Octets of a file from here on. A host may give fewer at a time than it is asked for.
async fn read_piece(link: &Link, handle: &str, at: u64, length: usize) -> Result<Bytes, String> {
    let mut piece = BytesMut::with_capacity(length);
    while piece.len() < length {
        let asked = link.session.read(handle, at + piece.len() as u64, (length - piece.len()) as u32);
        let data = timeout(UNDER_WAY, asked).await.map_err(|_| format!("nothing was said for {} s", UNDER_WAY.as_secs()))?;
        let data = data.map_err(|error| error.to_string())?.data;
        if data.is_empty() {
            return Err("the file ends too soon".to_owned());
        }
        piece.extend_from_slice(&data[..data.len().min(length - piece.len())]);
    }
    Ok(piece.freeze())
}

fn broke(place: &str, why: &str) -> Error {
    Error::new(ErrorKind::ServiceUnavailable, "service_unavailable", format!("reading from {place} broke off: {why}"))
}
