//! Devices that are to be read whole for the first time: so many at once, the others in line. A thousand that are added together must
//! not take the places of those that are polled.

use std::collections::{HashSet, VecDeque};

use tokio::task::Id as TaskId;
use vigie_domain::{Id, Timestamp};

use super::round::IDENTIFY_SLOTS;

/// The line, and the polls whose turn it is.
#[derive(Default)]
pub struct Unread {
    waiting: VecDeque<(Id, Timestamp)>,
    reading: HashSet<TaskId>,
}

impl Unread {
    /// Whether one more may be read.
    pub fn has_room(&self) -> bool {
        self.reading.len() < IDENTIFY_SLOTS
    }

    /// Puts a device at the end of the line, with the moment it was due.
    pub fn wait(&mut self, id: Id, due: Timestamp) {
        self.waiting.push_back((id, due));
    }

    /// The first in line, if there is room for it.
    pub fn next(&mut self) -> Option<(Id, Timestamp)> {
        if self.has_room() { self.waiting.pop_front() } else { None }
    }

    /// A poll that reads one begins.
    pub fn begin(&mut self, task: TaskId) {
        self.reading.insert(task);
    }

    /// A poll is over, whether or not it was one of these.
    pub fn end(&mut self, task: TaskId) {
        self.reading.remove(&task);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn so_many_are_read_at_once_and_the_others_stand_in_line() {
        let mut unread = Unread::default();
        let tasks: Vec<_> = (0..IDENTIFY_SLOTS).map(|_| tokio::spawn(async {})).collect();
        for task in &tasks {
            assert!(unread.has_room());
            unread.begin(task.id());
        }
        unread.wait(Id::fixed(1), Timestamp(1));
        unread.wait(Id::fixed(2), Timestamp(2));
        assert!(!unread.has_room());
        assert_eq!(unread.next(), None);
        unread.end(tasks[0].id());
        assert_eq!(unread.next(), Some((Id::fixed(1), Timestamp(1))), "the first in line");
    }
}
