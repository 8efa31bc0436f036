//! Answers that wait, because their device was told to be slow.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use nix::sys::socket::SockaddrIn;

/// Answers that may wait at the same time; more are dropped and counted.
const LONGEST_QUEUE: usize = 16_384;

/// An answer on its way.
pub struct Outgoing {
    /// Which socket.
    pub socket: usize,
    /// The address it leaves from.
    pub from: Ipv4Addr,
    /// Who asked.
    pub to: SockaddrIn,
    /// The message.
    pub message: Vec<u8>,
}

/// Answers by the time they are due.
#[derive(Default)]
pub struct Delayed {
    due: BinaryHeap<Reverse<(Instant, u64)>>,
    waiting: std::collections::HashMap<u64, Outgoing>,
    next: u64,
}

impl Delayed {
    /// Keeps an answer; false where there is no room.
    pub fn push(&mut self, answer: Outgoing, at: Instant) -> bool {
        if self.waiting.len() >= LONGEST_QUEUE {
            return false;
        }
        self.next += 1;
        self.due.push(Reverse((at, self.next)));
        self.waiting.insert(self.next, answer);
        true
    }

    /// How long until the next is due.
    pub fn wait(&self, now: Instant) -> Option<Duration> {
        self.due.peek().map(|Reverse((at, _))| at.saturating_duration_since(now))
    }

    /// The next that is due.
    pub fn pop(&mut self, now: Instant) -> Option<Outgoing> {
        let &Reverse((at, number)) = self.due.peek()?;
        if at > now {
            return None;
        }
        self.due.pop();
        self.waiting.remove(&number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_leave_when_they_are_due_in_order() {
        let mut delayed = Delayed::default();
        let start = Instant::now();
        let answer = |n: u8| Outgoing { socket: 0, from: Ipv4Addr::LOCALHOST, to: SockaddrIn::new(127, 0, 0, 1, 9), message: vec![n] };
        assert!(delayed.push(answer(2), start + Duration::from_millis(20)));
        assert!(delayed.push(answer(1), start + Duration::from_millis(10)));
        assert!(delayed.pop(start).is_none());
        assert_eq!(delayed.wait(start), Some(Duration::from_millis(10)));
        let later = start + Duration::from_millis(30);
        assert_eq!(delayed.pop(later).map(|a| a.message), Some(vec![1]));
        assert_eq!(delayed.pop(later).map(|a| a.message), Some(vec![2]));
        assert!(delayed.pop(later).is_none());
    }
}
