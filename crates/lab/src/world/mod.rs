//! Everything the lab knows: who answers on which address, and what is broken.

mod orders;
mod polls;
mod report;
mod station;

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

use arc_swap::ArcSwap;

pub use orders::{Order, Reply};
pub use polls::Polls;
pub use report::{DeviceInfo, Fault, Link, LinkEnd, Status};

use crate::agent::{LocalUser, Salts, User, Users, UsmStats, answer};
use crate::campus::{Campus, Device, Role};
use crate::clock::LabClock;
use crate::error::LabError;
use crate::faults::Faults;
use crate::replay::Recorded;
use station::Station;

/// What became of a datagram.
#[derive(Debug)]
pub enum Verdict {
    /// Nothing is sent.
    Silence,
    /// Sent at once.
    Reply(Vec<u8>),
    /// Sent after some milliseconds.
    Later(Vec<u8>, u32),
}

/// Datagrams since the start.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Received for an address of the lab.
    pub received: AtomicU64,
    /// Answered.
    pub answered: AtomicU64,
    /// Lost on command.
    pub lost: AtomicU64,
    /// Answers that the system did not take, or for which there was no room to wait.
    pub dropped: AtomicU64,
}

/// What an address keeps besides what is computed.
#[derive(Default)]
struct Local {
    users: OnceLock<Vec<LocalUser>>,
    stats: UsmStats,
    heard: polls::Heard,
}

/// The lab without its sockets.
pub struct World {
    campus: Campus,
    recordings: Vec<Recorded>,
    first: u32,
    clock: LabClock,
    faults: ArcSwap<Faults>,
    /// Commands change the faults one after the other.
    changing: Mutex<()>,
    locals: Vec<Local>,
    users: Users,
    community: Vec<u8>,
    salts: Salts,
    seed: u64,
    started: Instant,
    /// Datagrams since the start.
    pub traffic: Traffic,
}

/// What a world is made of.
pub struct Ingredients {
    pub devices: usize,
    pub recordings: Vec<Recorded>,
    pub first: Ipv4Addr,
    pub clock: LabClock,
    pub seed: u64,
    pub community: String,
    pub users: Vec<User>,
}

/// Who answers on an address.
#[derive(Clone, Copy)]
enum Resident<'a> {
    Device(u32, &'a Device),
    Recorded(&'a Recorded),
}

impl World {
    /// Makes a world.
    pub fn new(from: Ingredients) -> Result<Self, LabError> {
        let campus = Campus::build(from.devices, from.first, from.seed);
        let total = from.devices + from.recordings.len();
        Ok(Self {
            campus,
            recordings: from.recordings,
            first: u32::from(from.first),
            clock: from.clock,
            faults: ArcSwap::default(),
            changing: Mutex::new(()),
            locals: std::iter::repeat_with(Local::default).take(total).collect(),
            users: Users::new(&from.users)?,
            community: from.community.into_bytes(),
            salts: Salts::new()?,
            seed: from.seed,
            started: Instant::now(),
            traffic: Traffic::default(),
        })
    }

    /// How many addresses answer.
    pub fn len(&self) -> usize {
        self.locals.len()
    }

    /// The addresses that answer, in order.
    pub fn addresses(&self) -> impl Iterator<Item = Ipv4Addr> {
        (0..self.len() as u32).map(|slot| Ipv4Addr::from(self.first + slot))
    }

    /// The clock.
    pub const fn clock(&self) -> &LabClock {
        &self.clock
    }

    /// Answers a datagram sent to an address.
    pub fn receive(&self, address: Ipv4Addr, datagram: &[u8]) -> Verdict {
        let Some(slot) = self.slot(address) else { return Verdict::Silence };
        self.traffic.received.fetch_add(1, Ordering::Relaxed);
        self.locals[slot as usize].heard.note(self.running_ms());
        let faults = self.faults.load();
        let fault = faults.device(slot);
        if fault.off || fault.mute {
            return Verdict::Silence;
        }
        if fault.loss > 0.0 && rand::random::<f64>() < fault.loss {
            self.traffic.lost.fetch_add(1, Ordering::Relaxed);
            return Verdict::Silence;
        }
        let Some(station) = Station::new(self, &faults, slot) else { return Verdict::Silence };
        let Some(reply) = answer(&station, datagram) else { return Verdict::Silence };
        self.traffic.answered.fetch_add(1, Ordering::Relaxed);
        match fault.delay_ms {
            0 => Verdict::Reply(reply),
            delay => Verdict::Later(reply, delay),
        }
    }

    /// Milliseconds since the start, in real time.
    fn running_ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    fn slot(&self, address: Ipv4Addr) -> Option<u32> {
        let slot = u32::from(address).checked_sub(self.first)?;
        ((slot as usize) < self.len()).then_some(slot)
    }

    fn address(&self, slot: u32) -> Ipv4Addr {
        Ipv4Addr::from(self.first + slot)
    }

    fn resident(&self, slot: u32) -> Option<Resident<'_>> {
        let slot_index = slot as usize;
        match self.campus.devices.get(slot_index) {
            Some(device) => Some(Resident::Device(slot, device)),
            None => self.recordings.get(slot_index - self.campus.devices.len()).map(Resident::Recorded),
        }
    }

    fn name(&self, slot: u32) -> &str {
        match self.resident(slot) {
            Some(Resident::Device(_, device)) => &device.name,
            Some(Resident::Recorded(recorded)) => &recorded.name,
            None => "",
        }
    }

    /// Finds a device by name, alias (`sw-3`: the third switch) or address.
    pub fn find(&self, wanted: &str) -> Option<u32> {
        let by_name = || (0..self.len() as u32).find(|&slot| self.name(slot) == wanted);
        let by_address = || self.slot(wanted.parse().ok()?);
        by_address().or_else(by_name).or_else(|| self.by_alias(wanted))
    }

    fn by_alias(&self, alias: &str) -> Option<u32> {
        let (word, number) = alias.rsplit_once('-')?;
        let nth = number.parse::<usize>().ok()?.checked_sub(1)?;
        (0..self.len() as u32).filter(|&slot| self.role(slot).alias() == word).nth(nth)
    }

    fn role(&self, slot: u32) -> Role {
        self.campus.devices.get(slot as usize).map_or(Role::Recording, |d| d.role)
    }

    /// Changes what is broken; every request sees all of a change or nothing of it.
    fn change(&self, alter: impl FnOnce(&mut Faults)) {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut faults = Faults::clone(&self.faults.load());
        alter(&mut faults);
        self.faults.store(faults.into());
    }
}
