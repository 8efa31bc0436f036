//! Logs: what is kept of them, and how they are searched.

mod own;
mod use_cases;
mod view;

pub use own::{MODULE, OwnLine, OwnLog, OwnLogWriter};
pub use use_cases::{LogPage, LogPlace, LogQuery, Logs, READ};
pub use view::{LogId, LogView};
