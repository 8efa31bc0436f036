//! What servers of one database agree on: each has a number of its own, and all have one master key.

use std::path::Path;

use vigie_application::devices::CREDENTIAL_PURPOSE;
use vigie_domain::Sealer as _;
use vigie_domain::devices::Credential;
use vigie_domain::store::Entity as _;
use vigie_foundation::secrets::load_or_create;
use vigie_sql_store::transfer::{Place, documents_beside};
use vigie_sql_store::{NodeNumber, take_node_number};

use super::secrets::MasterSealer;
use super::{master_key_file, store_url};
use crate::StartError;
use crate::configuration::Loaded;

/// Stored secrets that are tried at most.
const TRIED: u64 = 20;

/// Holds the number of this node, where others may share the cluster of events: two nodes of one number would take each other's events for
/// their own that are stored already.
pub async fn node_number(loaded: &Loaded) -> Result<Option<NodeNumber>, StartError> {
    let events = &loaded.configuration.event_store;
    match store_url(loaded) {
        Some(url) if !events.nodes.is_empty() => Ok(Some(take_node_number(url, events.node_number).await?)),
        _ => Ok(None),
    }
}

/// Looks whether the master key of this server opens what the other one has stored.
///
/// # Errors
/// The key is not there, or another one.
pub async fn has_right_key(loaded: &Loaded, folder: &Path) -> Result<(), StartError> {
    let path = master_key_file(loaded, folder);
    let wrong = |why: &str| {
        let message = format!(
            "the master key {} {why}: copy that of the server that works, so that this one can open its secrets when it takes over",
            path.display()
        );
        StartError::new(StartError::CONFIGURATION, message)
    };
    if !path.exists() {
        return Err(wrong("is not there"));
    }
    let (key, _) = load_or_create(&path).map_err(|fault| StartError::new(StartError::CONFIGURATION, fault.to_string()))?;
    let sealer = MasterSealer(key);
    let Some(url) = store_url(loaded) else { return Ok(()) };
    for document in documents_beside(&Place::Server(url.to_owned()), Credential::SCHEMA, TRIED).await? {
        let Ok(credential) = serde_json::from_str::<Credential>(&document) else { continue };
        let Some(sealed) = credential.community.or(credential.auth_secret).or(credential.password) else { continue };
        return sealer.open(CREDENTIAL_PURPOSE, &sealed).map(drop).map_err(|_| wrong("is another one"));
    }
    Ok(())
}
