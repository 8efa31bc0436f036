//! What the host itself tells: processor, memory, disks, network.
//!
//! [`LocalHost`] keeps the domain's port `HostProbe`. The readers of the kernel's files ([`proc`]) are pure.

mod folder;
mod local;
pub mod proc;
mod reading;
mod temperature;

pub use folder::FolderDisk;
pub use local::LocalHost;
pub use reading::Roots;
