//! Where a record stands.

use std::fmt;
use std::str::FromStr;

/// A place in a log: the number of a segment and the offset in it, in bytes. Later records have greater positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// Number of the segment, from 1.
    pub segment: u32,
    /// Bytes before it in the segment.
    pub offset: u32,
}

impl Position {
    /// Before every record.
    pub const START: Self = Self { segment: 0, offset: 0 };

    /// The position of this number.
    pub fn from_number(number: u64) -> Self {
        Self { segment: (number >> 32) as u32, offset: number as u32 }
    }

    /// Both halves in one number, in the same order.
    pub fn number(self) -> u64 {
        (u64::from(self.segment) << 32) | u64::from(self.offset)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.segment, self.offset)
    }
}

impl FromStr for Position {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (segment, offset) = text.split_once(':').unwrap_or((text, ""));
        Ok(Self { segment: segment.parse()?, offset: offset.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_keep_their_order_in_every_form() {
        let (a, b) = (Position { segment: 1, offset: u32::MAX }, Position { segment: 2, offset: 16 });
        assert!(a < b && a.number() < b.number());
        for position in [a, b, Position::START] {
            assert_eq!(Position::from_number(position.number()), position);
            assert_eq!(position.to_string().parse(), Ok(position));
        }
        assert!("7".parse::<Position>().is_err());
    }
}
