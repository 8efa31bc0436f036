//! The ports that are listened on.

use std::net::{SocketAddr, TcpListener};

use vigie_listener::ListenFault;

use crate::StartError;

/// Takes a port; says who may hold it when it is taken.
pub fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    let listener = TcpListener::bind(address).map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => StartError::new(
            StartError::IN_USE,
            format!("port {} on {} is taken by another program: stop it, or choose another with --listen", address.port(), address.ip()),
        ),
        std::io::ErrorKind::PermissionDenied => StartError::new(
            StartError::CANNOT_CREATE,
            format!("port {} may not be opened by this user: choose one above 1023 with --listen", address.port()),
        ),
        _ => StartError::new(StartError::CANNOT_CREATE, format!("cannot listen on {address}: {error}")),
    })?;
    listener.set_nonblocking(true).map_err(|e| StartError::new(StartError::SOFTWARE, format!("cannot listen on {address}: {e}")))?;
    Ok(listener)
}

impl From<ListenFault> for StartError {
    fn from(fault: ListenFault) -> Self {
        let code = if matches!(fault, ListenFault::Certificate(_)) { Self::CONFIGURATION } else { Self::SOFTWARE };
        Self::new(code, fault.to_string())
    }
}
