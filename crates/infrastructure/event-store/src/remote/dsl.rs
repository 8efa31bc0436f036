//! Searches in the query language of Elasticsearch and OpenSearch.

use std::ops::Bound;

use serde_json::{Value, json};
use vigie_domain::search::{Condition, EventQuery, Place, Sort, SortMark};
use vigie_domain::telemetry::event::AT;
use vigie_domain::telemetry::{EventField, EventValue};

use super::mapping::field_name;
use crate::wire::{self, Dialect};

/// The body of a search.
pub(super) fn body(query: &EventQuery, condition: &Condition) -> Value {
    let accepted = json!({ "range": { "at": { "gte": query.from.0, "lt": query.to.0, "format": "epoch_millis" } } });
    let mut body = json!({
        "size": query.limit,
        "track_total_hits": query.count,
        "query": { "bool": { "filter": [accepted, clause(condition)] } },
        "sort": sort(query.sort),
    });
    if let Some(after) = query.after {
        body["search_after"] = search_after(query.sort, after);
    }
    if !query.aggregations.is_empty() {
        body["aggs"] = wire::request(&query.aggregations, Dialect::Cluster);
    }
    body
}

fn sort(sort: Sort) -> Value {
    let by = |name: &str, order: &str| json!({ name: { "order": order } });
    let typed = |order: &str| json!([{ "at": { "order": order, "unmapped_type": "date" } }, { "id": { "order": order, "unmapped_type": "keyword" } }]);
    match sort {
        Sort::Newest | Sort::Best => typed("desc"),
        Sort::Oldest => typed("asc"),
        Sort::By(field, descending) => {
            let order = if descending { "desc" } else { "asc" };
            let mut first = by(field.name, order);
            first[field.name]["missing"] = "_last".into();
            first[field.name]["unmapped_type"] = "long".into();
            json!([first, typed("desc")[0], typed("desc")[1]])
        }
    }
}

fn search_after(sort: Sort, mark: SortMark) -> Value {
    let rest = [json!(mark.at.0), json!(mark.id.to_string())];
    match sort {
        Sort::Newest | Sort::Oldest | Sort::Best => json!(rest),
        Sort::By(_, descending) => {
            // events without a value stand where the last of all values would
            let last = if descending { i64::MIN } else { i64::MAX };
            json!([mark.value.unwrap_or(last), rest[0], rest[1]])
        }
    }
}

fn clause(condition: &Condition) -> Value {
    match condition {
        Condition::Everything => json!({ "match_all": {} }),
        Condition::All(all) if all.is_empty() => json!({ "match_all": {} }),
        Condition::All(all) => json!({ "bool": { "filter": all.iter().map(clause).collect::<Vec<_>>() } }),
        Condition::Any(any) => one_of(&any.iter().map(clause).collect::<Vec<_>>()),
        Condition::Not(not) => json!({ "bool": { "must_not": [clause(not)] } }),
        Condition::Word(place, word) => in_fields(*place, "term", word),
        Condition::Phrase(words) if words.is_empty() => nothing(),
        Condition::Phrase(words) => json!({ "match_phrase": { "words": words.join(" ") } }),
        Condition::Beginning(place, beginning) => in_fields(*place, "prefix", beginning),
        Condition::OneOf(_, values) if values.is_empty() => nothing(),
        Condition::OneOf(field, values) => json!({ "terms": { field.name: values.iter().map(plain).collect::<Vec<_>>() } }),
        Condition::StartsWith(field, beginning) => json!({ "prefix": { field.name: { "value": beginning } } }),
        Condition::Between(field, from, to) => between(field, from, to),
        Condition::Exists(field) => json!({ "exists": { "field": field_name(field) } }),
    }
}

fn nothing() -> Value {
    json!({ "match_none": {} })
}

fn one_of(clauses: &[Value]) -> Value {
    if clauses.is_empty() { nothing() } else { json!({ "bool": { "should": clauses, "minimum_should_match": 1 } }) }
}

/// The same asked of each field in which words stand.
fn in_fields(place: Place, question: &str, text: &str) -> Value {
    one_of(&fields(place).iter().map(|field| json!({ question: { *field: { "value": text } } })).collect::<Vec<_>>())
}

fn fields(place: Place) -> &'static [&'static str] {
    match place {
        Place::Anywhere => &["words", "parts", "about"],
        Place::Message => &["words", "parts"],
    }
}

fn between(field: &EventField, from: &Bound<EventValue>, to: &Bound<EventValue>) -> Value {
    let mut range = json!({});
    match from {
        Bound::Included(value) => range["gte"] = plain(value),
        Bound::Excluded(value) => range["gt"] = plain(value),
        Bound::Unbounded => {}
    }
    match to {
        Bound::Included(value) => range["lte"] = plain(value),
        Bound::Excluded(value) => range["lt"] = plain(value),
        Bound::Unbounded => {}
    }
    if field.number == AT.number {
        range["format"] = "epoch_millis".into();
    }
    json!({ "range": { field.name: range } })
}

fn plain(value: &EventValue) -> Value {
    match value {
        EventValue::Text(text) => text.as_str().into(),
        EventValue::Integer(number) => (*number).into(),
        EventValue::Address(address) => address.to_string().into(),
        EventValue::Time(at) => at.0.into(),
    }
}
