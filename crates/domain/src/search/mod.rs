//! Searching events: what is asked, what is answered, and the rules by which text is found, the same on every store.

pub mod analyzer;
mod answer;
mod condition;
pub mod highlight;
mod parser;
mod query;
mod rank;
pub mod text;
mod values;

pub use answer::{AggregationAnswer, Bucket, EventAnswer, Hit, Stats};
pub use condition::{Condition, Place, visible};
pub use query::{Aggregation, EventQuery, MAX_BEGINNINGS, MAX_BUCKETS, MAX_HITS, MAX_RANKED, MAX_TERMS, Sort, SortMark};
pub use rank::rank;
pub use values::severity_name;
