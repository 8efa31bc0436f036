//! An answer of the server, read.

use serde_json::Value as Json;
use vigie_foundation::http::{Response, StatusCode, header, read_limited};

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// Largest answer that is read at once; larger sets come as streams.
const LARGEST: usize = 256 << 20;

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// The version of the object, to be named with a change of it.
    pub etag: Option<String>,
    /// Where a created object stands.
    pub location: Option<String>,
    /// Its body; `null` when it has none.
    pub body: Json,
}

/// Reads an answer; a problem becomes a failure.
pub async fn read(response: Response) -> Result<Reply, Failure> {
    let status = response.status();
    let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (etag, location) = (text(header::ETAG), text(header::LOCATION));
    if !status.is_success() {
        return Err(failure(response).await);
    }
    let bytes =
        read_limited(response, LARGEST).await.map_err(|error| Failure::new(Exit::Unreachable, format!("the answer broke off: {error}")))?;
    if bytes.is_empty() {
        return Ok(Reply { status: status.as_u16(), etag, location, body: Json::Null });
    }
    let body = serde_json::from_slice(&bytes).map_err(|_| not_vigie(status))?;
    Ok(Reply { status: status.as_u16(), etag, location, body })
}

/// What an answer that is none of success says.
pub async fn failure(response: Response) -> Failure {
    let status = response.status();
    let Ok(bytes) = read_limited(response, LARGEST).await else { return not_vigie(status) };
    match serde_json::from_slice(&bytes) {
        Ok(problem) => Failure::from_problem(problem),
        Err(_) => not_vigie(status),
    }
}

/// Something else answered: a proxy, or another program on that port.
fn not_vigie(status: StatusCode) -> Failure {
    if matches!(status.as_u16(), 502..=504) {
        return Failure::new(Exit::Unreachable, format!("a proxy answered {status} in place of the server"))
            .solution("look whether the server runs behind it");
    }
    Failure::new(Exit::Failed, format!("what answered ({status}) is not Vigie's API"))
        .solution("look at the address given by --server or VIGIE_SERVER")
}
