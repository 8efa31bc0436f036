//! Channels as users manage them.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vigie_domain::alerts::{Channel, ChannelKind, Severity};
use vigie_domain::devices::Site;
use vigie_domain::{Id, Permission, Result};

use super::{CHANNELS_READ, CHANNELS_WRITE};
use crate::resources::{Draft, Resource, touched};

/// Most addresses of one channel.
const MOST_RECIPIENTS: usize = 100;

/// Writable fields of a channel.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChannelInput, example = json!({"name": "on call", "kind": "email", "recipients": ["noc@example.net"], "minimum_severity": "warning"}))]
pub struct ChannelInput {
    /// Name; unique.
    #[schema(format = "name", max_length = 100)]
    pub name: String,
    /// `email`.
    #[schema(value_type = String, example = "email", pattern = "^(email)$")]
    pub kind: ChannelKind,
    /// Whether it is in use; true when absent.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub enabled: bool,
    /// Mail addresses, 1 to 100.
    #[schema(min_items = 1, max_items = 100, format = Email)]
    pub recipients: Vec<String>,
    /// Alerts below are not told: `info`, `warning` or `critical`; `warning` when absent.
    #[serde(default = "warning")]
    #[schema(value_type = String, default = "warning", pattern = "^(info|warning|critical)$")]
    pub minimum_severity: Severity,
    /// Only alerts of these sites and of what lies below them, when any is named.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>)]
    pub sites: Vec<Id>,
    /// Whether the end of an alert is told too; true when absent.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub send_resolved: bool,
}

fn yes() -> bool {
    true
}

fn warning() -> Severity {
    Severity::Warning
}

#[async_trait]
impl Resource for Channel {
    const PATH: &'static str = "notifications/channels";
    const READ: Permission = CHANNELS_READ;
    const WRITE: Permission = CHANNELS_WRITE;

    type Input = ChannelInput;

    fn label(&self) -> String {
        self.name.clone()
    }

    fn input(&self) -> ChannelInput {
        ChannelInput {
            name: self.name.clone(),
            kind: self.kind,
            enabled: self.enabled,
            recipients: self.recipients.clone(),
            minimum_severity: self.minimum_severity,
            sites: self.sites.clone(),
            send_resolved: self.send_resolved,
        }
    }

    async fn build(current: Option<&Self>, input: ChannelInput, draft: &mut Draft<'_, '_>) -> Result<Self> {
        let name = draft.text("name", &input.name, 100);
        let recipients: Vec<String> = input.recipients.iter().map(|to| to.trim().to_owned()).collect();
        if recipients.is_empty() || recipients.len() > MOST_RECIPIENTS {
            draft.fault("recipients", "out_of_range", format!("a channel has 1 to {MOST_RECIPIENTS} recipients"));
        }
        for (place, to) in recipients.iter().enumerate().filter(|(_, to)| !is_address(to)) {
            draft.fault(&format!("recipients[{place}]"), "invalid_email", format!("{to} is not a mail address such as noc@example.net"));
        }
        for (place, site) in input.sites.iter().enumerate() {
            draft.reference::<Site>(&format!("sites[{place}]"), *site).await?;
        }
        draft.finish()?;
        let now = draft.now();
        let channel = Self {
            id: current.map_or_else(Id::new, |c| c.id),
            version: current.map_or(1, |c| c.version),
            name,
            kind: input.kind,
            enabled: input.enabled,
            recipients,
            minimum_severity: input.minimum_severity,
            sites: input.sites,
            send_resolved: input.send_resolved,
            created_at: current.map_or(now, |c| c.created_at),
            updated_at: current.map_or(now, |c| c.updated_at),
        };
        Ok(touched(current, channel, |c| {
            c.version += 1;
            c.updated_at = now;
        }))
    }
}

/// Whether a text is an address that mail can be sent to (RFC 5321, section 4.1.2, without quoted local parts and address literals).
pub(super) fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let local_fits = (1..=64).contains(&local.len())
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c));
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    local_fits && domain.len() <= 253 && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_only_looks_like_them() {
        for good in ["noc@example.net", "a.b+c@sub.example.co.uk", "root@localhost", "o'neil@münchen.example"] {
            assert!(is_address(good), "{good}");
        }
        for bad in
            ["", "noc", "@example.net", "noc@", "a b@example.net", "noc@example..net", ".a@example.net", "a\n@example.net", "a@-x.net"]
        {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
