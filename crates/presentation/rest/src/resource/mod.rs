//! Resources: one set of handlers and documents for all of them.

mod columns;
mod document;
mod handlers;
mod stream;
mod view;

pub use columns::{Column, columns};
pub use document::{FILTERS, envelope_of, filter_grammar, named_list};
pub(crate) use handlers::one;
pub use handlers::{Asked, ListAt, ObjectId, accepted, json_response, list_at, list_of, query, query_typed};
pub use view::{Shown, named_devices};

use axum::http::Method;

use crate::routes::Routes;

/// Which verbs a resource has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verbs {
    /// List and get (◐ in the design).
    Read,
    /// List, get and PATCH.
    ReadPatch,
    /// List, get, create, replace, patch, delete, bulk (● in the design).
    All,
}

/// The document of a list at a path of its own.
pub fn list_document<E: Shown>(routes: &mut Routes, path: &str, id: &str, summary: &str) -> crate::routes::Operation {
    document::list_at::<E>(routes, path, id, summary)
}

/// Adds the routes of a resource at its path.
pub fn mount<E: Shown>(routes: &mut Routes, verbs: Verbs) {
    let path = format!("/{}", E::PATH);
    let one = format!("{path}/{{id}}");
    let operation = document::list::<E>(routes, &path);
    routes.add(operation, handlers::list::<E>);
    let operation = document::get::<E>(routes, &one);
    routes.add(operation, handlers::get::<E>);
    if verbs == Verbs::Read {
        return;
    }
    let operation = document::change::<E>(routes, Method::PATCH, &one);
    routes.add(operation, handlers::patch::<E>);
    if verbs == Verbs::ReadPatch {
        return;
    }
    let operation = document::create::<E>(routes, &path);
    routes.add(operation, handlers::create::<E>);
    let operation = document::change::<E>(routes, Method::PUT, &one);
    routes.add(operation, handlers::replace::<E>);
    let operation = document::delete::<E>(&one);
    routes.add(operation, handlers::delete::<E>);
    let operation = document::bulk::<E>(routes, &format!("{path}/bulk"));
    routes.add(operation, handlers::bulk::<E>);
}
