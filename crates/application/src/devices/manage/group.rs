//! Tags, groups, realms and ignored addresses as users manage them.

use std::net::IpAddr;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vigie_domain::devices::{Device, DeviceGroup, Ignored, Realm, Tag};
use vigie_domain::query::{Filter, Operator};
use vigie_domain::store::{Entity, Read, Write};
use vigie_domain::{Error, Id, Permission, Result, Scope};

use super::device::realm;
use super::{READ, WRITE};
use crate::resources::{Draft, Resource, touched, write_only};

/// Writable fields of a tag.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"name": "core", "color": "#135fb3"}))]
pub struct TagInput {
    /// Name; unique.
    #[schema(required, format = "tag", max_length = 64)]
    pub name: String,
    /// Colour as `#rrggbb`.
    #[schema(pattern = "^#[0-9a-fA-F]{6}$")]
    pub color: Option<String>,
    /// Notes.
    #[schema(format = "note", max_length = 2000)]
    pub description: Option<String>,
}

#[async_trait]
impl Resource for Tag {
    const PATH: &'static str = "tags";
    const READ: Permission = READ;
    const WRITE: Permission = WRITE;

    type Input = TagInput;

    fn label(&self) -> String {
        self.name.clone()
    }

    fn input(&self) -> TagInput {
        TagInput { name: self.name.clone(), color: self.color.clone(), description: self.description.clone() }
    }

    async fn build(current: Option<&Self>, input: TagInput, draft: &mut Draft<'_, '_>) -> Result<Self> {
        let name = draft.text("name", &input.name, 64);
        if name.contains('|') {
            draft.fault("name", "invalid_text", "a tag has no | in it");
        }
        let is_color = |c: &String| c.len() == 7 && c.starts_with('#') && c[1..].chars().all(|d| d.is_ascii_hexdigit());
        if input.color.as_ref().is_some_and(|c| !is_color(c)) {
            draft.fault("color", "invalid_color", "a colour is written #rrggbb");
        }
        let description = draft.note("description", input.description, 2_000);
        draft.finish()?;
        let now = draft.now();
        let entity = Self {
            id: current.map_or_else(Id::new, |t| t.id),
            version: current.map_or(1, |t| t.version),
            name,
            color: input.color.map(|c| c.to_lowercase()),
            description,
            owner_id: current.map_or_else(|| draft.cx.principal.owner(), |t| t.owner_id),
            created_at: current.map_or(now, |t| t.created_at),
            updated_at: current.map_or(now, |t| t.updated_at),
        };
        Ok(touched(current, entity, |t| {
            t.version += 1;
            t.updated_at = now;
        }))
    }

    /// A renamed tag is renamed on its devices.
    async fn after_write(&self, before: Option<&Self>, draft: &mut Draft<'_, '_>) -> Result<()> {
        match before {
            Some(before) if before.name != self.name => retag(&before.name, Some(&self.name), draft).await,
            _ => Ok(()),
        }
    }

    async fn before_delete(&self, draft: &mut Draft<'_, '_>) -> Result<()> {
        retag(&self.name, None, draft).await
    }
}

async fn retag(old: &str, new: Option<&str>, draft: &mut Draft<'_, '_>) -> Result<()> {
    let filter = Filter::on(Device::SCHEMA, "tags", Operator::Contains, [format!("|{old}|").into()])?;
    let mut devices: Vec<Device> = draft.unit.work().all(&Scope::system(), vec![filter]).await?;
    let now = draft.now();
    for device in &mut devices {
        device.tags.retain(|t| t != old);
        device.tags.extend(new.map(str::to_owned));
        device.tags.sort_unstable();
        device.tags.dedup();
        device.version += 1;
        device.updated_at = now;
    }
    draft.unit.work().upsert(&devices).await
}

/// Writable fields of a device group.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"name": "customer A", "device_ids": []}))]
pub struct DeviceGroupInput {
    /// Name; unique.
    #[schema(required, format = "name", max_length = 100)]
    pub name: String,
    /// Notes.
    #[schema(format = "note", max_length = 2000)]
    pub description: Option<String>,
    /// Its members, at most 10,000.
    #[schema(value_type = Vec<Uuid>, max_items = 10_000)]
    pub device_ids: Vec<Id>,
}

#[async_trait]
impl Resource for DeviceGroup {
    const PATH: &'static str = "device-groups";
    const READ: Permission = READ;
    const WRITE: Permission = WRITE;

    type Input = DeviceGroupInput;

    fn label(&self) -> String {
        self.name.clone()
    }

    fn input(&self) -> DeviceGroupInput {
        DeviceGroupInput { name: self.name.clone(), description: self.description.clone(), device_ids: self.device_ids.clone() }
    }

