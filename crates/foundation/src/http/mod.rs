//! Outgoing HTTP, of two kinds: *operator*, whose targets come from a file or the environment, and *guarded*, whose targets come from users of
//! the API and must not reach what the server alone can reach.

mod address;
mod body;
mod guarded;
mod operator;

pub use address::{AddressPolicy, AddressRefusal};
pub use body::read_limited;
pub use guarded::{GuardedClient, GuardedLimits, GuardedResponse};
pub use operator::{OperatorOptions, operator_client};
pub use reqwest::{Body, Client, Method, Request, RequestBuilder, Response, StatusCode, Url, header};

use std::error::Error as StdError;
use std::time::Duration;

use crate::tls::{CertificateProblem, TlsFault, certificate_problem};

/// How Vigie names itself.
const USER_AGENT: &str = concat!("vigie/", env!("CARGO_PKG_VERSION"));

/// Why a request had no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpFault {
    /// The target is not allowed.
    #[error("the target {target} is refused: {refusal}")]
    Refused {
        /// Host or address.
        target: String,
        /// Why.
        refusal: AddressRefusal,
    },
    /// The URL is not one that may be asked.
    #[error("the address {0}")]
    Url(&'static str),
    /// No answer in time.
    #[error("no answer within {} s", .0.as_secs_f32())]
    Timeout(Duration),
    /// The name could not be resolved, the connection was refused, or TLS failed.
    #[error("no connection: {0}")]
    Connection(String),
    /// The answer is larger than allowed.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The server's certificate was refused.
    #[error("the server was refused: {0}")]
    Certificate(CertificateProblem),
    /// The exchange broke.
    #[error("the exchange broke: {0}")]
    Broken(String),
    /// The client could not be made.
    #[error(transparent)]
    Tls(#[from] TlsFault),
}

impl HttpFault {
    /// Sorts what reqwest says. `deadline` is the one that was set.
    pub fn from_reqwest(error: &reqwest::Error, deadline: Duration) -> Self {
        if let Some(refused) = find::<address::RefusedTarget>(error) {
            return Self::Refused { target: refused.target.clone(), refusal: refused.refusal };
        }
        if let Some(problem) = certificate_problem(error) {
            return Self::Certificate(problem);
        }
        if error.is_timeout() {
            return Self::Timeout(deadline);
        }
        if error.is_connect() { Self::Connection(innermost(error)) } else { Self::Broken(innermost(error)) }
    }
}

/// The cause that says most: reqwest's own texts name the URL, which may hold a secret.
fn innermost(error: &(dyn StdError + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(found) = cause.downcast_ref::<T>() {
            return Some(found);
        }
        next = cause.source();
    }
    None
}
