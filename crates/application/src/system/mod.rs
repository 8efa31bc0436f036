//! Vigie itself and the services it stands on and beside.

mod services;

pub use services::{ServiceView, Services};
