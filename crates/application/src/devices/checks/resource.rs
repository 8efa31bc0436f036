//! Checks as users manage them.

use std::net::IpAddr;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vigie_domain::devices::{Check, CheckKind, CheckState, Device};
use vigie_domain::system::event_types;
use vigie_domain::{Id, Permission, Result};

use crate::devices::manage::{READ, WRITE};
use crate::resources::{Draft, Resource, touched};

/// Writable fields of a check.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CheckInput, example = json!({"name": "web server", "kind": "tcp", "address": "192.0.2.80", "port": 443}))]
pub struct CheckInput {
    /// Name; made of kind and address when absent.
    #[serde(default)]
    #[schema(format = "name", max_length = 100)]
    pub name: Option<String>,
    /// `ping` or `tcp`.
    #[schema(value_type = String, example = "tcp", pattern = "^(ping|tcp)$")]
    pub kind: CheckKind,
    /// The device it belongs to.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub device_id: Option<Id>,
    /// IP address it goes to; the device's when absent.
    #[serde(default)]
    #[schema(example = "192.0.2.80", format = "ip")]
    pub address: Option<String>,
    /// TCP port.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 65535)]
    pub port: Option<u16>,
    /// Seconds between two runs.
    #[serde(default = "minute")]
    #[schema(minimum = 5, maximum = 86_400, default = 60)]
    pub interval_seconds: u32,
    /// Longest wait for an answer.
    #[serde(default = "two_seconds")]
    #[schema(minimum = 100, maximum = 30_000, default = 2_000)]
    pub timeout_ms: u32,
    /// Whether it runs; true when absent.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub enabled: bool,
}

fn minute() -> u32 {
    60
}

fn two_seconds() -> u32 {
    2_000
}

fn yes() -> bool {
    true
}

#[async_trait]
impl Resource for Check {
    const PATH: &'static str = "checks";
    const READ: Permission = READ;
    const WRITE: Permission = WRITE;
    const EVENTS: Option<[&'static str; 3]> = Some([event_types::CHECK_CHANGED; 3]);

    type Input = CheckInput;

    fn label(&self) -> String {
        self.name.clone()
    }

    fn device_id(&self) -> Option<Id> {
        self.device_id
    }

    fn input(&self) -> CheckInput {
        CheckInput {
            name: Some(self.name.clone()),
            kind: self.kind,
            device_id: self.device_id,
            address: Some(self.address.to_string()),
            port: self.port,
            interval_seconds: self.interval_seconds,
            timeout_ms: self.timeout_ms,
            enabled: self.enabled,
        }
    }

    async fn build(current: Option<&Self>, input: CheckInput, draft: &mut Draft<'_, '_>) -> Result<Self> {
        let device: Option<Device> = match input.device_id {
            Some(id) => draft.reference("device_id", id).await?,
            None => None,
        };
        let address = address(draft, input.address.as_deref(), device.as_ref());
        match (input.kind, input.port) {
            (CheckKind::Tcp, None | Some(0)) => draft.fault("port", "required", "a tcp check needs a port from 1 to 65535"),
            (CheckKind::Ping, Some(_)) => draft.fault("port", "invalid_value", "a ping has no port"),
            _ => {}
        }
        draft.range("interval_seconds", input.interval_seconds.into(), 5.0..=86_400.0);
        draft.range("timeout_ms", input.timeout_ms.into(), 100.0..=30_000.0);
        if u64::from(input.timeout_ms) > u64::from(input.interval_seconds) * 1000 {
            draft.fault("timeout_ms", "out_of_range", "the timeout is longer than the interval");
        }
        let named = input.name.filter(|name| !name.trim().is_empty());
        let name = named.unwrap_or_else(|| match (input.port, address) {
            (Some(port), Some(address)) => format!("tcp {address} {port}"),
            (None, Some(address)) => format!("ping {address}"),
            _ => "check".to_owned(),
        });
        let name = draft.text("name", &name, 100);
        draft.finish()?;
        let Some(address) = address else { return Err(vigie_domain::Error::invalid("address", "required", "address is missing")) };
        let now = draft.now();
        // what was found out about another target says nothing of this one
        let same_target = current.filter(|c| (c.kind, c.address, c.port) == (input.kind, address, input.port));
        let check = Self {
            id: current.map_or_else(Id::new, |c| c.id),
            version: current.map_or(1, |c| c.version),
            name,
            kind: input.kind,
            device_id: input.device_id,
            address,
            port: input.port,
            interval_seconds: input.interval_seconds,
            timeout_ms: input.timeout_ms,
            enabled: input.enabled,
            state: same_target.filter(|_| input.enabled).map_or_else(CheckState::default, |c| c.state.clone()),
            created_at: current.map_or(now, |c| c.created_at),
            updated_at: current.map_or(now, |c| c.updated_at),
        };
        Ok(touched(current, check, |c| {
            c.version += 1;
            c.updated_at = now;
        }))
    }
}

fn address(draft: &mut Draft<'_, '_>, text: Option<&str>, device: Option<&Device>) -> Option<IpAddr> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
        if device.is_none() {
            draft.fault("address", "required", "a check without a device needs an address");
        }
        return device.map(|device| device.address);
    };
    let Ok(address) = text.parse::<IpAddr>() else {
        draft.fault("address", "invalid_ip", format!("{text} is not an IP address such as 192.0.2.80"));
        return None;
    };
    let link_local = match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    if address.is_multicast() || address.is_unspecified() {
        draft.fault("address", "invalid_ip", format!("{address} is no address of a host"));
    } else if (address.is_loopback() || link_local) && !draft.core.settings.allow_local {
        draft.fault(
            "address",
            "forbidden_address",
            format!("{address} is local, and local targets are not allowed (discovery.allow_local)"),
        );
    }
    Some(address)
}
