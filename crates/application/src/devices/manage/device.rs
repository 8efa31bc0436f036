//! Devices as users manage them.

use std::net::IpAddr;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vigie_domain::devices::{Credential, Device, DeviceGroup, DeviceStatus, Ignored, Realm, Role, Site, Tag};
use vigie_domain::query::{Filter, Operator, Value};
use vigie_domain::store::{Entity, Read, Write};
use vigie_domain::system::event_types;
use vigie_domain::{Error, Id, Permission, Result, Scope};

use super::{READ, WRITE};
use crate::resources::{Draft, Resource, touched, write_only};

/// Writable fields of a device.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DeviceInput, example = json!({"address": "192.0.2.7", "name": "lyo-b2-acc-2", "tags": ["access"], "credentials": []}))]
pub struct DeviceInput {
    /// Name; the address when absent.
    #[serde(default)]
    #[schema(format = "name", max_length = 253)]
    pub name: Option<String>,
    /// IP address it is monitored at.
    #[schema(example = "192.0.2.7", format = "ip")]
    pub address: String,
    /// Realm of its addresses, by id or name; the default realm when absent.
    #[serde(default, skip_serializing_if = "write_only")]
    #[schema(format = "note", max_length = 100)]
    pub realm: Option<String>,
    /// The same as `realm`.
    #[serde(default)]
    #[schema(format = "note", max_length = 100)]
    pub realm_id: Option<String>,
    /// Its site.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub site_id: Option<Id>,
    /// Names of its tags; new ones are made.
    #[serde(default)]
    #[schema(format = "tag")]
    pub tags: Vec<String>,
    /// Seconds between polls, 5 to 86400; the configured default when absent.
    #[serde(default)]
    #[schema(minimum = 5, maximum = 86400)]
    pub poll_interval_seconds: Option<u32>,
    /// Its credentials, tried in this order; without any it is only pinged.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>)]
    pub credentials: Vec<Id>,
    /// Whether it is polled; true when absent.
    #[serde(default)]
    pub monitored: Option<bool>,
    /// Whether it was taken out of service; its history is kept.
    #[serde(default)]
    pub decommissioned: Option<bool>,
    /// Notes.
    #[serde(default)]
    #[schema(format = "note", max_length = 10000)]
    pub notes: Option<String>,
    /// Role, in place of the detected one.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "access", pattern = "^(firewall|router|core|distribution|access|access_point|server|storage|printer|phone|camera|ups|other)$")]
    pub role: Option<Role>,
    /// UDP port of its SNMP agent; 161 when absent.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 65535)]
    pub snmp_port: Option<u16>,
}

