//! Filters of lists: `field__op=value` (API, section 3).

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Field, FieldKind, Index, Relation, Schema, Value, ip_key};
use crate::{Error, Id, Result, Timestamp};

/// How a column is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// Equal; also written without an operator.
    Eq,
    /// Not equal.
    Ne,
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
    /// One of a comma-separated list.
    In,
    /// None of a comma-separated list.
    Nin,
    /// Contains the text.
    Contains,
    /// Contains the text, whatever its case.
    IContains,
    /// Starts with the text.
    StartsWith,
    /// Ends with the text.
    EndsWith,
    /// Is unknown (`true`) or known (`false`).
    IsNull,
    /// The address lies in this network.
    Cidr,
}

const OPERATORS: [(&str, Operator); 14] = [
    ("eq", Operator::Eq),
    ("ne", Operator::Ne),
    ("lt", Operator::Lt),
    ("lte", Operator::Lte),
    ("gt", Operator::Gt),
    ("gte", Operator::Gte),
    ("in", Operator::In),
    ("nin", Operator::Nin),
    ("contains", Operator::Contains),
    ("icontains", Operator::IContains),
    ("startswith", Operator::StartsWith),
    ("endswith", Operator::EndsWith),
    ("isnull", Operator::IsNull),
    ("cidr", Operator::Cidr),
];

impl Operator {
    /// The operators a kind of column takes, by name.
    pub fn of(kind: FieldKind) -> &'static [&'static str] {
        match kind {
            FieldKind::Text | FieldKind::Name => {
                &["eq", "ne", "in", "nin", "contains", "icontains", "startswith", "endswith", "isnull", "lt", "lte", "gt", "gte"]
            }
            FieldKind::Enum(_) | FieldKind::Id => &["eq", "ne", "in", "nin", "isnull"],
            FieldKind::Bool => &["eq", "ne"],
            FieldKind::Int | FieldKind::Real => &["eq", "ne", "lt", "lte", "gt", "gte", "in", "nin", "isnull"],
            FieldKind::Time => &["eq", "lt", "lte", "gt", "gte", "isnull"],
            FieldKind::Ip => &["eq", "ne", "in", "nin", "cidr", "isnull"],
        }
    }

    /// Its name in the API.
    pub fn name(self) -> &'static str {
        OPERATORS.iter().find(|(_, op)| *op == self).map_or("eq", |(name, _)| name)
    }
}

/// A condition on one column, possibly one step away.
#[derive(Clone, Debug)]
pub struct Filter {
    /// The step to another resource, if any.
    pub relation: Option<&'static Relation>,
    /// The column.
    pub field: &'static Field,
    /// The comparison.
    pub operator: Operator,
    /// What it is compared with: one value, or several for `in`, `nin`; two (first, last address) for `cidr`.
    pub values: Vec<Value>,
}

impl Filter {
    /// A condition made in code. `field` must be a column of the schema.
    pub fn on(schema: &'static Schema, field: &str, operator: Operator, values: impl IntoIterator<Item = Value>) -> Result<Self> {
        let field = schema
            .field(field)
            .ok_or_else(|| Error::bad_query("invalid_filter", field, format!("{} has no column {field}", schema.table)))?;
        Ok(Self { relation: None, field, operator, values: values.into_iter().collect() })
    }

    /// `field = value`, made in code.
    pub fn eq(schema: &'static Schema, field: &str, value: impl Into<Value>) -> Result<Self> {
        Self::on(schema, field, Operator::Eq, [value.into()])
    }

    /// Whether it can be served alone on a large table.
    pub fn is_indexed(&self) -> bool {
        let narrow = !matches!(
            self.operator,
            Operator::Ne | Operator::Nin | Operator::Contains | Operator::IContains | Operator::EndsWith | Operator::IsNull
        );
        self.relation.is_none() && self.field.index == Index::Indexed && narrow
    }
}

