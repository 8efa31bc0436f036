//! The channels.

mod discoveries;
mod events;
mod jobs;
pub mod state;

use vigie_domain::{Error, Id, Result};

use crate::channel::Channel;

/// The channel of this name; fails naming the valid ones.
pub fn find(name: &str) -> Result<Box<dyn Channel>> {
    let id = |text: &str| text.parse::<Id>().map_err(|_| unknown(name));
    Ok(match name.split_once('.') {
        None if name == "events" => Box::new(events::Events::all()),
        None if name == "alerts" => Box::new(events::Events::alerts()),
        Some(("discoveries", text)) => Box::new(discoveries::OneDiscovery(id(text)?)),
        Some(("jobs", text)) => Box::new(jobs::OneJob(id(text)?)),
        _ => return state::find(name).ok_or_else(|| unknown(name)),
    })
}

fn unknown(name: &str) -> Error {
    Error::bad_query(
        "invalid_query",
        "channel",
        format!(
            "there is no channel {name}; channels are dashboards.system, dashboards.network, events, alerts, topology, jobs.<id>, discoveries.<id>"
        ),
    )
}
