//! What a poll leaves for others: the device's last values, samples, live rates, readings for the rules.

use std::time::Duration;

use vigie_domain::alerts::RuleSubject;
use vigie_domain::devices::{DeviceState, DeviceStatus, OperStatus, PingReport};
use vigie_domain::telemetry::{DEVICE, INTERFACE, SampleBatch};
use vigie_domain::{Id, Timestamp};

use super::digest::{Digest, sample};
use super::port::Port;
use super::round::{Heard, Round};
use super::verdict::{ENOUGH, Signs};
use super::vitals::Vitals;
use super::watched::{Memory, Watched};
use crate::alerts::Observed;

impl Round {
    pub(super) fn note_state(
        &self,
        memory: &mut Memory,
        heard: &Heard,
        signs: Signs,
        vitals: Option<Vitals>,
        took: Duration,
        next: Timestamp,
    ) {
        let ports = &memory.ports;
        let count = |test: fn(&Port) -> bool| ports.iter().filter(|port| test(port)).count() as u32;
        let (total, up, down) = (ports.len() as u32, count(|p| p.oper == OperStatus::Up), count(Port::is_faulty));
        let state = &mut memory.state;
        (state.interfaces_total, state.interfaces_up, state.interfaces_down) = (total, up, down);
        state.last_polled_at = Some(heard.at);
        state.last_poll_duration_ms = Some(took.as_secs_f64() * 1e3);
        state.next_poll_at = Some(next);
        state.latency_ms = heard.icmp.as_ref().and_then(PingReport::mean_ms);
        state.loss_ratio = heard.icmp.as_ref().map(PingReport::loss_ratio);
        if signs.answers() {
            state.last_answer_at = Some(heard.at);
        }
        match vitals {
            Some(vitals) => {
                state.cpu_ratio = vitals.cpu_ratio;
                (state.memory_used_bytes, state.memory_total_bytes) = vitals.memory.unzip();
                state.storage = vitals.storage;
            }
            None if signs.failures >= ENOUGH => {
                (state.cpu_ratio, state.memory_used_bytes, state.memory_total_bytes) = (None, None, None);
                state.storage.clear();
            }
            None => {}
        }
        self.states.note(state.clone());
    }

    /// Samples, live rates and rules.
    pub(super) async fn publish(&self, device: &Watched, memory: &Memory, digest: &Digest, heard: &Heard, signs: Signs, took: Duration) {
        let mut rows = SampleBatch::with_capacity(&INTERFACE, digest.rates.len());
        let mut readings = Vec::with_capacity(digest.rates.len());
        let (mut lit, mut dark) = (Vec::with_capacity(digest.rates.len()), Vec::new());
        let mut rates = digest.rates.iter();
        for port in &memory.ports {
            // rates stand in the order of the ports, those that did not answer left out
            let Some((id, found)) = rates.as_slice().first().filter(|(id, _)| *id == port.id) else { continue };
            rates.next();
            let values = sample(found, port.oper);
            rows.push(*id, heard.at, &values);
            // nothing flows where there is no light, and such ports are many: their rates need no memory
            if port.oper == OperStatus::Up {
                lit.push((*id, *found));
            } else {
                dark.push(*id);
            }
            // a port that was shut on purpose is no fault
            readings.push((port, values, [if port.is_faulty() { port.oper.word() } else { up_word(port) }]));
        }
        self.env.live.update(lit);
        self.env.live.forget(&dark);
        self.env.live.note_latency(device.id, memory.state.latency_ms);
        let values = device_sample(&memory.state, heard, signs, took);
        let mut row = SampleBatch::new(&DEVICE);
        row.push(device.id, heard.at, &values);
        self.pipeline.put(row).await;
        self.pipeline.put(rows).await;
        self.observe_device(device, heard.at, &values, signs).await;
        let thresholds = |id: Id| memory.thresholds.iter().find(|(port, _)| *port == id).map(|(_, t)| t);
        let due = self.rules.observe(readings.iter().map(|(port, values, words)| Observed {
            kind: RuleSubject::Interface,
            id: port.id,
            device_id: Some(device.id),
            site_id: device.site_id,
            tags: &device.tags,
            at: heard.at,
            monitored: port.monitored,
            state: Some((words, port.since)),
            state_matters: port.matters,
            values,
            thresholds: thresholds(port.id),
        }));
        self.rules.carry_out(due).await;
    }

    pub(super) async fn observe_device(&self, device: &Watched, at: Timestamp, values: &[f64], signs: Signs) {
        let why = match device.status {
            DeviceStatus::Degraded if signs.snmp == Some(false) => "snmp_silent",
            DeviceStatus::Degraded => "ports_down",
            status => status.word(),
        };
        // one failed poll decides nothing: a state is told again once it is confirmed
        let confirmed = !signs.failed() || signs.failures >= ENOUGH;
        let words = [device.status.word(), why];
        let due = self.rules.observe([Observed {
            kind: RuleSubject::Device,
            id: device.id,
            device_id: Some(device.id),
            site_id: device.site_id,
            tags: &device.tags,
            at,
            monitored: true,
            state: confirmed.then_some((&words[..], device.since)),
            state_matters: true,
            values,
            thresholds: None,
        }]);
        self.rules.carry_out(due).await;
    }
}

/// What an interface that is not faulty is to rules.
fn up_word(port: &Port) -> &'static str {
    match port.oper {
        OperStatus::Down | OperStatus::LowerLayerDown => OperStatus::Unknown.word(),
        oper => oper.word(),
    }
}

/// The last values as a row of samples, in the order of their set.
fn device_sample(state: &DeviceState, heard: &Heard, signs: Signs, took: Duration) -> [f64; 10] {
    let ratio = |used: u64, total: u64| (total > 0).then(|| used as f64 / total as f64);
    let answered = signs.snmp == Some(true);
    let fresh = |value: Option<f64>| value.filter(|_| answered);
    let memory = state.memory_used_bytes.zip(state.memory_total_bytes);
    let fullest = state.storage.iter().filter_map(|area| ratio(area.used_bytes, area.total_bytes)).reduce(f64::max);
    [
        Some(if signs.answers() { 1.0 } else { 0.0 }),
        heard.icmp.as_ref().and_then(PingReport::mean_ms),
        heard.icmp.as_ref().map(PingReport::loss_ratio),
        fresh(state.cpu_ratio),
        fresh(memory.map(|(used, _)| used as f64)),
        fresh(memory.map(|(_, total)| total as f64)),
        fresh(memory.and_then(|(used, total)| ratio(used, total))),
        fresh(fullest),
        fresh(state.uptime_seconds),
        Some(took.as_secs_f64() * 1e3),
    ]
    .map(|value| value.unwrap_or(f64::NAN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_in_the_order_of_its_set() {
        let state = DeviceState {
            cpu_ratio: Some(0.5),
            memory_used_bytes: Some(1),
            memory_total_bytes: Some(4),
            uptime_seconds: Some(9.0),
            ..DeviceState::default()
        };
        let heard = Heard { icmp: None, snmp: None, at: Timestamp(0) };
        let row = device_sample(&state, &heard, Signs { snmp: Some(true), ..Signs::default() }, Duration::from_millis(7));
        for (name, value) in
            [("up", 1.0), ("cpu_ratio", 0.5), ("memory_used_ratio", 0.25), ("uptime_seconds", 9.0), ("poll_duration_ms", 7.0)]
        {
            assert!((row[DEVICE.index(name).unwrap()] - value).abs() < 1e-9, "{name}");
        }
        assert_eq!(row.len(), DEVICE.metrics.len());
    }
}