/// Reads `key=value` of a query string; `now` resolves relative times.
pub fn parse_filter(schema: &'static Schema, key: &str, value: &str, now: Timestamp) -> Result<Filter> {
    let (relation, field, operator) = resolve(schema, key)?;
    let values = match operator {
        Operator::In | Operator::Nin => value.split(',').map(|v| parse_value(field, key, v.trim(), now)).collect::<Result<Vec<_>>>()?,
        Operator::IsNull => vec![parse_bool(key, value)?],
        Operator::Cidr => parse_cidr(key, value)?,
        _ => vec![parse_value(field, key, value, now)?],
    };
    if values.len() > 100 {
        return Err(bad(key, "at most 100 values can be listed"));
    }
    Ok(Filter { relation, field, operator, values })
}

type Resolved = (Option<&'static Relation>, &'static Field, Operator);

fn resolve(schema: &'static Schema, key: &str) -> Result<Resolved> {
    let mut parts = key.split("__");
    let first = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    if let Some(field) = schema.field(first) {
        return Ok((None, field, operator_of(field, key, &rest)?));
    }
    if let (Some(relation), [name, op @ ..]) = (schema.relations.iter().find(|r| r.name == first), rest.as_slice())
        && let Some(field) = (relation.schema)().field(name)
    {
        return Ok((Some(relation), field, operator_of(field, key, op)?));
    }
    let mut valid: Vec<_> = std::iter::once("id").chain(schema.fields.iter().map(|f| f.name)).collect();
    valid.sort_unstable();
    let steps: Vec<_> = schema.relations.iter().map(|r| format!("{}__<field>", r.name)).collect();
    Err(bad(
        key,
        format!("there is no filter {first}; valid filters are {}", [valid.join(", "), steps.join(", ")].join(", ").trim_end_matches(", ")),
    ))
}

fn operator_of(field: &'static Field, key: &str, rest: &[&str]) -> Result<Operator> {
    let valid = Operator::of(field.kind);
    let name = match rest {
        [] => "eq",
        [name] => name,
        _ => return Err(bad(key, "a filter is field__operator, or relation__field__operator")),
    };
    match OPERATORS.iter().find(|(n, _)| *n == name && valid.contains(n)) {
        Some((_, operator)) => Ok(*operator),
        None => Err(bad(key, format!("{} does not take {name}; valid operators are {}", field.name, valid.join(", ")))),
    }
}

fn parse_value(field: &Field, key: &str, text: &str, now: Timestamp) -> Result<Value> {
    match field.kind {
        FieldKind::Text | FieldKind::Name => Ok(text.into()),
        FieldKind::Enum(words) if words.contains(&text) => Ok(text.into()),
        FieldKind::Enum(words) => Err(bad(key, format!("{text} is not one of {}", words.join(", ")))),
        FieldKind::Int => text.parse::<i64>().map(Value::Int).map_err(|_| bad(key, format!("{text} is not a whole number"))),
        FieldKind::Real => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::Real(number)),
            _ => Err(bad(key, format!("{text} is not a number"))),
        },
        FieldKind::Bool => parse_bool(key, text),
        FieldKind::Time => Timestamp::parse_moment(text, now)
            .map(Into::into)
            .ok_or_else(|| bad(key, format!("{text} is not a time: write 2026-11-23T09:05:40Z, -1h or now"))),
        FieldKind::Id => text.parse::<Id>().map(Value::Id).map_err(|_| bad(key, format!("{text} is not an identifier"))),
        FieldKind::Ip => text.parse::<IpAddr>().map(Value::from).map_err(|_| bad(key, format!("{text} is not an IP address"))),
    }
}

fn parse_bool(key: &str, text: &str) -> Result<Value> {
    match text {
        "true" | "1" => Ok(Value::Bool(true)),
        "false" | "0" => Ok(Value::Bool(false)),
        _ => Err(bad(key, format!("{text} is neither true nor false"))),
    }
}

fn parse_cidr(key: &str, text: &str) -> Result<Vec<Value>> {
    let net: IpNet = text.parse().map_err(|_| bad(key, format!("{text} is not a network such as 10.0.0.0/8")))?;
    Ok(vec![Value::Bytes(ip_key(net.network()).to_vec()), Value::Bytes(ip_key(net.broadcast()).to_vec())])
}

fn bad(key: &str, message: impl Into<String>) -> Error {
    Error::bad_query("invalid_filter", key, message)
}
