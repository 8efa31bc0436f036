//! WebSocket and server-sent events (API, sections 1 and 7).
//!
//! # Adding a channel
//!
//! A [`channel::Channel`] answers what it needs, and runs one subscription: it puts frames into the socket's outbox until told to stop.
//! It is named in [`channels::find`]; nothing else is touched.

pub mod channel;
pub mod channels;
mod connection;
pub mod frame;
mod outbox;
mod shared;
mod sse;
mod upgrade;

pub use shared::Realtime;
pub use upgrade::mount;
