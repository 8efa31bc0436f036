//! Lists of what is no table: few rows, filtered, ordered and cut in memory as a store would do it.

use std::cmp::Ordering as Order;

use super::{Cursor, Direction, Filter, ListQuery, Operator, Ordering, Page, Schema, Value};
use crate::store::Entity;
use crate::{Id, Timestamp};

/// The page of these rows that the query asks for. Relations are not followed: no row matches a filter on one.
pub fn page_of<E: Entity>(rows: Vec<E>, query: &ListQuery) -> Page<E> {
    let mut kept: Vec<(Value, E)> = rows
        .into_iter()
        .filter_map(|row| {
            let columns = row.columns();
            let fits = query.filters.iter().all(|filter| holds(E::SCHEMA, row.id(), &columns, filter)) && finds(E::SCHEMA, &columns, query);
            fits.then(|| (value_of(E::SCHEMA, row.id(), &columns, query.ordering.field), row))
        })
        .collect();
    kept.sort_by(|(a, x), (b, y)| place(query.ordering, (a, x.id()), (b, y.id())));
    let total = kept.len();
    let (from, to) = span(query, &kept.iter().map(|(value, row)| (value, row.id())).collect::<Vec<_>>());
    let cursor = |at: usize, direction| {
        let (value, row) = &kept[at];
        Cursor { value: value.clone(), id: row.id(), direction, made_at: Timestamp(0) }
    };
    let next = (to < total && to > 0).then(|| cursor(to - 1, Direction::Next));
    let previous = (from > 0 && from < total).then(|| cursor(from, Direction::Previous));
    let results = kept.into_iter().skip(from).take(to - from).map(|(_, row)| row).collect();
    Page { results, next, previous, total: query.count.then_some(total as u64), total_is_exact: true }
}

/// The first row of the page and the one behind its last.
fn span(query: &ListQuery, rows: &[(&Value, Id)]) -> (usize, usize) {
    let Some(cursor) = &query.cursor else { return (0, query.limit.min(rows.len())) };
    let boundary = (&cursor.value, cursor.id);
    if cursor.direction == Direction::Next {
        let from = rows.partition_point(|row| place(query.ordering, *row, boundary) != Order::Greater);
        return (from, from.saturating_add(query.limit).min(rows.len()));
    }
    let to = rows.partition_point(|row| place(query.ordering, *row, boundary) == Order::Less);
    (to.saturating_sub(query.limit), to)
}

/// Every order ends in the id, ascending.
fn place(ordering: Ordering, (a, x): (&Value, Id), (b, y): (&Value, Id)) -> Order {
    let by_value = compare(a, b).unwrap_or(Order::Equal);
    let by_value = if ordering.descending { by_value.reverse() } else { by_value };
    by_value.then(x.cmp(&y))
}

fn value_of(schema: &Schema, id: Id, columns: &[Value], field: &str) -> Value {
    if field == "id" {
        return Value::Id(id);
    }
    let at = schema.fields.iter().position(|known| known.name == field);
    at.and_then(|at| columns.get(at)).cloned().unwrap_or(Value::Null)
}

fn finds(schema: &Schema, columns: &[Value], query: &ListQuery) -> bool {
    let Some(search) = &query.search else { return true };
    let found = |word: &str| {
        let mut texts = schema.search.iter().map(|name| value_of(schema, Id::fixed(0), columns, name));
        texts.any(|value| text(&value).to_lowercase().contains(word))
    };
    search.to_lowercase().split_whitespace().all(found)
}

fn holds(schema: &Schema, id: Id, columns: &[Value], filter: &Filter) -> bool {
    if filter.relation.is_some() {
        return false;
    }
    let value = value_of(schema, id, columns, filter.field.name);
    let first = filter.values.first().unwrap_or(&Value::Null);
    let is = |order: &[Order]| compare(&value, first).is_some_and(|found| order.contains(&found));
    let among = || filter.values.contains(&value);
    match filter.operator {
        Operator::Eq => value == *first,
        Operator::Ne => value != *first,
        Operator::Lt => is(&[Order::Less]),
        Operator::Lte => is(&[Order::Less, Order::Equal]),
        Operator::Gt => is(&[Order::Greater]),
        Operator::Gte => is(&[Order::Greater, Order::Equal]),
        Operator::In => among(),
        Operator::Nin => !among(),
        Operator::Contains => text(&value).contains(text(first)),
        Operator::IContains => text(&value).to_lowercase().contains(&text(first).to_lowercase()),
        Operator::StartsWith => text(&value).starts_with(text(first)),
        Operator::EndsWith => text(&value).ends_with(text(first)),
        Operator::IsNull => (value == Value::Null) == (*first != Value::Bool(false)),
        Operator::Cidr => match (&value, filter.values.as_slice()) {
            (Value::Bytes(address), [Value::Bytes(low), Value::Bytes(high)]) => low <= address && address <= high,
            _ => false,
        },
    }
}

