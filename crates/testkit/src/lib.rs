//! Conformance suites by port, objects to test with, a clock driven by hand, the server as a process. Depends on the domain alone.
//!
//! A store proves itself in its own `tests/`:
//! ```text
//! vigie_testkit::store_conformance!(open); // each case opens a store of its own
//! ```
//! where `open` is an `async fn() -> Option<Fixture>`; see [`store::Fixture`]. A tier of the cache that nodes share does so with
//! `vigie_testkit::shared_tier_conformance!(open)`; see [`cache::Nodes`]. What backups are copied to does so with
//! `vigie_testkit::offsite_conformance!(open)`; see [`offsite::Place`].
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

pub mod cable;
pub mod cache;
pub mod clock;
pub mod cluster;
pub mod disk;
pub mod events;
pub mod make;
pub mod offsite;
pub mod passwords;
pub mod postgres;
pub mod redis;
pub mod samples;
pub mod sealer;
pub mod server;
pub mod service;
pub mod size;
pub mod store;
