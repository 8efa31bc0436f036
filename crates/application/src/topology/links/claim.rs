//! What one device tells of one neighbour, and which device and port that is.

use vigie_domain::Id;
use vigie_domain::devices::Neighbour;

use crate::topology::hash::StableId;

/// A neighbour as a device tells of it, with what it was resolved to.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    /// What was told; the long description is left out.
    pub(crate) told: Neighbour,
    /// The device it is.
    pub(crate) remote: Option<Id>,
    /// Its port.
    pub(crate) remote_port: Option<RemotePort>,
    /// Whether that was looked for since either of the two was read.
    pub(crate) tried: bool,
}

/// A port of a known device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RemotePort {
    /// The interface.
    pub(crate) id: Id,
    /// Its name.
    pub(crate) name: String,
}

impl Claim {
    pub(crate) fn new(told: Neighbour) -> Self {
        let told = Neighbour { system_description: None, ..told };
        Self { remote: None, remote_port: None, tried: false, told }
    }

    /// The node that stands for the neighbour as long as it is no known device: the same for all who tell of it in a realm.
    pub(crate) fn node(&self, realm: Id) -> Id {
        let told = &self.told;
        let id = StableId::of("neighbour").id(realm);
        match (&told.chassis_id, &told.system_name, told.management_addresses.first()) {
            (Some(chassis), _, _) => id.text("chassis").text(&chassis.to_lowercase()),
            (None, Some(name), _) => id.text("name").text(&name.to_lowercase()),
            (None, None, Some(address)) => id.text("address").text(&address.to_string()),
            (None, None, None) => id.text("port").id(told.device_id).text(&told.local_port),
        }
        .finish()
    }

    /// What people call the neighbour.
    pub(crate) fn name(&self) -> Option<String> {
        let told = &self.told;
        told.system_name.clone().or_else(|| told.chassis_id.clone()).or_else(|| told.management_addresses.first().map(ToString::to_string))
    }

    /// What the neighbour's port is called: its name where it has one, else its id.
    pub(crate) fn told_port(&self) -> Option<String> {
        let told = &self.told;
        let described = told.port_description.clone().filter(|_| told.port_id_kind.as_deref() != Some("interface_name"));
        described.or_else(|| told.port_id.clone())
    }
}