fn text(value: &Value) -> &str {
    if let Value::Text(text) = value { text } else { "" }
}

/// How two values of a column stand to each other; `None` where one is unknown.
fn compare(a: &Value, b: &Value) -> Option<Order> {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Real(a), Value::Real(b)) => a.partial_cmp(b),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Id(a), Value::Id(b)) => Some(a.cmp(b)),
        (Value::Bytes(a), Value::Bytes(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::parse_filter;
    use crate::system::{Backup, BackupCheck, BackupOrigin};

    fn backups() -> Vec<Backup> {
        let backup = |number: u128, name: &str, created_at: i64, origin| Backup {
            id: Id::fixed(number),
            name: name.to_owned(),
            created_at: Timestamp(created_at),
            size_bytes: 10 * number as u64,
            encrypted: number.is_multiple_of(2),
            origin,
            engine: None,
            schema_version: None,
            vigie_version: None,
            rows: None,
            events: None,
            has_master_key: None,
            check: BackupCheck::Unknown,
            checked_at: None,
            problem: None,
            drill: BackupCheck::Unknown,
            drilled_at: None,
            drill_problem: None,
            copies: Vec::new(),
        };
        let (schedule, manual) = (Some(BackupOrigin::Schedule), Some(BackupOrigin::Manual));
        // two of one moment: the id decides
        vec![backup(3, "c", 300, None), backup(1, "a-night", 100, schedule), backup(2, "b", 200, manual), backup(4, "d", 200, schedule)]
    }

    fn names(page: &Page<Backup>) -> String {
        page.results.iter().map(|row| row.name.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_walk_meets_each_row_once_in_both_directions() {
        for (field, descending, whole) in [
            ("created_at", false, "a-night b d c"),
            ("created_at", true, "c b d a-night"),
            ("id", false, "a-night b c d"),
            ("id", true, "d c b a-night"),
            ("size_bytes", true, "d c b a-night"),
        ] {
            let query = ListQuery { count: true, ..ListQuery::all(3) }.order(field, descending);
            let first = page_of(backups(), &query);
            assert!(first.previous.is_none() && first.total == Some(4) && first.total_is_exact);
            let second = page_of(backups(), &query.clone().after(first.next.clone()));
            assert!(second.next.is_none());
            assert_eq!(format!("{} {}", names(&first), names(&second)), whole, "{field}");
            let back = page_of(backups(), &query.after(second.previous));
            assert_eq!(names(&back), names(&first));
            assert_eq!(back.next, first.next);
        }
    }

    #[test]
    fn filters_hold_as_in_a_store() {
        for (key, value, found) in [
            ("name", "b", "b"),
            ("name__contains", "igh", "a-night"),
            ("name__startswith", "a", "a-night"),
            ("name__endswith", "T", ""),
            ("name__icontains", "NIGHT", "a-night"),
            ("name__in", "b,c", "b c"),
            ("name__nin", "b,c", "a-night d"),
            ("size_bytes__gt", "20", "c d"),
            ("size_bytes__lte", "20", "a-night b"),
            ("encrypted", "true", "b d"),
            ("origin", "schedule", "a-night d"),
            ("origin__ne", "schedule", "b c"),
            ("origin__isnull", "true", "c"),
            ("origin__isnull", "false", "a-night b d"),
            ("created_at__lt", "1970-01-01T00:00:00.200Z", "a-night"),
            ("created_at__gte", "1970-01-01T00:00:00.200Z", "b c d"),
            ("id", &Id::fixed(3).to_string(), "c"),
        ] {
            let query = ListQuery::all(9).filter(parse_filter(Backup::SCHEMA, key, value, Timestamp(0)).unwrap());
            assert_eq!(names(&page_of(backups(), &query)), found, "{key}={value}");
        }
        let query = ListQuery { search: Some("NIGHT a".to_owned()), ..ListQuery::all(9) };
        assert_eq!(names(&page_of(backups(), &query)), "a-night");
    }
}
