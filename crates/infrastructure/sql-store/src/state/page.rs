//! A page of a list: keyset walks in both directions (API, section 3).
//!
//! Every order ends in `id` ascending. The rows after a boundary `(x, y)` of a descending order are those with `a = x AND id > y`, and then
//! those with `a < x`: two walks through the index of the order, the second of which is begun where the first does not fill the page. So a
//! page costs the same however many rows tie with its boundary and stand before it. Of an ascending order without a filter both are one walk,
//! `(a, id) > (x, y)`. A page before a boundary is the same with every direction turned, put back in order.
//!
//! Some orders have one index for both directions. Down it the id of what ties would descend, so there a page steps from place to place: what
//! stands at one is a walk up by id, however much it is.
//!
//! Where an index serves the filters in the order of the list, that is all there is to it. Where it serves either the one or the other (a
//! scope, a range, several values), few rows are best found and then sorted, many best met while walking along the order: the store looks
//! which it is, as neither planner nor statistics know.

use sea_query::{Cond, Expr, ExprTrait as _, Func, Order, Query, SelectStatement};
use uuid::Uuid;
use vigie_domain::query::{Cursor, Direction, FieldKind, Filter, Index, ListQuery, Operator, Ordering, Page, Schema, Value};
use vigie_domain::{Clock, Error, Id, Result, Scope};

use super::condition::Parts;
use super::tables::{Size, Table};
use super::{columns, companion, count, indexes};
use crate::engine::{self, Connection, Row, bind};
use crate::error;

/// Reads a page.
pub(crate) async fn read(
    connection: &mut Connection<'_>,
    clock: &dyn Clock,
    schema: &'static Schema,
    scope: &Scope,
    query: &ListQuery,
) -> Result<Page<String>> {
    let walk = Walk::new(schema, query)?;
    let asked = Asked { schema, scope, query, way: Way::of(connection, schema, scope, query).await? };
    let mut found = Found { rows: Vec::new(), wanted: query.limit + 1 };
    if walk.steps(&asked) {
        walk.step(connection, &asked, &mut found).await?;
    } else {
        for statement in walk.statements(&asked) {
            found.add(connection, statement).await?;
        }
    }
    let mut rows = found.rows;
    let more = rows.len() > query.limit;
    rows.truncate(query.limit);
    if walk.backward {
        rows.reverse();
    }
    let (total, total_is_exact) = if query.count { count::estimate(connection, schema, scope, query).await? } else { (None, false) };
    let (before, after) = match (walk.backward, query.cursor.is_some()) {
        (false, came_from) => (came_from, more),
        (true, came_from) => (more, came_from),
    };
    let edge = |row: Option<&Row>, direction| match row {
        Some(row) => walk.boundary(row, direction, clock).map(Some),
        None => Ok(walk.turned(query, direction, clock)),
    };
    Ok(Page {
        next: if after { edge(rows.last(), Direction::Next)? } else { None },
        previous: if before { edge(rows.first(), Direction::Previous)? } else { None },
        results: rows.iter().map(|row| companion::document(schema, row)).collect::<Result<_>>()?,
        total,
        total_is_exact,
    })
}

/// The queries of a page, to be run in turn until it is full: one row more than asked, to see whether others follow. Of one that steps those of
/// the first step.
#[cfg(test)]
pub(crate) fn statements(schema: &'static Schema, scope: &Scope, query: &ListQuery, way: Way) -> Result<Vec<SelectStatement>> {
    let (walk, asked) = (Walk::new(schema, query)?, Asked { schema, scope, query, way });
    if !walk.steps(&asked) {
        return Ok(walk.statements(&asked));
    }
    let Some(cursor) = &query.cursor else { return Ok(vec![walk.next_place(&asked, None)]) };
    let at = Cond::all().add(walk.at(&asked, &cursor.value));
    let ties = walk.statement(&asked, Some(walk.ties(&asked, cursor)));
    Ok(vec![ties, walk.next_place(&asked, Some(&cursor.value)), walk.statement(&asked, Some(at))])
}

/// What is asked for, and how it is come by.
struct Asked<'a> {
    schema: &'static Schema,
    scope: &'a Scope,
    query: &'a ListQuery,
    way: Way,
}

