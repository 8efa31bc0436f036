//! The cache on a real Redis: two nodes of one process, and processes of their own.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod keeper;
mod node;
mod nodes;
mod place;
mod processes;
mod searches;
