//! Datagrams in and out: a few threads that wait on `epoll`.

mod delayed;
mod sockets;
mod worker;

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::thread::JoinHandle;

use nix::sys::eventfd::{EfdFlags, EventFd};

pub use sockets::Binding;

use crate::error::LabError;
use crate::world::World;
use sockets::Sockets;
use worker::Worker;

/// Threads that answer, until they are stopped.
pub struct Server {
    port: u16,
    stop: Arc<EventFd>,
    threads: Vec<JoinHandle<()>>,
}

impl Server {
    /// Opens the sockets and starts the threads. Port 0 takes a free one.
    pub fn start(world: &Arc<World>, port: u16, binding: Binding, threads: usize) -> Result<Self, LabError> {
        let addresses: Vec<Ipv4Addr> = world.addresses().collect();
        let sockets = Arc::new(Sockets::open(&addresses, port, binding)?);
        let stop = Arc::new(EventFd::from_flags(EfdFlags::EFD_NONBLOCK).map_err(std::io::Error::from)?);
        let threads = threads.max(1);
        let mut running = Vec::with_capacity(threads);
        for turn in 0..threads {
            let worker = Worker::new(Arc::clone(world), Arc::clone(&sockets), Arc::clone(&stop), turn, threads)?;
            running.push(std::thread::Builder::new().name(format!("lab-agent-{turn}")).spawn(move || worker.run())?);
        }
        Ok(Self { port: sockets.port, stop, threads: running })
    }

    /// The UDP port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Stops the threads and closes the sockets.
    pub fn stop(&mut self) {
        // the event stays readable, so that every thread sees it
        if self.stop.write(1).is_err() {
            tracing::warn!("the threads of the lab could not be told to stop");
            return;
        }
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the lab panicked");
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