/// The rows found so far, of so many.
struct Found {
    rows: Vec<Row>,
    wanted: usize,
}

impl Found {
    fn is_full(&self) -> bool {
        self.rows.len() >= self.wanted
    }

    async fn add(&mut self, connection: &mut Connection<'_>, mut statement: SelectStatement) -> Result<()> {
        if !self.is_full() {
            statement.limit((self.wanted - self.rows.len()) as u64);
            self.rows.extend(engine::rows(connection, &statement).await.map_err(error::storage)?);
        }
        Ok(())
    }
}

/// Places that a page steps to. Where so many do not fill it few rows stand at each, as a rule, and the rest is sorted where it ties.
const PLACES: usize = 4;

/// How the rows of a page are come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// An index serves filters and order.
    Served,
    /// They are found by the filters, and sorted.
    Sorted,
    /// They are met along the order.
    Walked,
}

impl Way {
    /// Rows that are sorted without being noticed.
    const FEW: u64 = 2_000;

    async fn of(connection: &mut Connection<'_>, schema: &'static Schema, scope: &Scope, query: &ListQuery) -> Result<Self> {
        let grows = Table::of(schema).is_some_and(|t| t.size == Size::Grows);
        if !grows || Parts::of(schema, scope, query).unsettled.is_empty() {
            return Ok(Self::Served);
        }
        let many = count::exceeds(connection, schema, scope, query, Self::FEW).await?;
        Ok(if many { Self::Walked } else { Self::Sorted })
    }

    /// The column as it is, or such that no index serves it.
    fn order(self, column: Expr) -> Expr {
        if self == Self::Sorted { Func::coalesce([column.clone(), column]).into() } else { column }
    }
}

/// How a list is walked.
struct Walk {
    /// The column ordered by before the id, with the kind of its values; `None` when ordered by id alone.
    column: Option<(String, FieldKind)>,
    /// Whether the order is descending.
    descending: bool,
    /// Whether the walk goes against the order.
    backward: bool,
}

impl Walk {
    fn new(schema: &'static Schema, query: &ListQuery) -> Result<Self> {
        let Ordering { field: name, descending } = query.ordering;
        let field = schema.field(name).filter(|f| f.sortable);
        let field =
            field.ok_or_else(|| Error::bad_query("invalid_filter", "ordering", format!("cannot order {} by {name}", schema.table)))?;
        let column = match field.kind {
            _ if name == "id" => None,
            FieldKind::Name => Some((columns::key_column(field), FieldKind::Text)),
            kind => Some((name.to_owned(), kind)),
        };
        let backward = query.cursor.as_ref().is_some_and(|c| c.direction == Direction::Previous);
        if let Some(cursor) = &query.cursor
            && !fits(&cursor.value, column.as_ref().map(|c| c.1))
        {
            return Err(Error::bad_query("invalid_cursor", "cursor", "the cursor belongs to another ordering"));
        }
        Ok(Self { column, descending, backward })
    }

    fn statements(&self, asked: &Asked<'_>) -> Vec<SelectStatement> {
        match &asked.query.cursor {
            None => vec![self.statement(asked, None)],
            Some(cursor) => self.beyond(asked, cursor).into_iter().map(|beyond| self.statement(asked, Some(beyond))).collect(),
        }
    }

    /// Whether the page goes against the only index of its order.
    fn steps(&self, asked: &Asked<'_>) -> bool {
        let Asked { schema, query, way, .. } = *asked;
        let has_one_index = Table::of(schema).is_some_and(|table| table.one_way.contains(&query.ordering.field));
        self.descending && has_one_index && way != Way::Sorted && !finds_few(schema, query) && !all_tie(query)
    }

