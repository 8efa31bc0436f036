//! Devices and what belongs to them: interfaces, addresses, neighbours, sites, tags, realms, credentials, checks; and the ports that reach them.

mod access;
mod address;
mod check;
mod credential;
mod device;
mod group;
mod interface;
mod neighbour;
mod oid;
mod probe;
mod site;
mod snmp;
mod state;

pub use access::{Access, AccessProtocol, AccessState, Cause, Likelihood};
pub use address::Address;
pub use check::{Check, CheckKind, CheckState, CheckStatus};
pub use credential::{AuthProtocol, Credential, CredentialKind, PrivacyProtocol, SnmpAuth};
pub use device::{Device, DeviceStatus, Identity, Role};
pub use group::{DeviceGroup, Ignored, Realm, Tag};
pub use interface::{AdminStatus, Interface, OperStatus, Peer, Thresholds};
pub use neighbour::{Neighbour, NeighbourProtocol};
pub use oid::Oid;
pub use probe::{PingReport, Probe, TcpOutcome};
pub use site::Site;
pub use snmp::{Numbers, Rows, SnmpClient, SnmpError, SnmpTable, SnmpTarget, SnmpValue, TableRow, VarBind};
pub use state::{DeviceState, StorageUse};
