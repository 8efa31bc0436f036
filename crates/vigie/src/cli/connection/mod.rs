//! The way to the server: which one, as whom, whom to trust; requests that survive a lost connection; streams.

mod args;
mod client;
mod reply;
mod sessions;
mod stream;
mod target;

pub use args::ConnectionArgs;
pub use client::Client;
pub use sessions::{Access, Session, Sessions};
pub use stream::Stream;
pub use target::{Target, read_secret_file};
