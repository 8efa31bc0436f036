//! Vigie itself and the services it stands on and beside.

mod services;
mod storage;

pub use services::{ServiceView, Services};
pub use storage::{Limits, Pressure, Storage, StorageKeeper};
