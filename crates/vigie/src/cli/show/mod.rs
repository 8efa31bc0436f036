//! What commands print: tables and records for people, JSON, NDJSON, CSV and YAML for programs.

mod column;
mod csv;
mod moment;
mod number;
mod screen;
mod series;
mod table;
mod tone;
mod value;

pub use column::{Column, columns};
pub use moment::left;
pub use number::Quantity;
pub use screen::{Format, OutputArgs, Screen};
pub use series::{course, series};
pub use table::{Cell, table};
pub use tone::{Tone, paint};
pub use value::{cell, clean};
