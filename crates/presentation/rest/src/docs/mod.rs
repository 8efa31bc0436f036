//! Documents: the OpenAPI document, Swagger UI over it, and a page for each error code.

mod openapi;
mod pages;

pub use openapi::document;
pub use pages::mount;