    /// Finds the rows from place to place: those that tie with the boundary, then those at the next places, then the rest.
    async fn step(&self, connection: &mut Connection<'_>, asked: &Asked<'_>, found: &mut Found) -> Result<()> {
        let Some((_, kind)) = &self.column else { return Ok(()) };
        let mut place = None;
        if let Some(cursor) = &asked.query.cursor {
            found.add(connection, self.statement(asked, Some(self.ties(asked, cursor)))).await?;
            place = Some(cursor.value.clone());
        }
        for _ in 0..PLACES {
            if found.is_full() {
                return Ok(());
            }
            let next = engine::rows(connection, &self.next_place(asked, place.as_ref())).await.map_err(error::storage)?;
            let Some(next) = next.first() else { return Ok(()) };
            let next = next.value(0, *kind)?;
            found.add(connection, self.statement(asked, Some(Cond::all().add(self.at(asked, &next))))).await?;
            place = Some(next);
        }
        let rest = place.map(|place| Cond::all().add(self.behind(asked, &place)));
        found.add(connection, self.statement(asked, rest)).await
    }

    /// The place behind another one, or the first.
    fn next_place(&self, asked: &Asked<'_>, place: Option<&Value>) -> SelectStatement {
        let mut select = Query::select();
        select.expr(self.ordered_by(asked)).from(asked.schema.table);
        filter(&mut select, asked);
        if let Some(place) = place {
            select.and_where(self.behind(asked, place));
        }
        select.order_by_expr(self.ordered_by(asked), order(self.descending != self.backward));
        select.limit(1);
        select
    }

    fn statement(&self, asked: &Asked<'_>, beyond: Option<Cond>) -> SelectStatement {
        let (schema, table) = (asked.schema, asked.schema.table);
        let mut select = Query::select();
        companion::select_document(&mut select, schema);
        select.column((table, "id")).from(table);
        filter(&mut select, asked);
        if let Some(beyond) = beyond {
            select.cond_where(beyond);
        }
        if let Some((column, _)) = &self.column {
            select.column((table, column.clone()));
            select.order_by_expr(self.ordered_by(asked), order(self.descending != self.backward));
        }
        select.order_by_expr(asked.way.order(Expr::col((table, "id"))), order(self.id_descends()));
        select.limit(asked.query.limit as u64 + 1);
        select
    }

    /// What the list is ordered by before the id.
    fn ordered_by(&self, asked: &Asked<'_>) -> Expr {
        let column = self.column.as_ref().map_or("id", |(column, _)| column);
        asked.way.order(Expr::col((asked.schema.table, column.to_owned())))
    }

    fn bound(&self, value: &Value) -> sea_query::Value {
        bind(self.column.as_ref().map_or(FieldKind::Id, |(_, kind)| *kind), value)
    }

    /// At a place.
    fn at(&self, asked: &Asked<'_>, place: &Value) -> Expr {
        self.ordered_by(asked).eq(self.bound(place))
    }

    /// Behind a place, seen in the direction of the walk.
    fn behind(&self, asked: &Asked<'_>, place: &Value) -> Expr {
        let (column, place) = (self.ordered_by(asked), self.bound(place));
        if self.descending == self.backward { column.gt(place) } else { column.lt(place) }
    }

    /// At the place of the boundary, and behind it.
    fn ties(&self, asked: &Asked<'_>, cursor: &Cursor) -> Cond {
        Cond::all().add(self.at(asked, &cursor.value)).add(self.id_behind(asked, cursor))
    }

    fn id_behind(&self, asked: &Asked<'_>, cursor: &Cursor) -> Expr {
        let id = asked.way.order(Expr::col((asked.schema.table, "id")));
        if self.id_descends() { id.lt(cursor.id.0) } else { id.gt(cursor.id.0) }
    }

    /// Behind the boundary where the id goes the way of the order: a comparison of rows, which an index of both serves as it does one column
    /// (PostgreSQL's manual, "Row and Array Comparisons"; SQLite's, "Row Values"). Beside a filter PostgreSQL weighs it by its first column
    /// alone, and takes the wrong index.
    fn both_behind(&self, asked: &Asked<'_>, cursor: &Cursor) -> Expr {
        let row = Expr::tuple([self.ordered_by(asked), Expr::col((asked.schema.table, "id"))]);
        let boundary = Expr::tuple([Expr::val(self.bound(&cursor.value)), Expr::val(cursor.id.0)]);
        if self.backward { row.lt(boundary) } else { row.gt(boundary) }
    }

    /// The id ascends, except when it is all that the order is made of and that descends; and the other way round going back.
    fn id_descends(&self) -> bool {
        (self.column.is_none() && self.descending) != self.backward
    }

