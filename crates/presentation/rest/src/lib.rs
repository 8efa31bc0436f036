//! REST: resources, actions, problems, documents, sign-in.
//!
//! # Adding a resource
//!
//! Implement [`resource::Shown`] for an entity that is a `Resource` of the application, and mount it in [`routes_of`]: routes, documents,
//! errors and headers come with it. An action is a handler of its own beside it, in `actions`.

#![recursion_limit = "256"]

pub mod accept;
pub mod actions;
pub mod app;
pub mod auth;
pub mod body;
pub mod caller;
pub mod docs;
mod drain;
pub mod edge;
pub mod idempotent;
pub mod kept;
pub mod limit;
pub mod lists;
pub mod problem;
pub mod request_id;
mod request_parts;
pub mod resource;
pub mod routes;
mod shown;
pub mod standby;
mod web;

pub use app::{App, Parts, ServerInfo};
pub use routes::{Operation, Routes};

use axum::Router;

/// All routes of the REST API.
pub fn routes_of() -> Routes {
    let mut routes = Routes::default();
    routes.schema::<vigie_api_types::Problem>();
    auth::mount(&mut routes);
    shown::mount(&mut routes);
    actions::mount(&mut routes);
    routes
}

/// The whole service: routes with what stands around them. `serve` gives it to the listener.
pub fn router(app: App, mut routes: Routes) -> Router {
    actions::mount_filters(&mut routes);
    let document = docs::document(&routes, &app.server.version);
    let router = docs::mount(routes.router, document);
    let router = web::mount(router);
    edge::wrap(router, app)
}
