//! The domain's port, kept by the engine.

use std::time::Instant;

use async_trait::async_trait;
use vigie_domain::Timestamp;
use vigie_domain::devices::{Access, Numbers, Oid, Rows, SnmpClient, SnmpError, SnmpTable, SnmpTarget, SnmpValue, VarBind};

use crate::column::{Cell, Column};
use crate::diagnosis;
use crate::engine::SnmpEngine;
use crate::exchange::Tries;
use crate::fault::Fault;
use crate::lane::canonical;
use crate::sweep::{Bounds, Swept};
use crate::table;

/// Tries as the target wants them.
pub(crate) fn tries(target: &SnmpTarget) -> Tries {
    Tries { timeout: target.timeout, retries: u32::from(target.retries) }
}

#[async_trait]
impl SnmpClient for SnmpEngine {
    async fn get(&self, target: &SnmpTarget, oids: &[Oid]) -> Result<Vec<VarBind>, SnmpError> {
        let began = Instant::now();
        let outcome = async { self.get_all(&self.session(target).await?, oids, tries(target)).await };
        outcome.await.map_err(|fault| error(fault, target, began))
    }

    async fn walk(&self, target: &SnmpTarget, root: &Oid, max_rows: usize) -> Result<(Vec<VarBind>, bool), SnmpError> {
        let swept = self.read::<(Oid, SnmpValue)>(target, std::slice::from_ref(root), Rows::at_most(max_rows)).await?;
        let cells = swept.columns.into_iter().flat_map(|column| column.cells);
        Ok((cells.map(|(index, value)| VarBind { oid: root.child(index.arcs()), value }).collect(), swept.truncated))
    }

    async fn table(&self, target: &SnmpTarget, columns: &[Oid], rows: Rows) -> Result<SnmpTable, SnmpError> {
        let swept = self.read(target, columns, rows).await?;
        let cells = swept.columns.into_iter().map(Column::into_ordered).collect();
        let (rows, more) = table::rows(cells, rows.most);
        Ok(SnmpTable { rows, truncated: swept.truncated || more })
    }

    async fn numbers(&self, target: &SnmpTarget, columns: &[Oid], rows: Rows) -> Result<Numbers, SnmpError> {
        let swept = self.read(target, columns, rows).await?;
        let columns = swept.columns.into_iter().map(Column::into_ordered).collect();
        Ok(Numbers { columns, truncated: swept.truncated })
    }

    async fn diagnose(&self, target: &SnmpTarget, now: Timestamp) -> Access {
        diagnosis::diagnose(self, target, now).await
    }
}

impl SnmpEngine {
    async fn read<C: Cell>(&self, target: &SnmpTarget, roots: &[Oid], rows: Rows) -> Result<Swept<C>, SnmpError> {
        let began = Instant::now();
        let bounds = Bounds { rows, until: began + self.settings.sweep_ceiling };
        let outcome = async { self.sweep(&self.session(target).await?, roots, bounds, tries(target)).await };
        outcome.await.map_err(|fault| error(fault, target, began))
    }
}

fn error(fault: Fault, target: &SnmpTarget, began: Instant) -> SnmpError {
    fault.into_error(canonical(target.address), began.elapsed())
}
