//! Commands: what may be broken, and mended.

use serde::{Deserialize, Serialize};

use super::{DeviceInfo, Polls, Resident, Status, World};
use crate::clock::Millis;
use crate::error::LabError;
use crate::faults::Wire;

/// A command to a running lab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum Order {
    /// Cuts a port, or takes the power from a device, or silences its agent alone.
    Fail {
        /// Name, alias or address.
        device: String,
        /// Port number, ifIndex or name; none for the device.
        port: Option<String>,
        /// The agent alone: cables stay up.
        agent_only: bool,
    },
    /// Undoes what was done to a port, or to a device and all of its ports.
    Heal {
        /// Name, alias or address; `all` for everything.
        device: String,
        /// Port; none for the device.
        port: Option<String>,
    },
    /// Uptime and counters from zero.
    Reboot {
        /// Device.
        device: String,
    },
    /// Loses and delays answers.
    Degrade {
        /// Device.
        device: String,
        /// Share of requests lost, `0.0..=1.0`.
        loss: f64,
        /// Delay of answers.
        delay_ms: u32,
    },
    /// Loads a port in both directions.
    Load {
        /// Device.
        device: String,
        /// Port.
        port: String,
        /// Share of the speed, `0.0..=1.0`.
        ratio: f64,
    },
    /// Errors received at a port.
    Errors {
        /// Device.
        device: String,
        /// Port.
        port: String,
        /// ifInErrors a second; 0 ends them.
        per_second: f64,
    },
    /// The state of the lab.
    Status,
    /// The devices and their cables.
    List,
    /// How each device was polled.
    Polls {
        /// Begins anew after the answer.
        forget: bool,
    },
}

/// The answer to a command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// Done, in words.
    Done {
        /// What was done.
        message: String,
    },
    /// The state of the lab.
    Status(Status),
    /// The devices.
    Devices {
        /// By address.
        devices: Vec<DeviceInfo>,
    },
    /// How the devices were polled.
    Polls {
        /// By address.
        devices: Vec<Polls>,
    },
    /// Not done.
    Refused {
        /// Why.
        reason: String,
    },
}

/// Longest delay of an answer: answers wait in memory.
const LONGEST_DELAY_MS: u32 = 60_000;

impl World {
    /// Carries out a command.
    pub fn obey(&self, order: Order) -> Result<Reply, LabError> {
        let now = self.clock.now();
        match order {
            Order::Fail { device, port: Some(port), .. } => self.fail_port(&device, &port, now),
            Order::Fail { device, port: None, agent_only } => self.fail_device(&device, agent_only, now),
            Order::Heal { device, port: Some(port) } => self.heal_port(&device, &port, now),
            Order::Heal { device, port: None } if device == "all" => Ok(self.heal_all(now)),
            Order::Heal { device, port: None } => self.heal_device(&device, now),
            Order::Reboot { device } => self.reboot(&device, now),
            Order::Degrade { device, loss, delay_ms } => self.degrade(&device, loss, delay_ms),
            Order::Load { device, port, ratio } => self.load(&device, &port, ratio, now),
            Order::Errors { device, port, per_second } => self.errors(&device, &port, per_second, now),
            Order::Status => Ok(Reply::Status(self.status())),
            Order::List => Ok(Reply::Devices { devices: self.devices() }),
            Order::Polls { forget } => Ok(Reply::Polls { devices: self.polls(forget) }),
        }
    }

    fn fail_port(&self, device: &str, port: &str, now: Millis) -> Result<Reply, LabError> {
        let at = self.port(device, port)?;
        self.change(|faults| faults.cut(&self.campus, at.wire, now));
        Ok(done(format!("{} is down", self.port_words(&at))))
    }

    fn fail_device(&self, device: &str, agent_only: bool, now: Millis) -> Result<Reply, LabError> {
        let slot = self.device(device)?;
        if agent_only {
            self.change(|faults| faults.mute(slot, true));
            return Ok(done(format!("the agent of {} is silent", self.name(slot))));
        }
        self.change(|faults| faults.power_off(&self.campus, slot, now));
        Ok(done(format!("{} has no power", self.name(slot))))
    }

    fn heal_port(&self, device: &str, port: &str, now: Millis) -> Result<Reply, LabError> {
        let at = self.port(device, port)?;
        self.change(|faults| {
            faults.heal_wire(&self.campus, at.wire, now);
            faults.set_errors(at.slot, at.port, 0.0, now);
        });
        Ok(done(format!("{} is well", self.port_words(&at))))
    }

    fn heal_device(&self, device: &str, now: Millis) -> Result<Reply, LabError> {
        let slot = self.device(device)?;
        self.change(|faults| faults.heal(&self.campus, slot, now));
        Ok(done(format!("{} is well", self.name(slot))))
    }

