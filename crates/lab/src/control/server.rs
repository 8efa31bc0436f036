//! The side that takes orders.

use std::fs::Permissions;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::error::LabError;
use crate::world::{Reply, World};

/// The longest order.
const LONGEST_LINE: u64 = 16 << 10;
/// Orders being taken at the same time.
const CONVERSATIONS: usize = 32;

/// A socket that takes orders until it is dropped.
pub struct Control {
    path: PathBuf,
    task: JoinHandle<()>,
}

impl Control {
    /// Listens at `path`. A socket that a lab left behind is replaced; one that answers is not.
    pub async fn listen(path: &Path, world: Arc<World>) -> Result<Self, LabError> {
        let fail = |source| LabError::File { path: path.to_owned(), source };
        if UnixStream::connect(path).await.is_ok() {
            return Err(LabError::ControlTaken(path.to_owned()));
        }
        match std::fs::symlink_metadata(path) {
            Ok(found) if !is_socket(&found) => return Err(fail(ErrorKind::AlreadyExists.into())),
            Ok(_) => std::fs::remove_file(path).map_err(fail)?,
            Err(_) => {}
        }
        let listener = UnixListener::bind(path).map_err(fail)?;
        std::fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(fail)?;
        let task = tokio::task::spawn(accept(listener, world));
        Ok(Self { path: path.to_owned(), task })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.task.abort();
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(%error, path = %self.path.display(), "control socket not removed");
        }
    }
}

fn is_socket(found: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    found.file_type().is_socket()
}

async fn accept(listener: UnixListener, world: Arc<World>) {
    let mut conversations = JoinSet::new();
    loop {
        if conversations.len() >= CONVERSATIONS {
            conversations.join_next().await;
        }
        while conversations.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                conversations.spawn(converse(stream, Arc::clone(&world)));
            }
            Err(error) => {
                tracing::warn!(%error, "an order was not accepted");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}

/// One order, one reply.
async fn converse(stream: UnixStream, world: Arc<World>) {
    let deadline = std::time::Duration::from_secs(10);
    if tokio::time::timeout(deadline, take_order(stream, &world)).await.is_err() {
        tracing::debug!("an order took too long");
    }
}

async fn take_order(stream: UnixStream, world: &World) {
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    if BufReader::new(reader.take(LONGEST_LINE)).read_line(&mut line).await.is_err() || line.is_empty() {
        return;
    }
    let reply = serde_json::from_str(&line)
        .map_err(|error| LabError::Refused(format!("not an order: {error}")))
        .and_then(|order| {
            tracing::info!(order = line.trim_end(), "order");
            world.obey(order)
        })
        .unwrap_or_else(|error| Reply::Refused { reason: error.to_string() });
    let Ok(mut reply) = serde_json::to_vec(&reply) else { return };
    reply.push(b'\n');
    if let Err(error) = writer.write_all(&reply).await {
        tracing::debug!(%error, "nobody waited for the reply");
    }
}
