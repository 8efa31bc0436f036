//! The client for targets that the operator names: services of the configuration, and the server for the command line.

use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;

use super::{HttpFault, USER_AGENT, innermost};
use crate::tls::{ClientTrust, client_config};

/// How an operator's client behaves.
#[derive(Debug, Clone)]
pub struct OperatorOptions {
    /// From the request to the end of the answer.
    pub timeout: Option<Duration>,
    /// To a connection with TLS.
    pub connect_timeout: Duration,
    /// Longest silence within an answer, counted from the request on: what bounds a stream. Without one the caller bounds it, as where a request
    /// may take long to send.
    pub read_timeout: Option<Duration>,
    /// Whom it trusts.
    pub trust: ClientTrust,
}

impl Default for OperatorOptions {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { timeout: Some(seconds(30)), connect_timeout: seconds(5), read_timeout: Some(seconds(60)), trust: ClientTrust::System }
    }
}

/// A client for the operator's targets. It follows no redirect (credentials go where they were meant to) and uses no proxy of the environment.
pub fn operator_client(options: &OperatorOptions) -> Result<Client, HttpFault> {
    let mut builder = Client::builder()
        .user_agent(USER_AGENT)
        .tls_backend_preconfigured(client_config(&options.trust)?)
        .connect_timeout(options.connect_timeout)
        .redirect(Policy::none())
        .no_proxy();
    if let Some(silence) = options.read_timeout {
        builder = builder.read_timeout(silence);
    }
    if let Some(timeout) = options.timeout {
        builder = builder.timeout(timeout);
    }
    builder.build().map_err(|error| HttpFault::Broken(innermost(&error)))
}
