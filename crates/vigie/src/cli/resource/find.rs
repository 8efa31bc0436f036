//! Finding an object by what people call it.

use std::net::IpAddr;

use serde_json::Value as Json;
use vigie_domain::Id;

use super::catalogue::{Key, Resource, resource_of};
use crate::cli::connection::Client;
use crate::cli::failure::Failure;

/// An object that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// Finds an object by id, or by one of its resource's keys.
pub async fn find(client: &Client, resource: &'static Resource, text: &str) -> Result<Found, Failure> {
    if text.parse::<Id>().is_ok() {
        return Ok(Found { id: text.to_owned(), name: text.to_owned() });
    }
    for key in resource.keys {
        let found = match key {
            Key::Name(field) => by(client, resource, &[(*field, text)], text).await?,
            Key::Address(field) => match text.parse::<IpAddr>() {
                Ok(address) => by(client, resource, &[(*field, &address.to_string())], text).await?,
                Err(_) => None,
            },
            Key::Port => by_port(client, resource, text).await?,
        };
        if let Some(found) = found {
            return Ok(found);
        }
    }
    let by_what = match resource.keys {
        [] => "give its id".to_owned(),
        [Key::Port] => "give its id, or DEVICE:PORT".to_owned(),
        _ => format!("`vigie {} --search {text}` finds similar ones", resource.name),
    };
    Err(Failure::not_found(format!("there is no {} {text}", resource.noun)).solution(by_what))
}

async fn by(client: &Client, resource: &'static Resource, filters: &[(&str, &str)], text: &str) -> Result<Option<Found>, Failure> {
    let mut query: Vec<(String, String)> = filters.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())).collect();
    query.push(("page_size".to_owned(), "2".to_owned()));
    let reply =
        client.get(resource.path, &query).await.map_err(|failure| failure.on(format!("cannot look for {} {text}", resource.noun)))?;
    let rows: &[Json] = reply.body["results"].as_array().map_or(&[], Vec::as_slice);
    if rows.len() > 1 {
        let failure = Failure::usage(format!("there is more than one {} {text}", resource.noun));
        return Err(failure
            .solution(format!("give the id: `vigie {} --filter {}={text} --fields id,{}`", resource.name, filters[0].0, filters[0].0)));
    }
    let named = |row: &Json| Some(Found { id: row["id"].as_str()?.to_owned(), name: text.to_owned() });
    Ok(rows.first().and_then(named))
}

/// `DEVICE:PORT`, where the device may itself be an IPv6 address, and the port a name or an ifIndex.
async fn by_port(client: &Client, resource: &'static Resource, text: &str) -> Result<Option<Found>, Failure> {
    let Some(devices) = resource_of("devices") else { return Ok(None) };
    for (at, _) in text.match_indices(':') {
        let (device, port) = (&text[..at], &text[at + 1..]);
        if device.is_empty() || port.is_empty() {
            continue;
        }
        let Ok(device) = Box::pin(find(client, devices, device)).await else { continue };
        let id = device.id.as_str();
        if let Some(found) = by(client, resource, &[("device_id", id), ("name", port)], text).await? {
            return Ok(Some(found));
        }
        if port.parse::<u32>().is_ok() {
            return by(client, resource, &[("device_id", id), ("if_index", port)], text).await;
        }
        return Ok(None);
    }
    Ok(None)
}
