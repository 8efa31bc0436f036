//! Sites as users manage them.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vigie_domain::devices::{Device, Site};
use vigie_domain::query::Filter;
use vigie_domain::store::{Entity, Read};
use vigie_domain::{Error, Id, Permission, Result, Scope};

use super::{READ, WRITE};
use crate::resources::{Draft, Resource, touched};

/// How deep places may lie in each other.
const DEPTH: usize = 8;

/// Writable fields of a site.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"name": "Lyon"}))]
pub struct SiteInput {
    /// Name; unique below its parent.
    #[schema(required, format = "name", max_length = 100)]
    pub name: String,
    /// The place it lies in; a building lies in its site.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub parent_id: Option<Id>,
    /// Postal address.
    #[schema(format = "note", max_length = 500)]
    pub address: Option<String>,
    /// Degrees north.
    #[schema(minimum = -90, maximum = 90)]
    pub latitude: Option<f64>,
    /// Degrees east.
    #[schema(minimum = -180, maximum = 180)]
    pub longitude: Option<f64>,
    /// Notes.
    #[schema(format = "note", max_length = 10000)]
    pub notes: Option<String>,
}

#[async_trait]
impl Resource for Site {
    const PATH: &'static str = "sites";
    const READ: Permission = READ;
    const WRITE: Permission = WRITE;

    type Input = SiteInput;

    fn label(&self) -> String {
        self.name.clone()
    }

    fn input(&self) -> SiteInput {
        SiteInput {
            name: self.name.clone(),
            parent_id: self.parent_id,
            address: self.address.clone(),
            latitude: self.latitude,
            longitude: self.longitude,
            notes: self.notes.clone(),
        }
    }

    async fn build(current: Option<&Self>, input: SiteInput, draft: &mut Draft<'_, '_>) -> Result<Self> {
        let name = draft.text("name", &input.name, 100);
        let address = draft.note("address", input.address, 500);
        let notes = draft.note("notes", input.notes, 10_000);
        if let Some(latitude) = input.latitude {
            draft.range("latitude", latitude, -90.0..=90.0);
        }
        if let Some(longitude) = input.longitude {
            draft.range("longitude", longitude, -180.0..=180.0);
        }
        let id = current.map_or_else(Id::new, |s| s.id);
        if let Some(parent) = input.parent_id {
            check_parent(id, parent, draft).await?;
        }
        draft.finish()?;
        draft.placed::<Self>(|_| input.parent_id.is_some())?;
        let now = draft.now();
        let entity = Self {
            id,
            version: current.map_or(1, |s| s.version),
            name,
            parent_id: input.parent_id,
            address,
            latitude: input.latitude,
            longitude: input.longitude,
            notes,
            created_at: current.map_or(now, |s| s.created_at),
            updated_at: current.map_or(now, |s| s.updated_at),
        };
        Ok(touched(current, entity, |s| {
            s.version += 1;
            s.updated_at = now;
        }))
    }

    async fn before_delete(&self, draft: &mut Draft<'_, '_>) -> Result<()> {
        let system = Scope::system();
        let devices = draft.unit.work().count(Device::SCHEMA, &system, &[Filter::eq(Device::SCHEMA, "site_id", self.id)?]).await?;
        let below = draft.unit.work().count(Self::SCHEMA, &system, &[Filter::eq(Self::SCHEMA, "parent_id", self.id)?]).await?;
        if devices + below == 0 {
            return Ok(());
        }
        Err(Error::conflict("conflict", format!("site {} still holds {devices} devices and {below} places", self.name))
            .solution("move them to another site first"))
    }
}

async fn check_parent(id: Id, parent: Id, draft: &mut Draft<'_, '_>) -> Result<()> {
    let mut above = draft.reference::<Site>("parent_id", parent).await?;
    for _ in 0..DEPTH {
        let Some(site) = above else { return Ok(()) };
        if site.id == id {
            draft.fault("parent_id", "cycle", "a site cannot lie in itself");
            return Ok(());
        }
        above = match site.parent_id {
            Some(next) => draft.unit.work().get(&Scope::system(), next).await?,
            None => None,
        };
    }
    draft.fault("parent_id", "too_deep", format!("places lie at most {DEPTH} deep in each other"));
    Ok(())
}
