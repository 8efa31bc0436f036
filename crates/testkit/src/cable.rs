//! A cable to a server, that a test can cut.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// What comes in goes out.
    Whole,
    /// Connections are cut, and new ones refused.
    Cut,
    /// Nothing passes, and nobody is told.
    Silent,
}

/// A port of loopback behind which a server stands, as long as the cable is whole.
#[derive(Debug)]
pub struct Cable {
    address: SocketAddr,
    state: watch::Sender<State>,
}

impl Cable {
    /// A whole cable to the server at this address. It ends with the value.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((server.ip(), 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (state, seen) = watch::channel(State::Whole);
        tokio::spawn(lay(listener, address, server, seen));
        Self { address, state }
    }

    /// Where the server is reached through it.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends every connection, and refuses new ones.
    pub fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    /// Lets nothing pass, in connections that stay and in new ones.
    pub fn silence(&self) {
        self.state.send_replace(State::Silent);
    }

    /// Makes it whole. What was silent ends: a part of what was said is lost.
    pub fn mend(&self) {
        self.state.send_replace(State::Whole);
    }
}

async fn lay(listener: TcpListener, address: SocketAddr, server: SocketAddr, mut state: watch::Receiver<State>) {
    let mut listener = Some(listener);
    loop {
        let is_cut = *state.borrow_and_update() == State::Cut;
        match (&listener, is_cut) {
            (Some(_), true) => listener = None,
            (None, false) => listener = Some(TcpListener::bind(address).await.unwrap()),
            _ => {}
        }
        let accept = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            accepted = accept => drop(tokio::spawn(carry(accepted.unwrap().0, server, state.clone()))),
            changed = state.changed() => if changed.is_err() { return },
        }
    }
}

async fn carry(mut near: TcpStream, server: SocketAddr, mut state: watch::Receiver<State>) {
    let passing = async {
        let mut far = TcpStream::connect(server).await?;
        copy_bidirectional(&mut near, &mut far).await
    };
    let is_whole = *state.borrow_and_update() == State::Whole;
    if is_whole {
        tokio::select! {
            _ = passing => return,
            changed = state.changed() => if changed.is_err() { return },
        }
    }
    // the other end hears nothing, until somebody comes to the cable again
    if *state.borrow_and_update() == State::Silent {
        let _ = state.changed().await;
    }
}