    async fn build(current: Option<&Self>, input: DeviceGroupInput, draft: &mut Draft<'_, '_>) -> Result<Self> {
        // groups decide what others may see
        draft.placed::<Self>(|_| false)?;
        let name = draft.text("name", &input.name, 100);
        let description = draft.note("description", input.description, 2_000);
        let mut device_ids = input.device_ids;
        device_ids.sort_unstable();
        device_ids.dedup();
        if device_ids.len() > 10_000 {
            draft.fault("device_ids", "too_many", "a group has at most 10000 members");
            draft.finish()?;
        }
        let known: Vec<Device> = draft.unit.work().get_many(&Scope::system(), &device_ids).await?;
        if let Some(missing) = device_ids.iter().find(|id| !known.iter().any(|d| d.id == **id)) {
            draft.fault("device_ids", "unknown_reference", format!("there is no device {missing}"));
        }
        draft.finish()?;
        let now = draft.now();
        let entity = Self {
            id: current.map_or_else(Id::new, |g| g.id),
            version: current.map_or(1, |g| g.version),
            name,
            description,
            device_ids,
            created_at: current.map_or(now, |g| g.created_at),
            updated_at: current.map_or(now, |g| g.updated_at),
        };
        Ok(touched(current, entity, |g| {
            g.version += 1;
            g.updated_at = now;
        }))
    }
}

/// Writable fields of a realm.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"name": "customer-a"}))]
pub struct RealmInput {
    /// Name; unique.
    #[schema(required, format = "name", max_length = 100)]
    pub name: String,
    /// Notes.
    #[schema(format = "note", max_length = 2000)]
    pub description: Option<String>,
}

#[async_trait]
impl Resource for Realm {
    const PATH: &'static str = "realms";
    const READ: Permission = READ;
    const WRITE: Permission = WRITE;

    type Input = RealmInput;

    fn label(&self) -> String {
        self.name.clone()
    }

    fn input(&self) -> RealmInput {
        RealmInput { name: self.name.clone(), description: self.description.clone() }
    }

    async fn build(current: Option<&Self>, input: RealmInput, draft: &mut Draft<'_, '_>) -> Result<Self> {
        draft.placed::<Self>(|_| false)?;
        let name = draft.text("name", &input.name, 100);
        if name.parse::<Id>().is_ok() {
            draft.fault("name", "invalid_text", "a realm cannot be called like an identifier");
        }
        let description = draft.note("description", input.description, 2_000);
        draft.finish()?;
        let now = draft.now();
        let entity = Self {
            id: current.map_or_else(Id::new, |r| r.id),
            version: current.map_or(1, |r| r.version),
            name,
            description,
            is_default: current.is_some_and(|r| r.is_default),
            created_at: current.map_or(now, |r| r.created_at),
            updated_at: current.map_or(now, |r| r.updated_at),
        };
        Ok(touched(current, entity, |r| {
            r.version += 1;
            r.updated_at = now;
        }))
    }

    async fn before_delete(&self, draft: &mut Draft<'_, '_>) -> Result<()> {
        if self.is_default {
            return Err(Error::conflict("conflict", "the default realm cannot be removed"));
        }
        let devices =
            draft.unit.work().count(Device::SCHEMA, &Scope::system(), &[Filter::eq(Device::SCHEMA, "realm_id", self.id)?]).await?;
        if devices == 0 {
            return Ok(());
        }
        Err(Error::conflict("conflict", format!("realm {} still holds {devices} devices", self.name)).solution("remove or move them first"))
    }
}

/// Writable fields of an ignored address.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"address": "192.0.2.99", "reason": "printer of the neighbours"}))]
pub struct IgnoredInput {
    /// The address.
    #[schema(format = "ip")]
    pub address: String,
    /// Realm by id or name; the default realm when absent.
    #[serde(default, skip_serializing_if = "write_only")]
    #[schema(format = "note", max_length = 100)]
    pub realm: Option<String>,
    /// The same as `realm`.
    #[serde(default)]
    #[schema(format = "note", max_length = 100)]
    pub realm_id: Option<String>,
    /// Why.
    #[serde(default)]
    #[schema(format = "note", max_length = 500)]
    pub reason: Option<String>,
}

#[async_trait]
impl Resource for Ignored {
    const PATH: &'static str = "ignored";
    const READ: Permission = READ;
    const WRITE: Permission = WRITE;

    type Input = IgnoredInput;

    fn label(&self) -> String {
        self.address.to_string()
    }

    fn input(&self) -> IgnoredInput {
        IgnoredInput {
            address: self.address.to_string(),
            realm: None,
            realm_id: Some(self.realm_id.to_string()),
            reason: self.reason.clone(),
        }
    }

    async fn build(current: Option<&Self>, input: IgnoredInput, draft: &mut Draft<'_, '_>) -> Result<Self> {
        let address = input.address.trim().parse::<IpAddr>();
        if address.is_err() {
            draft.fault("address", "invalid_address", format!("{} is not an IP address such as 192.0.2.7", input.address.trim()));
        }
        let realm_id = realm(input.realm.as_deref().or(input.realm_id.as_deref()), draft).await?;
        let reason = draft.note("reason", input.reason, 500);
        draft.finish()?;
        draft.placed::<Self>(|objects| objects.realms.contains(&realm_id))?;
        let now = draft.now();
        let entity = Self {
            id: current.map_or_else(Id::new, |i| i.id),
            version: current.map_or(1, |i| i.version),
            address: address.unwrap_or(IpAddr::from([0, 0, 0, 0])).to_canonical(),
            realm_id,
            reason,
            created_at: current.map_or(now, |i| i.created_at),
            updated_at: current.map_or(now, |i| i.updated_at),
        };
        Ok(touched(current, entity, |i| {
            i.version += 1;
            i.updated_at = now;
        }))
    }
}
