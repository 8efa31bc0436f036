//! The contract of the API on the real binary: rights, errors, lists, writes and sign-in.

mod backups;
mod bad_input;
mod cache;
mod documents;
mod examples;
mod keys;
mod lists;
mod logs;
mod outage;
mod refusals;
mod rights;
mod schema;
mod server;
mod standby;
mod writes;
