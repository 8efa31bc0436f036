//! The last minutes of a figure.

use std::collections::VecDeque;

use crate::telemetry::Point;

/// Points kept: five minutes of five seconds.
pub const LENGTH: usize = 60;

/// The last points of a figure, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Ring(VecDeque<Point>);

impl Ring {
    /// Adds a point, and forgets the oldest when there are enough.
    pub fn push(&mut self, point: Point) {
        if self.0.len() >= LENGTH {
            self.0.pop_front();
        }
        self.0.push_back(point);
    }

    /// The points.
    pub fn points(&self) -> Vec<Point> {
        self.0.iter().copied().collect()
    }

    /// The newest point.
    pub fn last(&self) -> Option<Point> {
        self.0.back().copied()
    }
}
