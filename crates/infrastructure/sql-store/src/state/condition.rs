//! Filters, search and scope as conditions of a query.

use sea_query::{Cond, Expr, ExprTrait as _, Func, LikeExpr, Query};
use vigie_domain::Scope;
use vigie_domain::query::{Field, FieldKind, Filter, ListQuery, Operator, Schema, Value, natural_key};

use super::{columns, scope};
use crate::engine::bind;

/// All that the rows of a list must hold.
pub(crate) fn all(schema: &'static Schema, scope: &Scope, filters: &[Filter], search: Option<&str>) -> Cond {
    let filters = filters.iter().map(|f| of_filter(schema, scope, f));
    let search = search.map(|text| of_search(schema, scope, text));
    filters.chain(search).chain(scope::condition(schema, scope)).fold(Cond::all(), Cond::add)
}

/// The same in two parts: what an index serves in the order of the list or none serves at all, and what an index serves in another order.
pub(crate) struct Parts {
    pub(crate) settled: Cond,
    pub(crate) unsettled: Cond,
}

impl Parts {
    pub(crate) fn of(schema: &'static Schema, scope: &Scope, query: &ListQuery) -> Self {
        let (unsettled, settled): (Vec<_>, Vec<_>) = query.filters.iter().partition(|f| is_unsettled(f, query.ordering.field));
        let of = |filters: Vec<&Filter>| filters.into_iter().map(|f| of_filter(schema, scope, f)).fold(Cond::all(), Cond::add);
        let search = query.search.as_deref().map(|text| of_search(schema, scope, text));
        Self {
            settled: search.into_iter().fold(of(settled), Cond::add),
            unsettled: scope::condition(schema, scope).into_iter().fold(of(unsettled), Cond::add),
        }
    }

    /// Whether every row is in the list.
    pub(crate) fn is_empty(&self) -> bool {
        self.settled.is_empty() && self.unsettled.is_empty()
    }
}

/// Steps to another resource, several values, and ranges, but for those of the column that is ordered by.
fn is_unsettled(filter: &Filter, ordered_by: &str) -> bool {
    match filter.operator {
        _ if filter.relation.is_some() => true,
        Operator::In => filter.values.len() > 1,
        Operator::Lt | Operator::Lte | Operator::Gt | Operator::Gte | Operator::StartsWith | Operator::Cidr => {
            filter.field.name != ordered_by
        }
        _ => false,
    }
}

/// A filter; one a step away looks at what the caller may see of the other resource.
fn of_filter(schema: &'static Schema, scope: &Scope, filter: &Filter) -> Cond {
    let Some(relation) = filter.relation else { return told(schema, scope, &[filter.field], compare(schema, filter)) };
    let other = (relation.schema)();
    let mut ids = Query::select();
    ids.column((other.table, "id")).from(other.table).cond_where(told(other, scope, &[filter.field], compare(other, filter)));
    if let Some(visible) = scope::condition(other, scope) {
        ids.cond_where(visible);
    }
    Cond::all().add(Expr::col((schema.table, relation.column)).in_subquery(ids))
}

/// The condition on rows whose columns of these fields are told to the caller: what it does not see, it does not find anything by.
fn told(schema: &'static Schema, scope: &Scope, fields: &[&Field], condition: Cond) -> Cond {
    let with: Vec<_> = fields.iter().flat_map(|f| f.seen_with).copied().collect();
    match scope::seeing_all(schema, &with, scope) {
        Some(seen) if !with.is_empty() => Cond::all().add(condition).add(seen),
        _ => condition,
    }
}