#[async_trait]
impl Resource for Device {
    const PATH: &'static str = "devices";
    const READ: Permission = READ;
    const WRITE: Permission = WRITE;
    const GUARDED: bool = true;
    const EVENTS: Option<[&'static str; 3]> = Some([event_types::DEVICE_ADDED, event_types::DEVICE_CHANGED, event_types::DEVICE_REMOVED]);

    type Input = DeviceInput;

    fn label(&self) -> String {
        self.name.clone()
    }

    fn device_id(&self) -> Option<Id> {
        Some(self.id)
    }

    fn input(&self) -> DeviceInput {
        DeviceInput {
            name: Some(self.name.clone()),
            address: self.address.to_string(),
            realm: None,
            realm_id: Some(self.realm_id.to_string()),
            site_id: self.site_id,
            tags: self.tags.clone(),
            poll_interval_seconds: Some(self.poll_interval_seconds),
            credentials: self.credentials.clone(),
            monitored: Some(self.monitored),
            decommissioned: Some(self.decommissioned),
            notes: self.notes.clone(),
            role: self.role,
            snmp_port: Some(self.snmp_port),
        }
    }

    async fn build(current: Option<&Self>, input: DeviceInput, draft: &mut Draft<'_, '_>) -> Result<Self> {
        let address = parse_address(&input.address, draft);
        let name = match input.name.as_deref() {
            Some(name) => draft.text("name", name, 253),
            None => input.address.trim().to_owned(),
        };
        let realm_id = match input.realm.as_deref().or(input.realm_id.as_deref()) {
            Some(text) if current.is_some_and(|d| d.realm_id.to_string() == text) => current.map_or(Realm::DEFAULT, |d| d.realm_id),
            text => realm(text, draft).await?,
        };
        // where it stands already is no news to a caller who sees it by a group or realm
        if let Some(site) = input.site_id.filter(|site| current.is_none_or(|d| d.site_id != Some(*site))) {
            draft.reference::<Site>("site_id", site).await?;
        }
        check_credentials(current, &input.credentials, draft).await?;
        let tags = tag_names(&input.tags, draft);
        let interval = input.poll_interval_seconds.unwrap_or(draft.core.settings.poll_interval_seconds);
        draft.range("poll_interval_seconds", interval.into(), 5.0..=86_400.0);
        if input.snmp_port == Some(0) {
            draft.fault("snmp_port", "out_of_range", "snmp_port is 0, allowed is 1 to 65535");
        }
        let notes = draft.note("notes", input.notes, 10_000);
        draft.finish()?;
        draft.placed::<Self>(|objects| current.is_some() || input.site_id.is_some() || objects.realms.contains(&realm_id))?;

        let now = draft.now();
        let monitored = input.monitored.unwrap_or(true);
        let decommissioned = input.decommissioned.unwrap_or(false);
        let status = status_after(current, monitored, decommissioned);
        let before = current.cloned();
        let entity = Self {
            id: before.as_ref().map_or_else(Id::new, |d| d.id),
            version: before.as_ref().map_or(1, |d| d.version),
            name,
            address,
            realm_id,
            site_id: input.site_id,
            tags,
            credentials: input.credentials,
            poll_interval_seconds: interval,
            monitored,
            decommissioned,
            notes,
            role: input.role,
            snmp_port: input.snmp_port.unwrap_or(161),
            status_since: before.as_ref().and_then(|d| if d.status == status { d.status_since } else { Some(now) }),
            status_reason: before.as_ref().and_then(|d| d.status_reason.clone()),
            status_beyond: before.as_ref().and_then(|d| d.status_beyond.clone()),
            status,
            identity: before.as_ref().map(|d| d.identity.clone()).unwrap_or_default(),
            access: before.as_ref().map(|d| d.access.clone()).unwrap_or_default(),
            position: before.as_ref().and_then(|d| d.position),
            identified_at: before.as_ref().and_then(|d| d.identified_at),
            created_at: before.as_ref().map_or(now, |d| d.created_at),
            updated_at: before.as_ref().map_or(now, |d| d.updated_at),
        };
        Ok(touched(current, entity, |d| {
            d.version += 1;
            d.updated_at = now;
        }))
    }

    async fn after_write(&self, _before: Option<&Self>, draft: &mut Draft<'_, '_>) -> Result<()> {
        let system = Scope::system();
        for name in &self.tags {
            if draft.unit.work().find::<Tag>(&system, "name", name.into()).await?.is_none() {
                let now = draft.now();
                let tag = Tag {
                    id: Id::new(),
                    version: 1,
                    name: name.clone(),
                    color: None,
                    description: None,
                    owner_id: draft.cx.principal.owner(),
                    created_at: now,
                    updated_at: now,
                };
                draft.unit.work().insert(&tag).await?;
            }
        }
        Ok(())
    }

    async fn before_delete(&self, draft: &mut Draft<'_, '_>) -> Result<()> {
        let system = Scope::system();
        let groups: Vec<DeviceGroup> = draft.unit.work().all(&system, Vec::new()).await?;
        for mut group in groups.into_iter().filter(|g| g.device_ids.contains(&self.id)) {
            group.device_ids.retain(|id| *id != self.id);
            draft.unit.work().update(&group).await?;
        }
        Ok(())
    }

    /// `ignore`: puts the address on the list that discovery leaves alone.
    async fn aside(&self, name: &str, draft: &mut Draft<'_, '_>) -> Result<()> {
        if name != "ignore" {
            return Err(Error::bad_query("invalid_query", name, format!("devices are not deleted with {name}")));
        }
        let filter = Filter::on(Ignored::SCHEMA, "address", Operator::Eq, [self.address.into()])?;
        let known: Vec<Ignored> = draft.unit.work().all(&Scope::system(), vec![filter]).await?;
        if known.iter().any(|i| i.realm_id == self.realm_id) {
            return Ok(());
        }
        let now = draft.now();
        let reason = Some(format!("{} was removed", self.name));
        let entry =
            Ignored { id: Id::new(), version: 1, address: self.address, realm_id: self.realm_id, reason, created_at: now, updated_at: now };
        draft.unit.work().insert(&entry).await
    }
}

fn parse_address(text: &str, draft: &mut Draft<'_, '_>) -> IpAddr {
    let unspecified = IpAddr::from([0, 0, 0, 0]);
    match text.trim().parse::<IpAddr>() {
        Ok(address) if address.is_unspecified() || address.is_multicast() => {
            draft.fault("address", "invalid_address", format!("{address} is no address of a single host"));
            unspecified
        }
        Ok(address) => address.to_canonical(),
        Err(_) => {
            draft.fault("address", "invalid_address", format!("{} is not an IP address such as 192.0.2.7", text.trim()));
            unspecified
        }
    }
}

/// A realm by id or name; the default one when none is named.
pub(crate) async fn realm(text: Option<&str>, draft: &mut Draft<'_, '_>) -> Result<Id> {
    let Some(text) = text else { return Ok(Realm::DEFAULT) };
    let scope = draft.cx.principal.scope();
    let found: Option<Realm> = match text.parse::<Id>() {
        Ok(id) => draft.unit.work().get(&scope, id).await?,
        Err(_) => draft.unit.work().find(&scope, "name", Value::from(text)).await?,
    };
    if found.is_none() && text.parse::<Id>() != Ok(Realm::DEFAULT) {
        draft.fault("realm_id", "unknown_reference", format!("there is no realm {text}"));
    }
    Ok(found.map_or(Realm::DEFAULT, |r| r.id))
}

async fn check_credentials(current: Option<&Device>, ids: &[Id], draft: &mut Draft<'_, '_>) -> Result<()> {
    if ids.len() > 16 {
        draft.fault("credentials", "too_many", "a device has at most 16 credentials");
    }
    let is_new = |id: &Id| current.is_none_or(|d| !d.credentials.contains(id));
    for (i, id) in ids.iter().enumerate().take(16).filter(|(_, id)| is_new(id)) {
        draft.reference::<Credential>(&format!("credentials[{i}]"), *id).await?;
    }
    if ids.iter().any(is_new) && !draft.cx.principal.permissions.allows(Permission::new("credentials", "use")) {
        return Err(Error::permission_denied("credentials:use"));
    }
    Ok(())
}

fn tag_names(tags: &[String], draft: &mut Draft<'_, '_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(tags.len());
    for (i, tag) in tags.iter().enumerate() {
        let field = format!("tags[{i}]");
        let name = draft.text(&field, tag, 64);
        if name.contains('|') {
            draft.fault(&field, "invalid_text", "a tag has no | in it");
        }
        names.push(name);
    }
    names.sort_unstable();
    names.dedup();
    names
}

fn status_after(current: Option<&Device>, monitored: bool, decommissioned: bool) -> DeviceStatus {
    if decommissioned {
        return DeviceStatus::Decommissioned;
    }
    if !monitored {
        return DeviceStatus::Unmonitored;
    }
    match current.map(|d| d.status) {
        None | Some(DeviceStatus::Decommissioned | DeviceStatus::Unmonitored) => DeviceStatus::Pending,
        Some(status) => status,
    }
}