    fn heal_all(&self, now: Millis) -> Reply {
        self.change(|faults| {
            let mut slots: Vec<u32> = faults.devices().map(|(slot, _)| slot).collect();
            slots.extend(faults.wires().map(|(wire, _)| self.wire_owner(wire)));
            slots.extend(faults.error_ports().map(|(slot, ..)| slot));
            for slot in slots {
                faults.heal(&self.campus, slot, now);
            }
        });
        done("everything is well".to_owned())
    }

    fn reboot(&self, device: &str, now: Millis) -> Result<Reply, LabError> {
        let slot = self.simulated(device)?;
        self.change(|faults| faults.reboot(slot, now));
        Ok(done(format!("{} rebooted", self.name(slot))))
    }

    fn degrade(&self, device: &str, loss: f64, delay_ms: u32) -> Result<Reply, LabError> {
        let slot = self.device(device)?;
        share("loss", loss)?;
        if delay_ms > LONGEST_DELAY_MS {
            return Err(LabError::Refused(format!("delay {delay_ms} ms: at most {LONGEST_DELAY_MS}")));
        }
        self.change(|faults| faults.degrade(slot, loss, delay_ms));
        Ok(done(format!("{} loses {} % and answers {delay_ms} ms late", self.name(slot), loss * 100.0)))
    }

    fn load(&self, device: &str, port: &str, ratio: f64, now: Millis) -> Result<Reply, LabError> {
        let at = self.port(device, port)?;
        share("ratio", ratio)?;
        if matches!(at.wire, Wire::Edge(slot, port) if !self.campus.devices[slot as usize].has_client(port)) {
            return Err(LabError::Refused(format!("nothing is plugged into {}", self.port_words(&at))));
        }
        self.change(|faults| faults.load(&self.campus, at.wire, ratio, now));
        Ok(done(format!("{} is loaded to {} %", self.port_words(&at), ratio * 100.0)))
    }

    fn errors(&self, device: &str, port: &str, per_second: f64, now: Millis) -> Result<Reply, LabError> {
        let at = self.port(device, port)?;
        if !(0.0..=1e9).contains(&per_second) {
            return Err(LabError::Refused(format!("{per_second} errors a second: from 0 to a thousand million")));
        }
        self.change(|faults| faults.set_errors(at.slot, at.port, per_second, now));
        Ok(done(format!("{} has {per_second} errors a second", self.port_words(&at))))
    }

    fn device(&self, wanted: &str) -> Result<u32, LabError> {
        self.find(wanted).ok_or_else(|| LabError::UnknownDevice(wanted.to_owned()))
    }

    fn simulated(&self, wanted: &str) -> Result<u32, LabError> {
        let slot = self.device(wanted)?;
        match self.resident(slot) {
            Some(Resident::Device(..)) => Ok(slot),
            _ => Err(LabError::Refused(format!("{wanted} is a recording: it can only fail, degrade and heal"))),
        }
    }

    /// Finds a port by number, ifIndex or name.
    fn port(&self, device: &str, port: &str) -> Result<PortRef, LabError> {
        let slot = self.simulated(device)?;
        let model = self.campus.devices[slot as usize].model;
        let number: Option<u32> = port.parse().ok();
        let mut all = (1..=model.port_count()).filter_map(|n| model.port(n));
        let found = match number {
            Some(n) if n >= 1 && n <= u32::from(model.port_count()) => model.port(n as u16),
            Some(n) => all.find(|i| i.if_index() == n),
            None => all.find(|i| i.name().eq_ignore_ascii_case(port) || i.descr().eq_ignore_ascii_case(port)),
        };
        let interface = found.ok_or_else(|| LabError::UnknownPort { device: self.name(slot).to_owned(), port: port.to_owned() })?;
        let wire = self.campus.devices[slot as usize].cable(interface.port).map_or(Wire::Edge(slot, interface.port), Wire::Cable);
        Ok(PortRef { slot, port: interface.port, wire })
    }

    fn port_words(&self, at: &PortRef) -> String {
        let here = self.link_end(at.slot, at.port);
        let Wire::Cable(cable) = at.wire else { return format!("{} {}", here.device, here.name) };
        let peer = self.campus.peer(cable, at.slot, at.port);
        let there = self.link_end(peer.device, peer.port);
        format!("{} {} (to {} {})", here.device, here.name, there.device, there.name)
    }

    fn wire_owner(&self, wire: Wire) -> u32 {
        self.near_end(wire).0
    }
}

struct PortRef {
    slot: u32,
    port: u16,
    wire: Wire,
}

fn done(message: String) -> Reply {
    Reply::Done { message }
}

fn share(what: &str, value: f64) -> Result<(), LabError> {
    if (0.0..=1.0).contains(&value) { Ok(()) } else { Err(LabError::Refused(format!("{what} {value}: a share, from 0 to 1"))) }
}
