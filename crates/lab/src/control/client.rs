//! The side that gives orders.

use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use crate::error::LabError;
use crate::world::{Order, Reply};

/// How long a lab may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Gives an order and waits for the reply.
pub async fn order(path: &Path, order: &Order) -> Result<Reply, LabError> {
    let talk = async {
        let mut stream = BufReader::new(UnixStream::connect(path).await?);
        let mut line = serde_json::to_vec(order)?;
        line.push(b'\n');
        stream.write_all(&line).await?;
        let mut reply = String::new();
        stream.read_line(&mut reply).await?;
        Ok::<Reply, std::io::Error>(serde_json::from_str(&reply)?)
    };
    let answered = tokio::time::timeout(PATIENCE, talk).await.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()));
    match answered.map_err(|source| LabError::NoLab { path: path.to_owned(), source })? {
        Reply::Refused { reason } => Err(LabError::Refused(reason)),
        reply => Ok(reply),
    }
}
