//! Documents: the OpenAPI document, Swagger UI over it, and a page for each error code.

mod examples;
mod openapi;
mod pages;
mod projection;
mod samples;
mod tidy;

pub use openapi::document;
pub use pages::mount;
pub(crate) use tidy::patch_name;
