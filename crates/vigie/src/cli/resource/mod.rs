//! Resources: one table of them drives list, get, add, edit and delete. A new resource is one entry of [`catalogue::RESOURCES`].

pub mod catalogue;
mod command;
mod find;
mod input;
mod list;
mod names;
mod write;

pub use command::{Action, ResourceCommand, Verb};
pub use find::{Found, find};
pub use input::{InputArgs, moment_in, warn_of_secret};
pub use list::{ListArgs, Listing, every_row, pages, rows, shown_columns};
pub use write::{Sure, confirm, write};
