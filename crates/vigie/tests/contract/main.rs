//! The contract of the API on the real binary: rights, errors, lists, writes and sign-in.

mod bad_input;
mod lists;
mod refusals;
mod rights;
mod server;
mod writes;
