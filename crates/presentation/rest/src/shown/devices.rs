//! Devices.

use std::collections::HashMap;

use async_trait::async_trait;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Uri};
use serde_json::{Value as Json, json};
use vigie_api_types::DeviceView;
use vigie_application::CallContext;
use vigie_application::onlooker::seen_devices;
use vigie_domain::alerts::{Alert, AlertStatus};
use vigie_domain::devices::{Address, Device, DeviceState, Interface, Neighbour, Site};
use vigie_domain::query::{Filter, ListQuery, Operator, Value};
use vigie_domain::store::{Entity, Read, Reader};
use vigie_domain::system::Event;
use vigie_domain::{Error, Id, Result, Scope};

use crate::app::App;
use crate::caller::Caller;
use crate::resource::{ListAt, ObjectId, Shown, Verbs, list_at, list_document, mount as mount_resource};
use crate::routes::Routes;

pub(super) fn mount(routes: &mut Routes) {
    mount_resource::<Device>(routes, Verbs::All);
    sub_list::<Interface>(routes, "interfaces", "device_id");
    sub_list::<Address>(routes, "addresses", "device_id");
    sub_list::<Neighbour>(routes, "neighbours", "device_id");
    sub_list::<Alert>(routes, "alerts", "device_id");
    sub_list::<Event>(routes, "events", "device_id");
}

/// A list of what belongs to one device: `devices/{id}/<name>`.
fn sub_list<E: Shown>(routes: &mut Routes, name: &'static str, column: &'static str) {
    let operation =
        list_document::<E>(routes, &format!("/devices/{{id}}/{name}"), &format!("list_device_{name}"), &format!("List {name} of a device"));
    let handler = move |State(app): State<App>,
                        Caller(cx): Caller,
                        ObjectId(id): ObjectId,
                        uri: Uri,
                        RawQuery(raw): RawQuery,
                        headers: HeaderMap| async move {
        let _device: Device = app.resources::<Device>().get(&cx, id).await?;
        let fixed = vec![Filter::eq(E::SCHEMA, column, id)?];
        let at = ListAt { path: uri.path(), raw: raw.as_deref(), headers: &headers, fixed };
        list_at::<E>(&app, &cx, at).await
    };
    routes.add(operation.fails(&[404]), handler);
}

#[async_trait]
impl Shown for Device {
    type View = DeviceView;
    const TAG: &'static str = "devices";
    const NOUN: &'static str = "a device";
    const INCLUDES: &'static [&'static str] = &["interfaces", "addresses", "neighbours", "alerts", "tags"];
    const ASIDES: &'static [(&'static str, &'static str)] = &[("ignore", "Put its address on the list that discovery leaves alone.")];

    async fn show(_app: &App, reader: &dyn Reader, cx: &CallContext, entities: Vec<Self>) -> Result<Vec<DeviceView>> {
        let entities = seen_devices(&cx.principal.scope(), reader, entities).await?;
        let system = Scope::system();
        let ids: Vec<Id> = entities.iter().map(|d| d.id).collect();
        let states: Vec<DeviceState> = reader.get_many(&system, &ids).await?;
        let mut states: HashMap<Id, DeviceState> = states.into_iter().map(|s| (s.id, s)).collect();
        let mut site_ids: Vec<Id> = entities.iter().filter_map(|d| d.site_id).collect();
        site_ids.sort_unstable();
        site_ids.dedup();
        let sites: Vec<Site> = reader.get_many(&system, &site_ids).await?;
        let alerts = open_alerts(reader, &ids).await?;
        let show = |device: Self| {
            let site = device.site_id.and_then(|id| sites.iter().find(|s| s.id == id));
            let state = states.remove(&device.id).unwrap_or_default();
            let active = alerts.get(&device.id).copied().unwrap_or(0);
            DeviceView::new(device, site, state, active)
        };
        Ok(entities.into_iter().map(show).collect())
    }

    async fn include(app: &App, cx: &CallContext, id: Id, name: &str) -> Result<Json> {
        match name {
            "interfaces" => included::<Interface>(app, cx, id, name).await,
            "addresses" => included::<Address>(app, cx, id, name).await,
            "neighbours" => included::<Neighbour>(app, cx, id, name).await,
            "alerts" => included::<Alert>(app, cx, id, name).await,
            _ => tags(app, cx, id).await,
        }
    }
}

/// How many open alerts each of these devices has.
async fn open_alerts(reader: &dyn Reader, ids: &[Id]) -> Result<HashMap<Id, u32>> {
    let mut counts = HashMap::new();
    for chunk in ids.chunks(100) {
        let filters = vec![
            Filter::on(Alert::SCHEMA, "device_id", Operator::In, chunk.iter().map(|id| Value::Id(*id)))?,
            Filter::eq(Alert::SCHEMA, "open", true)?,
        ];
        let query = ListQuery { filters, ..ListQuery::all(1000) };
        for alert in reader.list::<Alert>(&Scope::system(), &query).await?.results {
            if let Some(device) = alert.device_id.filter(|_| alert.status != AlertStatus::Resolved) {
                *counts.entry(device).or_insert(0) += 1;
            }
        }
    }
    Ok(counts)
}

/// At most fifty rows of what belongs to a device, and the reference of the rest.
async fn included<E: Shown>(app: &App, cx: &CallContext, id: Id, name: &str) -> Result<Json> {
    let query = ListQuery { filters: vec![Filter::eq(E::SCHEMA, "device_id", id)?], ..ListQuery::all(50) };
    let page = app.resources::<E>().list(cx, &query).await?;
    let next = page.next.as_ref().map(|_| format!("/api/v1/devices/{id}/{name}"));
    let views = E::show(app, app.core.reader(), cx, page.results).await?;
    let results = serde_json::to_value(views).map_err(Error::storage)?;
    Ok(json!({"results": results, "next": next}))
}

async fn tags(app: &App, cx: &CallContext, id: Id) -> Result<Json> {
    let device: Device = app.resources().get(cx, id).await?;
    let filter = Filter::on(vigie_domain::devices::Tag::SCHEMA, "name", Operator::In, device.tags.iter().take(50).map(Value::from))?;
    let query = ListQuery { filters: vec![filter], ..ListQuery::all(50) };
    let found =
        if device.tags.is_empty() { Vec::new() } else { app.resources::<vigie_domain::devices::Tag>().list(cx, &query).await?.results };
    let views: Vec<vigie_api_types::TagView> = found.into_iter().map(Into::into).collect();
    Ok(json!({"results": views, "next": null}))
}