    /// The rows behind the boundary, seen in the direction of the walk: those that tie with it, then the others. Where few rows are found and
    /// sorted, both are one condition.
    fn beyond(&self, asked: &Asked<'_>, cursor: &Cursor) -> Vec<Cond> {
        if self.column.is_none() {
            return vec![Cond::all().add(self.id_behind(asked, cursor))];
        }
        let (ties, strict) = (self.ties(asked, cursor), self.behind(asked, &cursor.value));
        if asked.way == Way::Sorted || finds_few(asked.schema, asked.query) {
            let (column, place) = (self.ordered_by(asked), self.bound(&cursor.value));
            let bound = if self.descending == self.backward { column.gte(place) } else { column.lte(place) };
            return vec![Cond::all().add(bound).add(Cond::any().add(strict).add(ties))];
        }
        if all_tie(asked.query) {
            return vec![ties];
        }
        if !self.descending && Parts::of(asked.schema, asked.scope, asked.query).is_empty() {
            return vec![Cond::all().add(self.both_behind(asked, cursor))];
        }
        vec![ties, Cond::all().add(strict)]
    }

    /// The cursor at a row of the page.
    fn boundary(&self, row: &Row, direction: Direction, clock: &dyn Clock) -> Result<Cursor> {
        let value = match &self.column {
            Some((_, kind)) => row.value(companion::DOCUMENT_COLUMNS + 1, *kind)?,
            None => Value::Null,
        };
        Ok(Cursor { value, id: row.id(companion::DOCUMENT_COLUMNS)?, direction, made_at: clock.now() })
    }

    /// The way back from a page that became empty: the boundary it was asked with, moved by the least step so that the row there is seen.
    fn turned(&self, query: &ListQuery, direction: Direction, clock: &dyn Clock) -> Option<Cursor> {
        let cursor = query.cursor.as_ref()?;
        let number = cursor.id.0.as_u128();
        let number = if self.id_descends() { number.saturating_sub(1) } else { number.saturating_add(1) };
        Some(Cursor { value: cursor.value.clone(), id: Id(Uuid::from_u128(number)), direction, made_at: clock.now() })
    }
}

/// The conditions of the list itself.
fn filter(select: &mut SelectStatement, asked: &Asked<'_>) {
    let Parts { settled, unsettled } = Parts::of(asked.schema, asked.scope, asked.query);
    select.cond_where(settled);
    if asked.way == Way::Walked {
        select.and_where(Func::coalesce([unsettled.into(), Expr::cust("FALSE")]).into());
    } else {
        select.cond_where(unsettled);
    }
}

/// Whether a filter leaves one place of the order.
fn all_tie(query: &ListQuery) -> bool {
    query.filters.iter().any(|f| equals(f) && f.field.name == query.ordering.field)
}

/// Whether a filter leaves so few rows that an index has it alone, without the order.
fn finds_few(schema: &'static Schema, query: &ListQuery) -> bool {
    let Some(table) = Table::of(schema) else { return true };
    table.size == Size::Small
        || query.filters.iter().any(|f| equals(f) && f.field.index == Index::Indexed && !indexes::is_composite(table, f.field))
}

/// Whether a filter is for one value of a column of the list.
fn equals(filter: &Filter) -> bool {
    filter.relation.is_none() && filter.operator == Operator::Eq
}

fn order(descends: bool) -> Order {
    if descends { Order::Desc } else { Order::Asc }
}

/// Whether a boundary can stand in a column of this kind.
fn fits(value: &Value, kind: Option<FieldKind>) -> bool {
    match kind {
        None => *value == Value::Null,
        Some(FieldKind::Text | FieldKind::Name | FieldKind::Enum(_)) => matches!(value, Value::Text(_)),
        Some(FieldKind::Int | FieldKind::Time) => matches!(value, Value::Int(_)),
        Some(FieldKind::Real) => matches!(value, Value::Real(_)),
        Some(FieldKind::Bool) => matches!(value, Value::Bool(_)),
        Some(FieldKind::Id) => matches!(value, Value::Id(_)),
        Some(FieldKind::Ip) => matches!(value, Value::Bytes(_)),
    }
}
