//! Logs: what is kept of them, and how they are searched.

mod own;
mod past;
mod popular;
mod search;
mod use_cases;
mod view;

pub use own::{MODULE, OwnLine, OwnLog, OwnLogWriter};
pub use past::SETTLED;
pub use popular::{Popular, PopularSearch};
pub use use_cases::{LogPage, LogPlace, LogQuery, Logs, READ};
pub use view::{LogId, LogView};
