//! Figures in the JSON that Elasticsearch, OpenSearch and tantivy share, and their answers.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::{Map, Value, json};
use vigie_domain::search::{Aggregation, AggregationAnswer, Bucket, Stats};
use vigie_domain::telemetry::{EventField, EventValue, FieldType};
use vigie_domain::{Error, ErrorKind, Result, Timestamp};

/// How an engine differs from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Tantivy,
    Cluster,
}

/// What to ask. Tantivy is not asked for different values: it counts them too coarsely.
pub(crate) fn request(aggregations: &[(String, Aggregation)], dialect: Dialect) -> Value {
    let asked = aggregations.iter().filter(|(_, one)| dialect == Dialect::Cluster || !matches!(one, Aggregation::Cardinality(_)));
    Value::Object(asked.map(|(name, aggregation)| (name.clone(), one(aggregation, dialect))).collect())
}

fn one(aggregation: &Aggregation, dialect: Dialect) -> Value {
    let (mut body, inner) = match aggregation {
        Aggregation::Terms { field, attribute, size, inner } => (terms(field, attribute.as_deref(), *size, dialect), inner.as_slice()),
        Aggregation::Timeline { interval, inner } => {
            let interval = format!("{}ms", interval.as_millis());
            (json!({ "date_histogram": { "field": "at", "fixed_interval": interval, "min_doc_count": 1 } }), inner.as_slice())
        }
        Aggregation::Stats(field) => (json!({ "stats": { "field": field.name } }), &[][..]),
        Aggregation::Percentiles(field, percents) => {
            let mut body = json!({ "field": field.name, "percents": percents, "keyed": false });
            if dialect == Dialect::Cluster {
                body["tdigest"] = json!({ "compression": 1000 });
            }
            (json!({ "percentiles": body }), &[][..])
        }
        Aggregation::Cardinality(field) => (json!({ "cardinality": { "field": field.name, "precision_threshold": 40_000 } }), &[][..]),
    };
    if !inner.is_empty() {
        body["aggs"] = request(inner, dialect);
    }
    body
}

fn terms(field: &EventField, attribute: Option<&str>, size: usize, dialect: Dialect) -> Value {
    // some more than asked for, so that equal counts are told apart by their values here
    let mut body = json!({ "field": field.name, "size": more(size) });
    match dialect {
        Dialect::Tantivy => body["segment_size"] = json!(65_000),
        Dialect::Cluster => body["shard_size"] = json!(20_000),
    }
    if let Some(key) = attribute {
        body["include"] = json!(format!("{}=.*", key.replace('.', "\\.").replace('-', "\\-")));
    }
    json!({ "terms": body })
}

fn more(size: usize) -> usize {
    (size * 2).max(200)
}

/// Reads the answer.
pub(crate) fn answers(aggregations: &[(String, Aggregation)], json: &Value) -> Result<BTreeMap<String, AggregationAnswer>> {
    let asked = aggregations.iter().filter(|(name, _)| json.get(name).is_some());
    asked.map(|(name, aggregation)| Ok((name.clone(), answer(aggregation, &json[name]).ok_or_else(|| nonsense(name))?))).collect()
}

/// An answer that is none.
pub(crate) fn nonsense(what: &str) -> Error {
    Error::new(ErrorKind::ServiceFailed, "service_failed", format!("the event store answered nonsense for {what}"))
}

fn answer(aggregation: &Aggregation, json: &Value) -> Option<AggregationAnswer> {
    match aggregation {
        Aggregation::Terms { field, attribute, size, inner } => {
            let key = |bucket: &Value| term(field, attribute.as_deref(), bucket);
            let mut buckets = buckets(json, inner, key)?;
            buckets.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.key.cmp(&b.key)));
            let cut = buckets.split_off(buckets.len().min(*size));
            let other = json["sum_other_doc_count"].as_u64()? + cut.iter().map(|bucket| bucket.count).sum::<u64>();
            Some(AggregationAnswer::Buckets { buckets, other })
        }
        Aggregation::Timeline { inner, .. } => {
            let key = |bucket: &Value| Some(EventValue::Time(Timestamp(whole(&bucket["key"])?)));
            let mut buckets = buckets(json, inner, key)?;
            buckets.sort_by(|a, b| a.key.cmp(&b.key));
            Some(AggregationAnswer::Buckets { buckets, other: 0 })
        }
        Aggregation::Stats(_) => {
            let figure = |name: &str| json[name].as_f64();
            let count = whole(&json["count"])? as u64;
            let found = |name: &str| if count == 0 { None } else { figure(name) };
            let (min, max, avg) = (found("min"), found("max"), found("avg"));
            Some(AggregationAnswer::Stats(Stats { count, sum: figure("sum").unwrap_or(0.0), min, max, avg }))
        }
        Aggregation::Percentiles(..) => {
            let values = json["values"].as_array()?;
            values
                .iter()
                .map(|pair| Some((pair["key"].as_f64()?, pair["value"].as_f64())))
                .collect::<Option<_>>()
                .map(AggregationAnswer::Percentiles)
        }
        Aggregation::Cardinality(_) => Some(AggregationAnswer::Cardinality(whole(&json["value"])? as u64)),
    }
}

fn buckets(json: &Value, inner: &[(String, Aggregation)], key: impl Fn(&Value) -> Option<EventValue>) -> Option<Vec<Bucket>> {
    let found = json["buckets"].as_array()?.iter().filter(|bucket| bucket["doc_count"].as_u64() != Some(0));
    found
        .map(|bucket| {
            let inner = answers(inner, bucket).ok()?;
            Some(Bucket { key: key(bucket)?, count: bucket["doc_count"].as_u64()?, inner })
        })
        .collect()
}

fn term(field: &EventField, attribute: Option<&str>, bucket: &Value) -> Option<EventValue> {
    let key = &bucket["key"];
    match field.kind {
        FieldType::Integer => whole(key).map(EventValue::Integer),
        FieldType::Address => key.as_str()?.parse::<IpAddr>().ok().map(|address| EventValue::Address(address.to_canonical())),
        _ => {
            let text = key.as_str()?;
            let text = attribute.and_then(|key| text.strip_prefix(key)?.strip_prefix('=')).unwrap_or(text);
            Some(EventValue::Text(text.to_owned()))
        }
    }
}

/// A whole number, which some engines write as a real one.
fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().filter(|number| number.is_finite()).map(|number| number.round() as i64))
}

/// The figures over no events.
pub(crate) fn nothing(asked: &[(String, Aggregation)]) -> BTreeMap<String, AggregationAnswer> {
    let empty = |aggregation: &Aggregation| match aggregation {
        Aggregation::Terms { .. } | Aggregation::Timeline { .. } => AggregationAnswer::Buckets { buckets: Vec::new(), other: 0 },
        Aggregation::Stats(_) => AggregationAnswer::Stats(Stats::default()),
        Aggregation::Percentiles(_, percents) => AggregationAnswer::Percentiles(percents.iter().map(|p| (*p, None)).collect()),
        Aggregation::Cardinality(_) => AggregationAnswer::Cardinality(0),
    };
    asked.iter().map(|(name, aggregation)| (name.clone(), empty(aggregation))).collect()
}

/// The fields of an object.
pub(crate) fn object(value: &Value) -> Option<&Map<String, Value>> {
    value.as_object()
}
