//! How each device is polled: how often, and how long from one poll to the next.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::World;

/// Requests that come sooner after the one before, in milliseconds, belong to the same poll.
const SAME_POLL: u64 = 1_000;

/// The polls of one device, as it heard them since it was last told to forget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Polls {
    /// Its address.
    pub address: Ipv4Addr,
    /// Polls: requests less than a second apart are one.
    pub polls: u64,
    /// Requests.
    pub requests: u64,
    /// From the start of a poll to the start of the next, the longest, milliseconds; the one under way counts with what has passed.
    pub longest_interval_ms: u64,
}

/// What a device keeps of the requests it heard. Moments are milliseconds since the start of the lab, 0 none.
#[derive(Debug, Default)]
pub(super) struct Heard {
    polls: AtomicU64,
    requests: AtomicU64,
    last: AtomicU64,
    begun: AtomicU64,
    longest: AtomicU64,
}

impl Heard {
    pub(super) fn note(&self, now: u64) {
        let now = now.max(1);
        self.requests.fetch_add(1, Ordering::Relaxed);
        let last = self.last.swap(now, Ordering::Relaxed);
        if last != 0 && now.saturating_sub(last) < SAME_POLL {
            return;
        }
        self.polls.fetch_add(1, Ordering::Relaxed);
        let begun = self.begun.swap(now, Ordering::Relaxed);
        if begun != 0 {
            self.longest.fetch_max(now.saturating_sub(begun), Ordering::Relaxed);
        }
    }

    fn forget(&self) {
        for figure in [&self.polls, &self.requests, &self.last, &self.begun, &self.longest] {
            figure.store(0, Ordering::Relaxed);
        }
    }

    fn tell(&self, address: Ipv4Addr, now: u64) -> Polls {
        let read = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
        let under_way = match read(&self.begun) {
            0 => 0,
            begun => now.saturating_sub(begun),
        };
        Polls { address, polls: read(&self.polls), requests: read(&self.requests), longest_interval_ms: read(&self.longest).max(under_way) }
    }
}

impl World {
    /// How each device was polled; `forget` begins anew.
    pub(super) fn polls(&self, forget: bool) -> Vec<Polls> {
        let now = self.running_ms();
        let tell = |(local, address): (&super::Local, Ipv4Addr)| {
            let told = local.heard.tell(address, now);
            if forget {
                local.heard.forget();
            }
            told
        };
        self.locals.iter().zip(self.addresses()).map(tell).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_in_a_row_are_one_poll_and_intervals_run_from_start_to_start() {
        let heard = Heard::default();
        for moment in [0, 20, 900, 1_800, 11_000, 11_050, 21_500] {
            heard.note(moment);
        }
        let told = heard.tell(Ipv4Addr::LOCALHOST, 22_000);
        assert_eq!((told.polls, told.requests, told.longest_interval_ms), (3, 7, 10_999));
        assert_eq!(heard.tell(Ipv4Addr::LOCALHOST, 40_000).longest_interval_ms, 18_500, "one that does not come is seen");
        heard.forget();
        assert_eq!(heard.tell(Ipv4Addr::LOCALHOST, 50_000).longest_interval_ms, 0);
    }
}
