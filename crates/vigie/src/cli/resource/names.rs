//! Names for the ends of links, which the API gives by id.

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::cli::connection::Client;
use crate::cli::failure::Failure;

/// Ids asked for at a time: they stand in the address of the request.
const CHUNK: usize = 50;
const ENDS: [&str; 2] = ["source", "target"];

/// Puts `name` into `source` and `target` of each link.
pub async fn name_ends(client: &Client, links: &mut [Json]) -> Result<(), Failure> {
    let mut ids: Vec<String> =
        links.iter().flat_map(|link| ENDS.map(|end| node(link, end).to_owned())).filter(|id| !id.is_empty()).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut names = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let query = [("id__in", chunk.join(",")), ("fields", "id,name".to_owned()), ("page_size", CHUNK.to_string())];
        let query: Vec<(String, String)> = query.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let body = client.get("devices", &query).await?.body;
        gather(&body["results"], &mut names);
    }
    // what is no device, such as a neighbour that was only heard of, is known to the map alone
    if ids.iter().any(|id| !names.contains_key(id)) {
        gather(&client.get("topology", &[]).await?.body["nodes"], &mut names);
    }
    for link in links {
        for end in ENDS {
            let name = names.get(node(link, end)).cloned();
            if let (Some(name), Some(end)) = (name, link[end].as_object_mut()) {
                end.insert("name".to_owned(), Json::from(name));
            }
        }
    }
    Ok(())
}

fn node<'a>(link: &'a Json, end: &str) -> &'a str {
    link[end]["node"].as_str().unwrap_or_default()
}

fn gather(rows: &Json, names: &mut HashMap<String, String>) {
    for row in rows.as_array().into_iter().flatten() {
        if let (Some(id), Some(name)) = (row["id"].as_str(), row["name"].as_str()) {
            names.insert(id.to_owned(), name.to_owned());
        }
    }
}
