//! Columns put together to rows.

use vigie_domain::devices::{Oid, SnmpValue, TableRow};

type Cell = (Oid, SnmpValue);

/// Rows by index from columns whose cells are in the order of their index; at most `limit`, and whether there were more.
pub(crate) fn rows(columns: Vec<Vec<Cell>>, limit: usize) -> (Vec<TableRow>, bool) {
    let most = columns.iter().map(Vec::len).max().unwrap_or(0);
    let mut columns: Vec<_> = columns.into_iter().map(|column| column.into_iter().peekable()).collect();
    let mut rows = Vec::with_capacity(most.min(limit));
    loop {
        let Some(index) = columns.iter_mut().filter_map(|column| column.peek()).map(|(index, _)| index).min().cloned() else {
            return (rows, false);
        };
        if rows.len() >= limit {
            return (rows, true);
        }
        let values =
            columns.iter_mut().map(|column| column.next_if(|(other, _)| *other == index).map_or(SnmpValue::Absent, |(_, value)| value));
        rows.push(TableRow { values: values.collect(), index });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(cells: &[(u32, i32)]) -> Vec<Cell> {
        cells.iter().map(|(index, value)| (Oid::new(&[*index]), SnmpValue::Integer(*value))).collect()
    }

    #[test]
    fn a_row_is_there_when_any_column_has_it() {
        let columns = vec![column(&[(1, 11), (3, 13)]), column(&[(2, 22), (3, 23)]), column(&[])];
        let (rows, more) = rows(columns, 10);
        assert!(!more);
        let indexes: Vec<_> = rows.iter().map(|row| row.index.arcs()[0]).collect();
        assert_eq!(indexes, [1, 2, 3]);
        assert_eq!(rows[0].values, [SnmpValue::Integer(11), SnmpValue::Absent, SnmpValue::Absent]);
        assert_eq!(rows[2].values, [SnmpValue::Integer(13), SnmpValue::Integer(23), SnmpValue::Absent]);
    }

    #[test]
    fn the_limit_cuts_and_says_so() {
        assert!(!rows(vec![column(&[(1, 1), (2, 2)])], 2).1);
        let (rows, more) = rows(vec![column(&[(1, 1), (2, 2), (3, 3)])], 2);
        assert_eq!((rows.len(), more), (2, true));
    }
}
