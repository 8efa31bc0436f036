//! Conditions as plans, which hold for every segment.

use std::ops::Bound;

use tantivy::Term;
use tantivy::query::{EnableScoring, ExistsQuery, InvertedIndexRangeQuery, PhraseQuery, Query, RangeQuery, TermSetQuery, Weight};
use tantivy::schema::Field;
use vigie_domain::Timestamp;
use vigie_domain::search::{Condition, Place};
use vigie_domain::telemetry::event::AT;
use vigie_domain::telemetry::{EventField, EventValue, FieldType};

use super::schema::{Layout, is_fast, is_indexed};
use super::sheet::{moment, v6};

/// Narrow ranges of an indexed number, and short lists of values, are looked up value by value.
const FEW: usize = 64;

/// How to find documents.
pub(super) enum Plan {
    Everything,
    Nothing,
    /// Those with a term.
    Term(Term),
    /// Accepted from this time on and before that one, in milliseconds since 1970.
    Within(i64, i64),
    /// What tantivy finds while it goes through a segment.
    Walk(Box<dyn Weight>),
    /// What tantivy finds in a segment as a whole, before anything is answered.
    Whole(Box<dyn Weight>),
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
}

type Planned = tantivy::Result<Plan>;

impl Plan {
    /// The plan of a condition.
    pub(super) fn of(condition: &Condition) -> Planned {
        Ok(match condition {
            Condition::Everything => Self::Everything,
            Condition::All(all) => Self::All(all.iter().map(Self::of).collect::<Result<_, _>>()?),
            Condition::Any(any) => Self::Any(any.iter().map(Self::of).collect::<Result<_, _>>()?),
            Condition::Not(not) => Self::Not(Box::new(Self::of(not)?)),
            Condition::Word(place, word) => {
                Self::Any(fields(*place).into_iter().map(|field| Self::Term(Term::from_field_text(field, word))).collect())
            }
            Condition::Phrase(words) => phrase(words)?,
            Condition::Beginning(place, beginning) => {
                Self::Any(fields(*place).into_iter().map(|field| starting(field, beginning)).collect::<Result<_, _>>()?)
            }
            Condition::OneOf(field, values) => values_of(field, values)?,
            Condition::StartsWith(field, beginning) => match Layout::get().field(field) {
                Some(own) => starting(own, beginning)?,
                None => Self::Nothing,
            },
            Condition::Between(field, from, to) => between(field, from.as_ref(), to.as_ref())?,
            Condition::Exists(field) => exists(field)?,
        })
    }

    /// Those of them that were accepted within a range of time.
    pub(super) fn accepted(self, from: Timestamp, to: Timestamp) -> Self {
        Self::All(vec![Self::Within(from.0, to.0), self])
    }
}

fn weight(query: &dyn Query) -> tantivy::Result<Box<dyn Weight>> {
    query.weight(EnableScoring::disabled_from_schema(&Layout::get().schema))
}

fn fields(place: Place) -> Vec<Field> {
    let layout = Layout::get();
    match place {
        Place::Anywhere => vec![layout.words, layout.parts, layout.about],
        Place::Message => vec![layout.words, layout.parts],
    }
}

/// All the words, which is quickly told, and then in their order.
fn phrase(words: &[String]) -> Planned {
    let field = Layout::get().words;
    let terms: Vec<_> = words.iter().map(|word| Term::from_field_text(field, word)).collect();
    if terms.is_empty() {
        return Ok(Plan::Nothing);
    }
    let mut all: Vec<_> = terms.iter().cloned().map(Plan::Term).collect();
    if terms.len() > 1 {
        all.push(Plan::Walk(weight(&PhraseQuery::new(terms))?));
    }
    Ok(Plan::All(all))
}

/// Terms that begin like this.
fn starting(field: Field, beginning: &str) -> Planned {
    let from = Bound::Included(Term::from_field_text(field, beginning));
    // the next text that does not begin like it: no byte of UTF-8 is 0xff
    let mut after = Term::from_field_text(field, beginning);
    after.append_bytes(&[0xff]);
    Ok(Plan::Whole(weight(&InvertedIndexRangeQuery::new(from, Bound::Excluded(after)))?))
}

