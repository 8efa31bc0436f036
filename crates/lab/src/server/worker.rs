//! One thread: receive a batch, answer it, send the answers from the addresses that were asked.

use std::io::{IoSlice, IoSliceMut};
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::EventFd;
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, MultiHeaders, SockaddrIn, recvmmsg, sendmmsg, sendmsg};

use super::delayed::{Delayed, Outgoing};
use super::sockets::Sockets;
use crate::error::LabError;
use crate::world::{Verdict, World};

/// Datagrams received at once.
const BATCH: usize = 32;
/// The largest datagram.
const LARGEST: usize = 65_536;
const STOP: u64 = u64::MAX;

/// One thread.
pub struct Worker {
    world: Arc<World>,
    sockets: Arc<Sockets>,
    epoll: Epoll,
    _stop: Arc<EventFd>,
    delayed: Delayed,
}

/// A request in the buffers.
struct Incoming {
    from: SockaddrIn,
    to: Ipv4Addr,
    length: usize,
}

impl Worker {
    /// Worker number `turn` of `threads`: they share the sockets out, or wait together on the only one.
    pub fn new(world: Arc<World>, sockets: Arc<Sockets>, stop: Arc<EventFd>, turn: usize, threads: usize) -> Result<Self, LabError> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map_err(std::io::Error::from)?;
        let is_shared = sockets.all.len() == 1;
        for (place, socket) in sockets.all.iter().enumerate().filter(|(place, _)| is_shared || place % threads == turn) {
            let event = EpollEvent::new(EpollFlags::EPOLLIN, place as u64);
            epoll.add(&socket.udp, event).map_err(std::io::Error::from)?;
        }
        epoll.add(&*stop, EpollEvent::new(EpollFlags::EPOLLIN, STOP)).map_err(std::io::Error::from)?;
        Ok(Self { world, sockets, epoll, _stop: stop, delayed: Delayed::default() })
    }

    /// Answers until the stop event.
    pub fn run(mut self) {
        let mut events = [EpollEvent::empty(); 64];
        let mut buffers = vec![vec![0_u8; LARGEST]; BATCH];
        let mut headers = MultiHeaders::preallocate(BATCH, Some(nix::cmsg_space!(libc::in_pktinfo)));
        loop {
            let ready = match self.epoll.wait(&mut events, self.timeout()) {
                Ok(ready) => ready,
                Err(Errno::EINTR) => 0,
                Err(error) => {
                    tracing::error!(%error, "the lab cannot wait for requests");
                    return;
                }
            };
            for event in &events[..ready] {
                if event.data() == STOP {
                    return;
                }
                self.serve(event.data() as usize, &mut headers, &mut buffers);
            }
            self.send_due();
        }
    }

    fn timeout(&self) -> EpollTimeout {
        let Some(wait) = self.delayed.wait(Instant::now()) else { return EpollTimeout::NONE };
        // rounded up: waking early would spin
        EpollTimeout::try_from(wait + Duration::from_millis(1)).unwrap_or(EpollTimeout::ZERO)
    }

    fn serve(&mut self, place: usize, headers: &mut MultiHeaders<SockaddrIn>, buffers: &mut [Vec<u8>]) {
        let Some(socket) = self.sockets.all.get(place) else { return };
        let batch = receive(socket.udp.as_raw_fd(), socket.address, headers, buffers);
        let mut answers = Vec::with_capacity(batch.len());
        for (incoming, buffer) in batch.iter().zip(buffers.iter()) {
            let Some(incoming) = incoming else { continue };
            let answer = |message| Outgoing { socket: place, from: incoming.to, to: incoming.from, message };
            match self.world.receive(incoming.to, &buffer[..incoming.length.min(LARGEST)]) {
                Verdict::Silence => {}
                Verdict::Reply(message) => answers.push(answer(message)),
                Verdict::Later(message, delay_ms) => {
                    let due = Instant::now() + Duration::from_millis(u64::from(delay_ms));
                    if !self.delayed.push(answer(message), due) {
                        self.world.traffic.dropped.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
        }
        self.send(place, &answers);
    }

    fn send_due(&mut self) {
        let now = Instant::now();
        while let Some(answer) = self.delayed.pop(now) {
            self.send(answer.socket, &[answer]);
        }
    }

    fn send(&self, place: usize, answers: &[Outgoing]) {
        let (Some(socket), false) = (self.sockets.all.get(place), answers.is_empty()) else { return };
        let fd = socket.udp.as_raw_fd();
        let sent = match socket.address {
            Some(_) => send_batch(fd, answers),
            None => answers.iter().filter(|answer| send_from(fd, answer)).count(),
        };
        let dropped = answers.len() - sent;
        if dropped > 0 {
            self.world.traffic.dropped.fetch_add(dropped as u64, Ordering::Relaxed);
        }
    }
}

/// Receives what is there: who asked, which address, and how many octets stand in the buffer of the same place.
fn receive(fd: i32, address: Option<Ipv4Addr>, headers: &mut MultiHeaders<SockaddrIn>, buffers: &mut [Vec<u8>]) -> Vec<Option<Incoming>> {
    let mut slices: Vec<[IoSliceMut; 1]> = buffers.iter_mut().map(|buffer| [IoSliceMut::new(buffer)]).collect();
    let Ok(messages) = recvmmsg(fd, headers, slices.iter_mut(), MsgFlags::MSG_DONTWAIT, None) else { return Vec::new() };
    messages
        .map(|message| {
            let to = address.or_else(|| destination(message.cmsgs().ok()?))?;
            Some(Incoming { from: message.address?, to, length: message.bytes })
        })
        .collect()
}

/// The address that a datagram was sent to.
fn destination(mut control: impl Iterator<Item = ControlMessageOwned>) -> Option<Ipv4Addr> {
    control.find_map(|message| match message {
        ControlMessageOwned::Ipv4PacketInfo(info) => Some(Ipv4Addr::from(u32::from_be(info.ipi_addr.s_addr))),
        _ => None,
    })
}

/// Sends from a socket that has the address; gives how many were taken.
fn send_batch(fd: i32, answers: &[Outgoing]) -> usize {
    if let [answer] = answers {
        let sent = sendmsg(fd, &[IoSlice::new(&answer.message)], &[], MsgFlags::MSG_DONTWAIT, Some(&answer.to));
        return usize::from(sent.is_ok());
    }
    let mut headers = MultiHeaders::preallocate(answers.len(), None);
    let slices: Vec<[IoSlice; 1]> = answers.iter().map(|answer| [IoSlice::new(&answer.message)]).collect();
    let addresses: Vec<Option<SockaddrIn>> = answers.iter().map(|answer| Some(answer.to)).collect();
    sendmmsg(fd, &mut headers, &slices, &addresses, [], MsgFlags::MSG_DONTWAIT).map_or(0, Iterator::count)
}

/// Sends from the socket of all addresses, naming the one that was asked.
fn send_from(fd: i32, answer: &Outgoing) -> bool {
    let source = libc::in_addr { s_addr: u32::from(answer.from).to_be() };
    let info = libc::in_pktinfo { ipi_ifindex: 0, ipi_spec_dst: source, ipi_addr: libc::in_addr { s_addr: 0 } };
    let control = [ControlMessage::Ipv4PacketInfo(&info)];
    sendmsg(fd, &[IoSlice::new(&answer.message)], &control, MsgFlags::MSG_DONTWAIT, Some(&answer.to)).is_ok()
}
