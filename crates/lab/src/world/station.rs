//! One address answering one request.

use smallvec::SmallVec;

use super::{Resident, World};
use crate::agent::{Agent, EngineState, LocalUser, MAX_MESSAGE_DATAGRAM, MAX_MESSAGE_FRAME};
use crate::campus::model::Family;
use crate::clock::Millis;
use crate::faults::Faults;
use crate::mib::Mib;
use crate::replay::Recorded;
use crate::view::{Engine, View, engine_boots, natural_boot};

type EngineId = SmallVec<[u8; 32]>;

/// One address at one instant.
pub(super) struct Station<'a> {
    world: &'a World,
    slot: u32,
    engine_id: EngineId,
    boots: u32,
    time: u32,
    max_message: usize,
    content: Content<'a>,
}

enum Content<'a> {
    Device(View<'a>),
    Recorded(&'a Recorded),
}

impl<'a> Station<'a> {
    pub(super) fn new(world: &'a World, faults: &'a Faults, slot: u32) -> Option<Self> {
        let now = world.clock.now();
        Some(match world.resident(slot)? {
            Resident::Device(id, device) => {
                let booted = faults.device(id).booted.unwrap_or_else(|| natural_boot(device));
                let max_message = if device.model.family == Family::Linux { MAX_MESSAGE_DATAGRAM } else { MAX_MESSAGE_FRAME };
                let engine = Engine { max_size: max_message as u32, usm_stats: world.locals[slot as usize].stats.usm() };
                let unix_ms = world.clock.epoch_unix_ms() + now;
                let view = View { campus: &world.campus, faults, rhythm: world.clock.rhythm(), now, unix_ms, id, device, engine };
                Self {
                    world,
                    slot,
                    engine_id: SmallVec::from_slice(&view.engine_id()),
                    boots: engine_boots(device, faults, id),
                    time: seconds_since(booted, now),
                    max_message,
                    content: Content::Device(view),
                }
            }
            Resident::Recorded(recorded) => Self {
                world,
                slot,
                engine_id: recorded_engine_id(slot),
                boots: 1,
                time: seconds_since(0, now),
                max_message: MAX_MESSAGE_DATAGRAM,
                content: Content::Recorded(recorded),
            },
        })
    }
}

fn seconds_since(start: Millis, now: Millis) -> u32 {
    (now.saturating_sub(start).max(0) / 1000) as u32
}

/// snmpEngineID of a recording: net-snmp's enterprise, format text(4).
fn recorded_engine_id(slot: u32) -> EngineId {
    let mut id: EngineId = SmallVec::from_slice(&[0x80, 0x00, 0x1F, 0x88, 0x04]);
    id.extend_from_slice(format!("recording-{slot}").as_bytes());
    id
}

impl Agent for Station<'_> {
    fn community(&self, community: &[u8]) -> Option<&dyn Mib> {
        let rest = community.strip_prefix(&self.world.community[..])?;
        match rest {
            [] => self.context(b""),
            [b'@', context @ ..] => self.context(context),
            _ => None,
        }
    }

    fn context(&self, context: &[u8]) -> Option<&dyn Mib> {
        match &self.content {
            Content::Device(view) => context.is_empty().then_some(view as &dyn Mib),
            Content::Recorded(recorded) => recorded.context(context).map(|r| r as &dyn Mib),
        }
    }

    fn engine(&self) -> EngineState<'_> {
        let stats = &self.world.locals[self.slot as usize].stats;
        EngineState { id: &self.engine_id, boots: self.boots, time: self.time, stats, salts: &self.world.salts }
    }

    fn local_user(&self, name: &[u8]) -> Option<&LocalUser> {
        let users = self.world.locals[self.slot as usize].users.get_or_init(|| self.world.users.localize(&self.engine_id));
        users.iter().find(|user| user.name == name)
    }

    fn max_message(&self) -> usize {
        self.max_message
    }
}
