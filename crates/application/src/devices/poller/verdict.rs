//! How a device is, out of what one poll showed.

use vigie_domain::devices::DeviceStatus;

/// Failed polls in a row that make a status.
pub const ENOUGH: u32 = 2;

/// What one poll showed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Signs {
    /// Whether SNMP answered; `None` when the device has no credential.
    pub snmp: Option<bool>,
    /// Whether ICMP answered; `None` when it may not be sent.
    pub icmp: Option<bool>,
    /// Ports that matter, should be up and are not.
    pub faulty_ports: usize,
    /// Polls in a row that failed, this one included.
    pub failures: u32,
}

impl Signs {
    /// Whether the poll failed: what the device is asked with did not answer.
    pub fn failed(self) -> bool {
        self.snmp.or(self.icmp) == Some(false)
    }

    /// Whether anything answered.
    pub fn answers(self) -> bool {
        self.snmp == Some(true) || self.icmp == Some(true)
    }
}

/// The status that follows, and why; `None` leaves it as it is, until it is confirmed or can be told.
pub fn verdict(signs: Signs) -> Option<(DeviceStatus, Option<String>)> {
    if signs.snmp.or(signs.icmp)? {
        return Some(match signs.faulty_ports {
            0 => (DeviceStatus::Up, None),
            1 => (DeviceStatus::Degraded, Some("1 port that should be up is down".to_owned())),
            n => (DeviceStatus::Degraded, Some(format!("{n} ports that should be up are down"))),
        });
    }
    if signs.failures < ENOUGH {
        return None;
    }
    Some(match (signs.snmp, signs.icmp) {
        (Some(_), Some(true)) => (DeviceStatus::Degraded, Some("SNMP does not answer, ICMP does".to_owned())),
        (Some(_), Some(false)) => (DeviceStatus::Down, Some("neither SNMP nor ICMP answers".to_owned())),
        (Some(_), None) => (DeviceStatus::Down, Some("SNMP does not answer".to_owned())),
        (None, _) => (DeviceStatus::Down, Some("ICMP does not answer".to_owned())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeviceStatus::{Degraded, Down, Up};

    #[test]
    fn a_status_follows_from_what_answers() {
        for (snmp, icmp, faulty_ports, failures, expected) in [
            (Some(true), Some(true), 0, 0, Some(Up)),
            (Some(true), Some(false), 0, 0, Some(Up)),
            (Some(true), Some(true), 1, 0, Some(Degraded)),
            (Some(false), Some(true), 0, 1, None),
            (Some(false), Some(true), 0, 2, Some(Degraded)),
            (Some(false), Some(false), 0, 1, None),
            (Some(false), Some(false), 0, 2, Some(Down)),
            (Some(false), None, 0, 2, Some(Down)),
            (None, Some(true), 0, 0, Some(Up)),
            (None, Some(false), 0, 1, None),
            (None, Some(false), 0, 3, Some(Down)),
            (None, None, 0, 9, None),
        ] {
            let signs = Signs { snmp, icmp, faulty_ports, failures };
            assert_eq!(verdict(signs).map(|(status, _)| status), expected, "{signs:?}");
        }
    }
}
