//! A request for a page, and the page.

use super::{Cursor, Filter, Schema};
use crate::{Error, Result};

/// The most rows a page holds (API, section 3).
pub const MAX_PAGE_SIZE: usize = 100;

/// How a list is ordered; every order ends in `id` ascending, so it is total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ordering {
    /// `id` or a sortable field.
    pub field: &'static str,
    /// Largest first.
    pub descending: bool,
}

impl Ordering {
    /// By id: the complete walk.
    pub const ID: Self = Self { field: "id", descending: false };

    /// Reads `name` or `-name`; fails naming the valid ones.
    pub fn parse(schema: &'static Schema, text: &str) -> Result<Self> {
        let (descending, name) = text.strip_prefix('-').map_or((false, text), |n| (true, n));
        match schema.field(name) {
            Some(field) if field.sortable => Ok(Self { field: field.name, descending }),
            _ => {
                let valid: Vec<_> = schema.orderings().collect();
                let message = format!("cannot order by {name}; valid orderings are {} (with - before for descending)", valid.join(", "));
                Err(Error::bad_query("invalid_filter", "ordering", message))
            }
        }
    }

    /// The ordering the schema declares as its default.
    pub fn default_of(schema: &'static Schema) -> Self {
        Self::parse(schema, schema.default_ordering).unwrap_or(Self::ID)
    }
}

/// What a list is asked for.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// All must hold.
    pub filters: Vec<Filter>,
    /// Free text looked for in the schema's search columns.
    pub search: Option<String>,
    /// The order.
    pub ordering: Ordering,
    /// Rows wanted, 1 to 100 for the API; the store takes what it is given.
    pub limit: usize,
    /// Where to begin; the beginning when absent.
    pub cursor: Option<Cursor>,
    /// Whether to count.
    pub count: bool,
}

impl ListQuery {
    /// Everything in the order of ids, without a count.
    pub fn all(limit: usize) -> Self {
        Self { filters: Vec::new(), search: None, ordering: Ordering::ID, limit, cursor: None, count: false }
    }

    /// With one more filter.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filters.push(filter);
        self
    }

    /// In another order.
    pub fn order(mut self, field: &'static str, descending: bool) -> Self {
        self.ordering = Ordering { field, descending };
        self
    }

    /// Beginning at a cursor.
    pub fn after(mut self, cursor: Option<Cursor>) -> Self {
        self.cursor = cursor;
        self
    }
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The rows, in order.
    pub results: Vec<T>,
    /// Where the next page begins.
    pub next: Option<Cursor>,
    /// Where the page before begins.
    pub previous: Option<Cursor>,
    /// Rows of the whole list, when counted: exact to 10,000.
    pub total: Option<u64>,
    /// Whether `total` is exact.
    pub total_is_exact: bool,
}

impl<T> Page<T> {
    /// The same page of other things.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page {
            results: self.results.into_iter().map(f).collect(),
            next: self.next,
            previous: self.previous,
            total: self.total,
            total_is_exact: self.total_is_exact,
        }
    }
}
