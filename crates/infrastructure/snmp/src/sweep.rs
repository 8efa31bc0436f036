//! Walks: subtrees read side by side by GETBULK, or by GETNEXT from agents that speak only v1.

use std::sync::Arc;
use std::time::Instant;

use async_snmp::error::ErrorStatus;
use async_snmp::{Oid as WireOid, Version};
use futures::{StreamExt, TryStreamExt, stream};
use vigie_domain::devices::{Oid, Rows};

use crate::column::{Cell, Column, End};
use crate::engine::SnmpEngine;
use crate::exchange::{Ask, Tries};
use crate::fault::Fault;
use crate::session::Session;

/// Columns asked in one request; more are read by requests beside each other.
const COLUMNS_PER_REQUEST: usize = 16;

/// What a walk brought, and whether something ended it before the agent did.
pub(crate) struct Swept<C> {
    pub columns: Vec<Column<C>>,
    pub truncated: bool,
}

/// Bounds of a walk.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    pub rows: Rows,
    pub until: Instant,
}

impl SnmpEngine {
    /// Reads the subtrees below `roots`. A device that falls silent on the way leaves what it gave so far.
    pub(crate) async fn sweep<C: Cell>(
        &self,
        session: &Arc<Session>,
        roots: &[Oid],
        bounds: Bounds,
        tries: Tries,
    ) -> Result<Swept<C>, Fault> {
        if roots.len() <= COLUMNS_PER_REQUEST {
            return self.sweep_group(session, roots, bounds, tries).await;
        }
        let mut groups = Vec::with_capacity(roots.len().div_ceil(COLUMNS_PER_REQUEST));
        for some in roots.chunks(COLUMNS_PER_REQUEST) {
            groups.push(self.sweep_group(session, some, bounds, tries));
        }
        let parts: Vec<Swept<C>> = stream::iter(groups).buffered(session.parallel()).try_collect().await?;
        let truncated = parts.iter().any(|part| part.truncated);
        Ok(Swept { columns: parts.into_iter().flat_map(|part| part.columns).collect(), truncated })
    }

    async fn sweep_group<C: Cell>(&self, session: &Arc<Session>, roots: &[Oid], bounds: Bounds, tries: Tries) -> Result<Swept<C>, Fault> {
        let mut group = Group::new(roots, bounds.rows);
        let mut truncated = false;
        while group.is_open() {
            if Instant::now() >= bounds.until {
                truncated = true;
                break;
            }
            let (cursors, rows) = group.next();
            let ask = if session.version == Version::V1 { Ask::Next(&cursors) } else { Ask::Bulk(&cursors, rows) };
            let fault = match self.exchange(session, ask, tries).await {
                Ok(bindings) if bindings.is_empty() => Fault::Malformed("no values".to_owned()),
                Ok(bindings) => {
                    group.take(bindings);
                    continue;
                }
                Err(fault) => fault,
            };
            let repetitions = session.repetitions(cursors.len(), rows);
            if let Err(fault) = group.recover(fault, repetitions, || session.bulk_failed()) {
                group.failed = Some(fault);
                break;
            }
        }
        if let Some(fault) = group.failed.take() {
            if group.is_empty() {
                return Err(fault);
            }
            truncated = true;
        }
        truncated |= group.columns.iter().any(|column| matches!(column.end, Some(End::Limit | End::Loop)));
        Ok(Swept { columns: group.columns, truncated })
    }
}

/// Columns that are read together.
struct Group<C> {
    columns: Vec<Column<C>>,
    /// Columns of one request; shrinks when answers do not fit.
    width: usize,
    /// Which columns the last request asked for, in its order.
    asked: Vec<usize>,
    /// What kept the agent from giving all of it.
    failed: Option<Fault>,
}

impl<C: Cell> Group<C> {
    fn new(roots: &[Oid], rows: Rows) -> Self {
        let columns: Vec<Column<C>> = roots.iter().map(|root| Column::new(root, rows)).collect();
        Self { width: columns.len().max(1), columns, asked: Vec::new(), failed: None }
    }

    fn is_open(&self) -> bool {
        self.columns.iter().any(|column| column.end.is_none())
    }

    fn is_empty(&self) -> bool {
        self.columns.iter().all(|column| column.cells.is_empty())
    }

    /// Cursors of the next request, and how many rows they still want at most.
    fn next(&mut self) -> (Vec<WireOid>, usize) {
        let open = self.columns.iter().enumerate().filter(|(_, column)| column.end.is_none());
        self.asked = open.take(self.width).map(|(place, _)| place).collect();
        let cursors = self.asked.iter().map(|place| self.columns[*place].cursor.clone()).collect();
        let rows = self.asked.iter().map(|place| self.columns[*place].wanted()).max().unwrap_or(1);
        (cursors, rows)
    }

    /// Deals the bindings of an answer to its columns: they come row by row (RFC 3416, section 4.2.3).
    fn take(&mut self, bindings: Vec<async_snmp::VarBind>) {
        for (place, binding) in self.asked.iter().cycle().zip(bindings) {
            self.columns[*place].take(binding);
        }
    }

    /// Finds a way on after an error, or gives it back.
    fn recover(&mut self, fault: Fault, repetitions: u32, shrink: impl FnOnce()) -> Result<(), Fault> {
        let Fault::Status { status, oid } = &fault else { return Err(fault) };
        match status {
            ErrorStatus::TooBig if repetitions > 1 => shrink(),
            ErrorStatus::TooBig if self.asked.len() > 1 => self.width = self.asked.len() / 2,
            // how v1 says that a column has no further row (RFC 1157, section 4.1.3)
            ErrorStatus::NoSuchName => self.end_named(oid.as_ref()),
            // what some agents say when they cannot read one object: find out which, and go on without it
            ErrorStatus::GenErr if self.asked.len() > 1 => self.width = 1,
            ErrorStatus::GenErr => {
                self.end_named(oid.as_ref());
                self.failed = Some(fault);
            }
            _ => return Err(fault),
        }
        Ok(())
    }

    fn end_named(&mut self, oid: Option<&WireOid>) {
        let named = self.asked.iter().copied().find(|place| Some(&self.columns[*place].cursor) == oid);
        match (named, self.asked.as_slice()) {
            (Some(place), _) | (None, &[place]) => self.columns[place].end = Some(End::Complete),
            // the agent does not say which one: find out one by one
            (None, _) => self.width = 1,
        }
    }
}