/// A comparison with a column. What is unknown is also not equal, and in no list.
fn compare(schema: &'static Schema, filter: &Filter) -> Cond {
    let field = filter.field;
    let column = || Expr::col((schema.table, field.name));
    let value = || bind(field.kind, filter.values.first().unwrap_or(&Value::Null));
    let values = || filter.values.iter().map(|v| bind(field.kind, v));
    let text = || if let Some(Value::Text(text)) = filter.values.first() { text.as_str() } else { "" };
    let is_null = filter.values.first().is_none_or(|v| *v == Value::Null);
    let one = |expression: Expr| Cond::all().add(expression);
    match filter.operator {
        Operator::Eq if is_null => one(column().is_null()),
        Operator::Ne if is_null => one(column().is_not_null()),
        Operator::Eq => equal(schema, field, value(), text()),
        Operator::Ne => Cond::any().add(column().ne(value())).add(column().is_null()),
        Operator::Lt => one(column().lt(value())),
        Operator::Lte => one(column().lte(value())),
        Operator::Gt => one(column().gt(value())),
        Operator::Gte => one(column().gte(value())),
        Operator::In => one(column().is_in(values())),
        Operator::Nin => Cond::any().add(column().is_not_in(values())).add(column().is_null()),
        Operator::Contains => one(column().like(pattern(&format!("%{}%", escape(text()))))),
        Operator::IContains => contains_any_case(schema, field, text()),
        Operator::StartsWith => starts_with(schema, field, text()),
        Operator::EndsWith => one(column().like(pattern(&format!("%{}", escape(text()))))),
        Operator::IsNull if filter.values.first() == Some(&Value::Bool(false)) => one(column().is_not_null()),
        Operator::IsNull => one(column().is_null()),
        Operator::Cidr => {
            let last = bind(field.kind, filter.values.get(1).unwrap_or(&Value::Null));
            one(column().gte(value())).add(column().lte(last))
        }
    }
}

/// Names are looked up by their natural key, which is indexed; two names can share one (`sw-3`, `sw-03`).
fn equal(schema: &'static Schema, field: &Field, value: sea_query::Value, text: &str) -> Cond {
    let condition = Cond::all().add(Expr::col((schema.table, field.name)).eq(value));
    if field.kind != FieldKind::Name {
        return condition;
    }
    condition.add(Expr::col((schema.table, columns::key_column(field))).eq(natural_key(text)))
}

/// A range, which an index serves. Of a name the range of its key too: the key of `sw-1…` begins with that of `sw-`.
fn starts_with(schema: &'static Schema, field: &Field, prefix: &str) -> Cond {
    let condition = Cond::all().add(range(Expr::col((schema.table, field.name)), prefix));
    let settled = prefix.trim_end_matches(|c: char| c.is_ascii_digit());
    if field.kind != FieldKind::Name || settled.is_empty() {
        return condition;
    }
    condition.add(range(Expr::col((schema.table, columns::key_column(field))), &natural_key(settled)))
}

fn range(column: Expr, prefix: &str) -> Cond {
    let from = Cond::all().add(column.clone().gte(prefix));
    match successor(prefix) {
        Some(end) => from.add(column.lt(end)),
        None => from,
    }
}

/// The least text greater than everything that begins with the prefix.
fn successor(prefix: &str) -> Option<String> {
    let mut end = prefix.to_owned();
    while let Some(last) = end.pop() {
        if let Some(next) = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32) {
            end.push(next);
            return Some(end);
        }
    }
    None
}

/// The engine folds ASCII alone, so the text is looked for as it is in lower case and as it is in upper case: that finds `École` by `école`.
fn contains_any_case(schema: &'static Schema, field: &Field, text: &str) -> Cond {
    let lowered = || Func::lower(Expr::col((schema.table, field.name)));
    let of = |text: &str| pattern(&format!("%{}%", escape(text)));
    let (lower, upper) = (text.to_lowercase(), text.to_uppercase().to_ascii_lowercase());
    let condition = Cond::any().add(Expr::from(lowered()).like(of(&lower)));
    if lower == upper { condition } else { condition.add(Expr::from(lowered()).like(of(&upper))) }
}

/// Every word stands in one of the searched columns.
fn of_search(schema: &'static Schema, scope: &Scope, text: &str) -> Cond {
    if schema.search.is_empty() {
        return Cond::all();
    }
    let searched: Vec<&Field> = schema.search.iter().filter_map(|name| schema.field(name)).collect();
    let words = text.split_whitespace().take(16).map(str::to_lowercase);
    let found =
        words.fold(Cond::all(), |all, word| all.add(Expr::col((schema.table, "search")).like(pattern(&format!("%{}%", escape(&word))))));
    told(schema, scope, &searched, found)
}

fn pattern(text: &str) -> LikeExpr {
    LikeExpr::new(text).escape('\\')
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_successor_bounds_a_prefix() {
        assert_eq!(successor("sw-").as_deref(), Some("sw."));
        assert_eq!(successor("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(successor("\u{d7ff}").as_deref(), Some("\u{e000}"));
        assert_eq!(successor("\u{10ffff}"), None);
    }
}
