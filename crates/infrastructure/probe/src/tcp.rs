//! TCP connection attempts.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use vigie_domain::devices::TcpOutcome;
use vigie_domain::{Error, Result};

/// One attempt, closed at once. Fails only for want of something on this host.
pub(crate) async fn connect(address: SocketAddr, timeout: Duration) -> Result<TcpOutcome> {
    let began = Instant::now();
    let outcome = tokio::time::timeout(timeout, TcpStream::connect(address)).await;
    match outcome {
        Ok(Ok(_stream)) => Ok(TcpOutcome::Open(began.elapsed())),
        Ok(Err(error)) => judge(&error, began.elapsed()),
        Err(_elapsed) => Ok(TcpOutcome::Silent),
    }
}

fn judge(error: &io::Error, took: Duration) -> Result<TcpOutcome> {
    match error.kind() {
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset => Ok(TcpOutcome::Refused(took)),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::TimedOut => Ok(TcpOutcome::Silent),
        _ => Err(Error::new(vigie_domain::ErrorKind::Unsupported, "tcp_not_possible", "this server cannot open the connection")
            .cause(error.to_string())
            .solution("check the limit of open files, the local firewall and the address family on this host")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_network_says_is_an_outcome_and_what_this_host_lacks_an_error() {
        let took = Duration::from_millis(3);
        let outcome = |kind: ErrorKind| judge(&kind.into(), took);
        assert_eq!(outcome(ErrorKind::ConnectionRefused).unwrap(), TcpOutcome::Refused(took));
        assert_eq!(outcome(ErrorKind::HostUnreachable).unwrap(), TcpOutcome::Silent);
        assert!(outcome(ErrorKind::PermissionDenied).is_err());
        assert!(judge(&io::Error::from_raw_os_error(24), took).is_err_and(|error| error.cause_text().is_some()));
    }
}