fn values_of(field: &EventField, values: &[EventValue]) -> Planned {
    let Some(own) = Layout::get().field(field) else { return Ok(Plan::Nothing) };
    if !is_indexed(field) {
        let each = values.iter().map(|value| between(field, Bound::Included(value), Bound::Included(value)));
        return Ok(Plan::Any(each.collect::<Result<_, _>>()?));
    }
    let terms: Vec<_> = values.iter().filter_map(|value| term_of(own, field, value)).collect();
    if terms.len() > FEW {
        return Ok(Plan::Whole(weight(&TermSetQuery::new(terms))?));
    }
    Ok(Plan::Any(terms.into_iter().map(Plan::Term).collect()))
}

fn between(field: &EventField, from: Bound<&EventValue>, to: Bound<&EventValue>) -> Planned {
    let Some(own) = Layout::get().field(field) else { return Ok(Plan::Nothing) };
    if field.kind == FieldType::Address && from == to && from != Bound::Unbounded {
        return match from {
            Bound::Included(value) => values_of(field, std::slice::from_ref(value)),
            _ => Ok(Plan::Nothing),
        };
    }
    if field.kind == FieldType::Integer {
        let (Some(from), Some(to)) = (lowest(from), highest(to)) else { return Ok(Plan::Nothing) };
        let (least, most) = field.limits().unwrap_or((i64::MIN, i64::MAX));
        let (from, to) = (from.max(least), to.min(most));
        if from > to {
            return Ok(Plan::Nothing);
        }
        if is_indexed(field) && to.checked_sub(from).is_some_and(|width| width < FEW as i64) {
            return Ok(Plan::Any((from..=to).map(|number| Plan::Term(Term::from_field_i64(own, number))).collect()));
        }
    }
    if field.number == AT.number
        && let (Some(from), Some(to)) = (lowest(from), highest(to))
    {
        return Ok(Plan::Within(from, to.saturating_add(1)));
    }
    let bound = |bound: Bound<&EventValue>| match bound {
        Bound::Included(value) => term_of(own, field, value).map_or(Bound::Unbounded, Bound::Included),
        Bound::Excluded(value) => term_of(own, field, value).map_or(Bound::Unbounded, Bound::Excluded),
        Bound::Unbounded => Bound::Unbounded,
    };
    match (bound(from), bound(to)) {
        (Bound::Unbounded, Bound::Unbounded) => exists(field),
        (from, to) => Ok(Plan::Walk(weight(&RangeQuery::new(from, to))?)),
    }
}

fn lowest(bound: Bound<&EventValue>) -> Option<i64> {
    match bound {
        Bound::Included(value) => value.number(),
        Bound::Excluded(value) => value.number()?.checked_add(1),
        Bound::Unbounded => Some(i64::MIN),
    }
}

fn highest(bound: Bound<&EventValue>) -> Option<i64> {
    match bound {
        Bound::Included(value) => value.number(),
        Bound::Excluded(value) => value.number()?.checked_sub(1),
        Bound::Unbounded => Some(i64::MAX),
    }
}

fn exists(field: &EventField) -> Planned {
    match Layout::get().field(field) {
        Some(_) if is_fast(field) => Ok(Plan::Walk(weight(&ExistsQuery::new(field.name.to_owned(), false))?)),
        Some(own) => starting(own, ""),
        None => starting(Layout::get().words, ""),
    }
}

/// `None` when the value is of another kind than the field.
fn term_of(own: Field, field: &EventField, value: &EventValue) -> Option<Term> {
    match (field.kind, value) {
        (FieldType::Keyword, EventValue::Text(text)) => Some(Term::from_field_text(own, text)),
        (FieldType::Integer, EventValue::Integer(number)) => Some(Term::from_field_i64(own, *number)),
        (FieldType::Address, EventValue::Address(address)) => Some(Term::from_field_ip_addr(own, v6(*address))),
        (FieldType::Time, EventValue::Time(at)) => Some(Term::from_field_date(own, moment(*at))),
        _ => None,
    }
}
