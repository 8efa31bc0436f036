//! Links: from what devices tell of their neighbours to one link a cable.

mod claim;
mod fold;
mod matching;
mod resolve;
#[cfg(test)]
mod tests;

pub(crate) use claim::{Claim, RemotePort};
pub(crate) use fold::{Cable, fold};
pub(crate) use matching::{Change, changes};
pub(crate) use resolve::Resolver;
