//! Events that look like those of a network, the same on every run.

use std::time::Duration;

use vigie_domain::Timestamp;
use vigie_domain::telemetry::event::{
    BYTES, DST_PORT, HOST, INTERFACE, MESSAGE, NAME, PACKETS, PROGRAM, SEVERITY, SOURCE_IP, SRC_IP, STATUS,
};
use vigie_domain::telemetry::{EventBatch, EventKind};

/// Numbers that look random (SplitMix64).
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    /// A number below a limit.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit.max(1)
    }

    /// One of these.
    pub fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len() as u64) as usize]
    }
}

const PROGRAMS: [&str; 8] = ["sshd", "kernel", "dhcpd", "named", "CRON", "postfix", "snmpd", "systemd"];

/// Adds one syslog-like event, accepted at this time.
pub fn log_line(batch: &mut EventBatch, dice: &mut Dice, at: Timestamp) {
    let host = dice.below(200);
    let (a, b, port) = (dice.below(250), dice.below(250), dice.below(48));
    let message = match dice.below(6) {
        0 => format!("%LINK-3-UPDOWN: Interface GigabitEthernet1/0/{port}, changed state to {}", dice.pick(&["up", "down"])),
        1 => format!("Failed password for invalid user admin{} from 10.{a}.{b}.7 port {} ssh2", dice.below(50), 1024 + dice.below(60_000)),
        2 => format!("DHCPACK on 10.1.{a}.{b} to 00:1b:{a:02x}:{b:02x}:{port:02x}:01 via eth{}", dice.below(4)),
        3 => format!("client @0x7f {a}.{b}.10.1#{port} (host{}.example.com): query refused", dice.below(5000)),
        4 => format!("Started session {} of user root; pid={}", dice.below(100_000), dice.below(32_768)),
        _ => format!("%SEC-6-IPACCESSLOGP: list 101 denied tcp 10.{a}.0.{b}({}) -> 192.168.{b}.{a}(443), 1 packet", dice.below(65_536)),
    };
    let program = PROGRAMS[dice.below(8) as usize];
    drop(
        batch
            .begin(EventKind::Log, at)
            .text(MESSAGE, &message)
            .text(HOST, &format!("sw-{host:03}.example.com"))
            .text(PROGRAM, program)
            .integer(SEVERITY, dice.below(8) as i64)
            .address(SOURCE_IP, std::net::Ipv4Addr::from(0x0a00_0000 | host as u32).into())
            .attr("site", ["lyon", "paris", "nice", "lille"][(host % 4) as usize]),
    );
}

/// A mixture of all kinds with few values, so that searches meet; over three days before `now`.
pub fn mixture(count: usize, seed: u64, now: Timestamp) -> EventBatch {
    let mut dice = Dice(seed);
    let mut batch = EventBatch::new();
    for _ in 0..count {
        one(&mut batch, &mut dice, now);
    }
    batch
}

/// The same mixture, all of one kind and of the last hour before `now`, a part of it in no order of time.
pub fn crowd(count: usize, seed: u64, now: Timestamp) -> EventBatch {
    let mut dice = Dice(seed);
    let mut batch = EventBatch::new();
    let step = 3_600_000 / count as u64;
    for number in 0..count as u64 {
        let age = if number % (count as u64 / 4) < 3000 { dice.below(3_600_000) } else { 3_600_000 - number * step };
        filled(&mut batch, &mut dice, EventKind::Log, now.minus(Duration::from_millis(age)));
    }
    batch
}

fn one(batch: &mut EventBatch, dice: &mut Dice, now: Timestamp) {
    let kind = EventKind::ALL[dice.below(4) as usize];
    let at = now.minus(Duration::from_mins(dice.below(3 * 24 * 6) * 10));
    filled(batch, dice, kind, at);
}

fn filled(batch: &mut EventBatch, dice: &mut Dice, kind: EventKind, at: Timestamp) {
    let words = [
        "up",
        "down",
        "Gi1/0/1",
        "Gi1/0/2",
        "10.0.0.1",
        "10.0.0.2:80",
        "%LINK-3-UPDOWN:",
        "link",
        "/var/log/x",
        "00:11:22:33:44:55",
        "state",
    ];
    let message: Vec<_> = (0..dice.below(6)).map(|_| dice.pick(&words)).collect();
    let mut event = batch.begin(kind, at).text(MESSAGE, &message.join(" "));
    for (field, values) in [
        (HOST, &["core-1", "core-2", "edge"][..]),
        (PROGRAM, &["sshd", "CRON"]),
        (NAME, &["linkUp", "linkDown"]),
        (STATUS, &["blocked", "allowed"]),
        (INTERFACE, &["Gi1/0/1", "Te1/1"]),
    ] {
        if dice.below(3) > 0 {
            event = event.text(field, dice.pick(values));
        }
    }
    for (field, limit) in [(SEVERITY, 8), (DST_PORT, 5), (BYTES, 1_000_000), (PACKETS, 300)] {
        if dice.below(4) > 0 {
            event = event.integer(field, dice.below(limit) as i64);
        }
    }
    if dice.below(2) > 0 {
        let address = dice.pick(&["10.0.0.1", "10.0.0.2", "10.1.0.9", "2001:db8::1"]);
        event = event.address(SRC_IP, address.parse().unwrap());
    }
    for key in ["site", "rack"] {
        if dice.below(3) > 0 {
            event = event.attr(key, dice.pick(&["a", "b", "c"]));
        }
    }
}
