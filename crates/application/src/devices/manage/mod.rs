//! Managing devices and what they are gathered by.

mod credential;
mod device;
mod group;
mod interface;
mod site;

pub use credential::CredentialInput;
pub use device::DeviceInput;
pub(crate) use device::realm;
pub use group::{DeviceGroupInput, IgnoredInput, RealmInput, TagInput};
pub use interface::{InterfaceInput, ThresholdsInput};
pub use site::SiteInput;

use vigie_domain::Permission;

/// See devices, sites, tags…
pub const READ: Permission = Permission::new("devices", "read");
/// Change devices, sites, tags…
pub const WRITE: Permission = Permission::new("devices", "write");
/// Poll, ping and read devices.
pub const ACT: Permission = Permission::new("devices", "act");
