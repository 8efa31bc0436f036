//! An agent, and the few ways in which identifying reads it.

use std::collections::HashMap;

use vigie_domain::devices::{Oid, Rows, SnmpClient, SnmpError, SnmpTarget, SnmpValue, TableRow};

/// Rows of one table that are read at most: above, a device holds more ports than any that is known.
pub(super) const MAX_ROWS: usize = 20_000;

/// An agent that is read.
pub(super) struct Agent<'a> {
    client: &'a dyn SnmpClient,
    target: &'a SnmpTarget,
}

impl<'a> Agent<'a> {
    pub(super) fn new(client: &'a dyn SnmpClient, target: &'a SnmpTarget) -> Self {
        Self { client, target }
    }

    /// The values of these instances; those that are absent are left out.
    pub(super) async fn get(&self, oids: &[Oid]) -> Result<Values, SnmpError> {
        if oids.is_empty() {
            return Ok(Values::default());
        }
        let bindings = self.client.get(self.target, oids).await?;
        let present = bindings.into_iter().filter(|b| !matches!(b.value, SnmpValue::Absent | SnmpValue::Null));
        Ok(Values(present.map(|b| (b.oid, b.value)).collect()))
    }

    /// Columns of the table whose entry this is, and whether it was cut.
    pub(super) async fn table(&self, entry: &[u32], columns: &[u32]) -> Result<(Vec<TableRow>, bool), SnmpError> {
        let columns: Vec<Oid> = columns.iter().map(|column| Oid::new(entry).child(&[*column])).collect();
        let table = self.client.table(self.target, &columns, Rows::at_most(MAX_ROWS)).await?;
        Ok((table.rows, table.truncated))
    }

    /// The first values of a column.
    pub(super) async fn column(&self, column: &Oid, rows: usize) -> Result<Vec<SnmpValue>, SnmpError> {
        let table = self.client.table(self.target, std::slice::from_ref(column), Rows::at_most(rows)).await?;
        Ok(table.rows.into_iter().filter_map(|row| row.values.into_iter().next()).collect())
    }
}

/// Values by instance.
#[derive(Default)]
pub(super) struct Values(HashMap<Oid, SnmpValue>);

impl Values {
    pub(super) fn value(&self, arcs: &[u32]) -> Option<&SnmpValue> {
        self.0.get(&Oid::new(arcs))
    }

    pub(super) fn of(&self, oid: &Oid) -> Option<&SnmpValue> {
        self.0.get(oid)
    }

    pub(super) fn text(&self, arcs: &[u32]) -> Option<String> {
        self.value(arcs).and_then(SnmpValue::as_text)
    }
}

/// A value of a row by the place of its column; absent ones are `None`.
pub(super) fn cell(row: &TableRow, place: usize) -> Option<&SnmpValue> {
    row.values.get(place).filter(|value| !matches!(value, SnmpValue::Absent | SnmpValue::Null))
}

/// Text of a cell.
pub(super) fn cell_text(row: &TableRow, place: usize) -> Option<String> {
    cell(row, place).and_then(SnmpValue::as_text)
}

/// Number of a cell.
pub(super) fn cell_number(row: &TableRow, place: usize) -> Option<u64> {
    cell(row, place).and_then(SnmpValue::as_u64)
}
