//! Reads what a cluster found.

use serde_json::Value;
use vigie_domain::search::highlight::Highlighter;
use vigie_domain::search::{EventAnswer, EventQuery, Hit};
use vigie_domain::telemetry::event::{AT, KIND, MESSAGE};
use vigie_domain::telemetry::{EventField, EventKind, EventValue, FIELDS, FieldType, StoredEvent};
use vigie_domain::{Result, Timestamp};

use crate::wire;

/// The answer to a search.
pub(super) fn read(query: &EventQuery, body: &Value) -> Result<EventAnswer> {
    let mut highlighter = query.highlight.then(|| Highlighter::of(&query.condition));
    let found = body["hits"]["hits"].as_array().ok_or_else(|| wire::nonsense("a search"))?;
    let hits = found.iter().map(|found| {
        let event = event(&found["_source"]).ok_or_else(|| wire::nonsense("an event"))?;
        let message = event.text(MESSAGE);
        let highlights = highlighter.as_mut().zip(message).map_or_else(Vec::new, |(highlighter, message)| highlighter.ranges(message));
        Ok(Hit { event, highlights })
    });
    let hits: Vec<_> = hits.collect::<Result<_>>()?;
    let next = if hits.len() == query.limit { hits.last().map(|hit| hit.mark(query.sort)) } else { None };
    let total = if query.count { Some(body["hits"]["total"]["value"].as_u64().ok_or_else(|| wire::nonsense("a count"))?) } else { None };
    // without any index there are no figures
    let aggregations = match &body["aggregations"] {
        Value::Null => wire::nothing(&query.aggregations),
        figures => wire::answers(&query.aggregations, figures)?,
    };
    Ok(EventAnswer { hits, next, total, aggregations })
}

fn event(source: &Value) -> Option<StoredEvent> {
    let source = wire::object(source)?;
    let mut values = Vec::new();
    for field in FIELDS.iter().filter(|field| field.number != KIND.number && field.number != AT.number) {
        match source.get(field.name) {
            Some(Value::Array(many)) => {
                for one in many {
                    values.push((field, value(field, one)?));
                }
            }
            Some(one) => values.push((field, value(field, one)?)),
            None => {}
        }
    }
    Some(StoredEvent {
        id: source.get("id")?.as_str()?.parse().ok()?,
        kind: EventKind::named(source.get("kind")?.as_str()?)?,
        at: Timestamp(source.get("at")?.as_i64()?),
        values,
    })
}

fn value(field: &EventField, json: &Value) -> Option<EventValue> {
    Some(match field.kind {
        FieldType::Text | FieldType::Keyword => EventValue::Text(json.as_str()?.to_owned()),
        FieldType::Integer => EventValue::Integer(json.as_i64()?),
        FieldType::Time => EventValue::Time(Timestamp(json.as_i64()?)),
        FieldType::Address => EventValue::Address(json.as_str()?.parse().ok()?),
    })
}
