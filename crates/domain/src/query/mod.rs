//! Lists: what can be filtered and ordered, how a request is read, and the page that answers it.

mod cursor;
mod filter;
mod page;
mod rows;
mod schema;
mod value;

pub use cursor::{Cursor, Direction};
pub use filter::{Filter, Operator, parse_filter};
pub use page::{ListQuery, MAX_PAGE_SIZE, Ordering, Page};
pub use rows::page_of;
pub use schema::{Field, FieldKind, Index, Relation, Schema, ScopeRule, SiteNames, Use};
pub use value::{Value, ip_key, natural_key};
