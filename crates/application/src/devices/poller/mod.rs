//! Polling: every device in its own rhythm, thousands side by side, little kept of each.
//!
//! [`Poller::run`] is the scheduler: it alone holds the devices between polls, and lends one to the task that polls it. A poll
//! ([`round`]) asks ([`head`], [`reading`], [`vitals`]), works out what the answers mean ([`uptime`], [`counters`], [`digest`],
//! [`verdict`], [`reach`]), writes what changed ([`record`]) and passes samples and readings on.

mod ask;
mod columns;
mod counters;
mod digest;
mod head;
mod job;
mod port;
mod publish;
mod reach;
mod reading;
mod record;
mod round;
mod schedule;
mod scheduler;
mod states;
mod unread;
mod uptime;
mod verdict;
mod vitals;
mod watched;

pub use job::{DEVICE_POLL, PollJob, check_poll, queue_poll};
pub use round::Identify;
pub(crate) use schedule::{Agenda, Rhythm};
pub use scheduler::{Poller, PollerHandle};
