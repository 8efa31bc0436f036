//! What the host itself tells: processor, memory, disks, network.
//!
//! [`LocalHost`] keeps the domain's ports `HostProbe` and `HostNetworks`. The readers of the kernel's files ([`proc`]) are pure.

mod folder;
mod local;
mod networks;
pub mod proc;
mod reading;
mod temperature;

pub use folder::FolderDisk;
pub use local::LocalHost;
pub use reading::Roots;
