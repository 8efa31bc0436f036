//! What a caller sees of the map: the rule by which the store limits devices, applied to the map in memory.

use std::collections::HashSet;

use vigie_domain::devices::DeviceGroup;
use vigie_domain::store::{Read, Reader};
use vigie_domain::{Id, ObjectScope, Result, Scope};

use super::places::Places;
use crate::topology::hash::StableId;
use crate::topology::node::DeviceNode;

/// What a caller sees.
pub(crate) struct Sight {
    limit: Option<Limit>,
}

struct Limit {
    sites: HashSet<Id>,
    realms: HashSet<Id>,
    devices: HashSet<Id>,
    key: Id,
}

impl Sight {
    /// Of this scope. Groups are read as they are now.
    pub(crate) async fn of(scope: &Scope, reader: &dyn Reader) -> Result<Self> {
        let Some(objects) = scope.objects() else { return Ok(Self { limit: None }) };
        let groups: Vec<DeviceGroup> = match objects.device_groups.as_slice() {
            [] => Vec::new(),
            ids => reader.get_many(&Scope::system(), ids).await?,
        };
        let limit = Limit {
            sites: objects.sites.iter().copied().collect(),
            realms: objects.realms.iter().copied().collect(),
            devices: groups.into_iter().flat_map(|g| g.device_ids).collect(),
            key: key(objects),
        };
        Ok(Self { limit: Some(limit) })
    }

    /// Whether nothing is hidden.
    pub(crate) fn is_everything(&self) -> bool {
        self.limit.is_none()
    }

    /// Whether the caller sees this device.
    pub(crate) fn sees(&self, device: &DeviceNode, places: &Places) -> bool {
        self.limit.as_ref().is_none_or(|limit| {
            limit.devices.contains(&device.id)
                || limit.realms.contains(&device.realm_id)
                || device.site_id.is_some_and(|site| places.within(site, &limit.sites))
        })
    }

    /// Whether the caller sees this site, though nothing may stand in it.
    pub(crate) fn sees_site(&self, site: Id, places: &Places) -> bool {
        places.knows(site) && self.limit.as_ref().is_none_or(|limit| places.within(site, &limit.sites))
    }

    /// The id under which this caller knows what hangs on a port of its own: it follows from that port alone, so that it is the same whoever
    /// is behind it, and whether that is a device of somebody else's or none.
    pub(crate) fn hidden(&self, near: Id, port: &str) -> Id {
        let key = self.limit.as_ref().map_or(Id::fixed(0), |limit| limit.key);
        StableId::of("hidden").id(key).id(near).text(port).finish()
    }
}

/// The same for the same scope, in whatever order it was written.
fn key(objects: &ObjectScope) -> Id {
    let mut id = StableId::of("scope");
    for ids in [&objects.sites, &objects.device_groups, &objects.realms] {
        let mut ids = ids.clone();
        ids.sort_unstable();
        id = ids.into_iter().fold(id.text("/"), StableId::id);
    }
    id.finish()
}
