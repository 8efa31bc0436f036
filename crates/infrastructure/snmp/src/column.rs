//! One column while it is read: where it stands, what it brought, why it ended.

use std::collections::HashSet;

use async_snmp::{Oid as WireOid, Value, VarBind as WireBinding};
use vigie_domain::devices::{Oid, Rows, SnmpValue};

use crate::value;

/// Why a column needs no further request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The agent has no more.
    Complete,
    /// There is more than was wanted.
    Limit,
    /// The agent walks in circles.
    Loop,
}

/// A subtree that is walked from its root on.
pub(crate) struct Column {
    root: WireOid,
    /// Behind which the next request asks.
    pub cursor: WireOid,
    /// Index (the arcs behind the root) and value, in the agent's order.
    pub cells: Vec<(Oid, SnmpValue)>,
    pub end: Option<End>,
    rows: Rows,
    /// Indexes seen, kept only once the agent broke the order (RFC 3416, section 4.2.2), to notice circles.
    seen: Option<HashSet<Oid>>,
}

impl Column {
    pub fn new(root: &Oid, rows: Rows) -> Self {
        let root = value::oid_to_wire(root);
        Self { cursor: root.clone(), root, cells: Vec::new(), end: None, rows, seen: None }
    }

    /// Rows that are still wanted, one more than there may be to notice that there are more.
    pub fn wanted(&self) -> usize {
        let Rows { expected, most } = self.rows;
        let end = if self.cells.len() <= expected { expected } else { most };
        end.saturating_sub(self.cells.len()) + 1
    }

    /// Whether the agent's order was broken.
    pub fn is_unordered(&self) -> bool {
        self.seen.is_some()
    }

    /// Takes the next binding the agent gave for this column.
    pub fn take(&mut self, binding: WireBinding) {
        if self.end.is_some() {
            return;
        }
        let WireBinding { oid, value } = binding;
        let index = match oid.arcs().strip_prefix(self.root.arcs()) {
            Some(index) if !index.is_empty() && !is_exception(&value) => Oid::new(index),
            _ => return self.end = Some(End::Complete),
        };
        if oid.arcs() <= self.cursor.arcs() && self.seen.is_none() {
            self.seen = Some(self.cells.iter().map(|(index, _)| index.clone()).collect());
        }
        if self.seen.as_mut().is_some_and(|seen| !seen.insert(index.clone())) {
            return self.end = Some(End::Loop);
        }
        if self.cells.len() >= self.rows.most {
            return self.end = Some(End::Limit);
        }
        self.cells.push((index, value::from_wire(value)));
        self.cursor = oid;
    }

    /// The cells in the order of their index.
    pub fn into_ordered(mut self) -> Vec<(Oid, SnmpValue)> {
        if self.is_unordered() {
            self.cells.sort_by(|(a, _), (b, _)| a.cmp(b));
        }
        self.cells
    }
}

fn is_exception(value: &Value) -> bool {
    matches!(value, Value::EndOfMibView | Value::NoSuchObject | Value::NoSuchInstance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn column(limit: usize) -> Column {
        Column::new(&Oid::new(&[1, 3, 6]), Rows::at_most(limit))
    }

    fn binding(arcs: &[u32]) -> WireBinding {
        WireBinding::new(WireOid::from_slice(arcs), Value::Integer(1))
    }

    fn indexes(column: Column) -> Vec<u32> {
        column.into_ordered().iter().map(|(index, _)| index.arcs()[0]).collect()
    }

    #[test]
    fn ends_where_the_subtree_ends() {
        let mut column = column(10);
        column.take(binding(&[1, 3, 6, 1]));
        column.take(binding(&[1, 3, 6, 2]));
        assert_eq!(column.end, None);
        column.take(binding(&[1, 3, 7, 1]));
        assert_eq!((column.end, column.cells.len()), (Some(End::Complete), 2));
    }

    #[test]
    fn ends_at_the_end_of_the_view_and_at_the_root_itself() {
        for last in [WireBinding::new(WireOid::from_slice(&[1, 3, 6, 1]), Value::EndOfMibView), binding(&[1, 3, 6])] {
            let mut column = column(10);
            column.take(last);
            assert_eq!((column.end, column.cells.len()), (Some(End::Complete), 0));
        }
    }

    #[test]
    fn the_limit_is_said_only_when_there_is_more() {
        let mut column = column(1);
        column.take(binding(&[1, 3, 6, 1]));
        assert_eq!((column.end, column.wanted()), (None, 1));
        column.take(binding(&[1, 3, 6, 2]));
        assert_eq!((column.end, column.cells.len()), (Some(End::Limit), 1));
    }

    #[test]
    fn no_more_is_asked_for_than_is_expected_until_it_came() {
        let mut column = Column::new(&Oid::new(&[1, 3, 6]), Rows { expected: 1, most: 9 });
        assert_eq!(column.wanted(), 2, "one more tells that it is over");
        column.take(binding(&[1, 3, 6, 1]));
        assert_eq!(column.wanted(), 1);
        column.take(binding(&[1, 3, 6, 2]));
        assert_eq!(column.wanted(), 8, "there is more than was expected");
    }

    #[test]
    fn broken_order_is_read_and_put_right() {
        let mut column = column(10);
        for arc in [1, 10, 2, 20] {
            column.take(binding(&[1, 3, 6, arc]));
        }
        assert!(column.is_unordered());
        assert_eq!(column.end, None);
        assert_eq!(indexes(column), [1, 2, 10, 20]);
    }

    #[test]
    fn a_circle_is_noticed() {
        let mut column = column(10);
        for arc in [1, 2, 1, 2] {
            column.take(binding(&[1, 3, 6, arc]));
        }
        assert_eq!(column.end, Some(End::Loop));
        assert_eq!(indexes(column), [1, 2]);
    }

    proptest! {
        #[test]
        fn whatever_an_agent_sends_the_column_ends_or_grows(arcs in proptest::collection::vec(0_u32..6, 0..60)) {
            let mut column = column(5);
            for arc in &arcs {
                let before = column.cells.len();
                column.take(binding(&[1, 3, 6, *arc]));
                prop_assert!(column.end.is_some() || column.cells.len() == before + 1);
            }
            prop_assert!(column.cells.len() <= 5);
            let indexes = indexes(column);
            prop_assert!(indexes.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
