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

/// What is kept of a binding.
pub(crate) trait Cell: Send + Sized {
    /// Out of the arcs behind the column's root and the value; `None` when nothing of it is wanted.
    fn of(index: &[u32], value: Value) -> Option<Self>;

    /// The arcs behind the column's root.
    fn index(&self) -> &[u32];
}

impl Cell for (Oid, SnmpValue) {
    fn of(index: &[u32], value: Value) -> Option<Self> {
        Some((Oid::new(index), value::from_wire(value)))
    }

    fn index(&self) -> &[u32] {
        self.0.arcs()
    }
}

/// A number under an index of one arc: a tenth of the size, for what is read again and again.
impl Cell for (u32, u64) {
    fn of(index: &[u32], value: Value) -> Option<Self> {
        let &[index] = index else { return None };
        value::from_wire(value).as_u64().map(|number| (index, number))
    }

    fn index(&self) -> &[u32] {
        std::slice::from_ref(&self.0)
    }
}

/// Cells for which room is made before the first comes.
const ROOM: usize = 1024;

/// A subtree that is walked from its root on.
pub(crate) struct Column<C> {
    root: WireOid,
    /// Behind which the next request asks.
    pub cursor: WireOid,
    /// What it brought, in the agent's order.
    pub cells: Vec<C>,
    /// Bindings that it brought.
    taken: usize,
    pub end: Option<End>,
    rows: Rows,
    /// Indexes seen, kept only once the agent broke the order (RFC 3416, section 4.2.2), to notice circles.
    seen: Option<HashSet<Oid>>,
}

impl<C: Cell> Column<C> {
    pub fn new(root: &Oid, rows: Rows) -> Self {
        let root = value::oid_to_wire(root);
        let cells = Vec::with_capacity(rows.expected.saturating_add(1).min(ROOM));
        Self { cursor: root.clone(), root, cells, taken: 0, end: None, rows, seen: None }
    }

    /// Rows that are still wanted, one more than there may be to notice that there are more.
    pub fn wanted(&self) -> usize {
        let Rows { expected, most } = self.rows;
        let end = if self.taken <= expected { expected } else { most };
        end.saturating_sub(self.taken) + 1
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
            Some(index) if !index.is_empty() && !is_exception(&value) => index,
            _ => return self.end = Some(End::Complete),
        };
        if oid.arcs() <= self.cursor.arcs() && self.seen.is_none() {
            self.seen = Some(self.cells.iter().map(|cell| Oid::new(cell.index())).collect());
        }
        if self.seen.as_mut().is_some_and(|seen| !seen.insert(Oid::new(index))) {
            return self.end = Some(End::Loop);
        }
        if self.taken >= self.rows.most {
            return self.end = Some(End::Limit);
        }
        self.taken += 1;
        self.cells.extend(C::of(index, value));
        self.cursor = oid;
    }

    /// The cells in the order of their index.
    pub fn into_ordered(mut self) -> Vec<C> {
        if self.is_unordered() {
            self.cells.sort_by(|a, b| a.index().cmp(b.index()));
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

    fn column(limit: usize) -> Column<(Oid, SnmpValue)> {
        Column::new(&Oid::new(&[1, 3, 6]), Rows::at_most(limit))
    }

    fn binding(arcs: &[u32]) -> WireBinding {
        WireBinding::new(WireOid::from_slice(arcs), Value::Integer(1))
    }

    fn indexes(column: Column<(Oid, SnmpValue)>) -> Vec<u32> {
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
        let mut column = Column::<(Oid, SnmpValue)>::new(&Oid::new(&[1, 3, 6]), Rows { expected: 1, most: 9 });
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

    #[test]
    fn numbers_are_kept_where_there_are_some() {
        let mut column = Column::<(u32, u64)>::new(&Oid::new(&[1, 3, 6]), Rows::at_most(10));
        let values = [Value::Counter64(9), Value::Integer(-1), Value::OctetString("9".into()), Value::Gauge32(7)];
        for (arc, value) in (1..).zip(values) {
            column.take(WireBinding::new(WireOid::from_slice(&[1, 3, 6, arc]), value));
        }
        column.take(binding(&[1, 3, 6, 5, 1]));
        assert_eq!((column.end, column.wanted()), (None, 6), "what is not kept came all the same");
        assert_eq!(column.into_ordered(), [(1, 9), (4, 7)]);
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
