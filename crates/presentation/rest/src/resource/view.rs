//! How a resource is shown.

use std::collections::HashMap;

use async_trait::async_trait;
use serde::Serialize;
use utoipa::ToSchema;
use vigie_application::CallContext;
use vigie_application::resources::Resource;
use vigie_domain::devices::Device;
use vigie_domain::store::{Read, Reader};
use vigie_domain::{Id, Result, Scope};

use crate::app::App;

/// A resource that the API shows.
#[async_trait]
pub trait Shown: Resource {
    /// What travels.
    type View: Serialize + ToSchema + Send + Sync + 'static;
    /// Tag of its operations.
    const TAG: &'static str;
    /// What it is, singular, as documents say: `a device`.
    const NOUN: &'static str;
    /// What `include=` adds.
    const INCLUDES: &'static [&'static str] = &[];
    /// Query parameters of DELETE that do something besides, such as `ignore`.
    const ASIDES: &'static [(&'static str, &'static str)] = &[];
    /// Status of a creation: 202 where it starts long work.
    const CREATED: u16 = 201;

    /// The views of these entities, in their order.
    async fn show(app: &App, reader: &dyn Reader, cx: &CallContext, entities: Vec<Self>) -> Result<Vec<Self::View>>;

    /// What is included with the entity of this id under `name`: rows and the reference of the rest.
    async fn include(_app: &App, _cx: &CallContext, _id: Id, _name: &str) -> Result<serde_json::Value> {
        Ok(serde_json::Value::Null)
    }

    /// The version that the `ETag` shows.
    fn version_of(&self) -> i64 {
        vigie_domain::store::Entity::version(self)
    }
}

/// Names of these devices.
pub async fn named_devices(reader: &dyn Reader, ids: impl IntoIterator<Item = Id>) -> Result<HashMap<Id, String>> {
    let mut ids: Vec<Id> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    let devices: Vec<Device> = reader.get_many(&Scope::system(), &ids).await?;
    Ok(devices.into_iter().map(|d| (d.id, d.name)).collect())
}
