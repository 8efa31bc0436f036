//! The realtime doors on the real binary (API, section 7): subscriptions, resume, rights, limits, and what is refused.

mod audiences;
mod events;
mod limits;
mod rights;
mod server;
