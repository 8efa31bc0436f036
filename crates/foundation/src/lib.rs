//! Shared technique without knowledge of networks: files, descriptors, secrets, certificates, outgoing HTTP, tasks, resilience, YAML.
//!
//! Nothing here knows the domain; `vigie/wiring` puts these behind its ports.

pub mod clock;
pub mod descriptors;
pub mod files;
pub mod http;
pub mod proxy_protocol;
pub mod resilience;
pub mod secrets;
pub mod task;
pub mod tls;
pub mod wal;
pub mod yaml;
