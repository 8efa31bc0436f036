//! Conditions as queries of tantivy.

use std::ops::Bound;

use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, EmptyQuery, ExistsQuery, InvertedIndexRangeQuery, Occur, PhraseQuery, Query, RangeQuery, TermQuery,
    TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use vigie_domain::Timestamp;
use vigie_domain::search::{Condition, Place};
use vigie_domain::telemetry::event::AT;
use vigie_domain::telemetry::{EventField, EventValue, FieldType};

use super::calm::Calm;
use super::schema::{Layout, is_fast, is_indexed};
use super::writer::{moment, v6};

/// Narrow ranges of an indexed number are looked up value by value.
const FEW: i64 = 64;

/// The query of a condition.
pub(super) fn query(condition: &Condition) -> Box<dyn Query> {
    match condition {
        Condition::Everything => Box::new(AllQuery),
        Condition::All(all) => all_of(all),
        Condition::Any(any) => one_of(any.iter().map(query).collect()),
        Condition::Not(_) => all_of(std::slice::from_ref(condition)),
        Condition::Word(place, word) => one_of(fields(*place).iter().map(|field| term(Term::from_field_text(*field, word))).collect()),
        Condition::Phrase(words) => phrase(words),
        Condition::Beginning(place, beginning) => one_of(fields(*place).iter().map(|field| starting(*field, beginning)).collect()),
        Condition::OneOf(field, values) => values_of(field, values),
        Condition::StartsWith(field, beginning) => Layout::get().field(field).map_or_else(nothing, |own| starting(own, beginning)),
        Condition::Between(field, from, to) => between(field, from.as_ref(), to.as_ref()),
        Condition::Exists(field) => exists(field),
    }
}

/// Accepted within a range of time.
pub(super) fn accepted(from: Timestamp, to: Timestamp) -> Box<dyn Query> {
    let (from, to) = (EventValue::Time(from), EventValue::Time(to));
    between(AT, Bound::Included(&from), Bound::Excluded(&to))
}

/// Both.
pub(super) fn both(one: Box<dyn Query>, other: Box<dyn Query>) -> Box<dyn Query> {
    Box::new(BooleanQuery::new(vec![(Occur::Must, one), (Occur::Must, other)]))
}

fn nothing() -> Box<dyn Query> {
    Box::new(EmptyQuery)
}

fn all_of(all: &[Condition]) -> Box<dyn Query> {
    let clauses: Vec<_> = all
        .iter()
        .map(|condition| match condition {
            Condition::Not(not) => (Occur::MustNot, Box::new(Calm(query(not))) as _),
            _ => (Occur::Must, query(condition)),
        })
        .collect();
    if clauses.iter().all(|(occur, _)| *occur == Occur::MustNot) {
        let everything: (Occur, Box<dyn Query>) = (Occur::Must, Box::new(AllQuery));
        return Box::new(BooleanQuery::new(std::iter::once(everything).chain(clauses).collect()));
    }
    Box::new(BooleanQuery::new(clauses))
}

fn one_of(mut queries: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    match queries.len() {
        0 => nothing(),
        1 => queries.remove(0),
        _ => Box::new(BooleanQuery::union(queries)),
    }
}

fn fields(place: Place) -> Vec<Field> {
    let layout = Layout::get();
    match place {
        Place::Anywhere => vec![layout.words, layout.parts, layout.about],
        Place::Message => vec![layout.words, layout.parts],
    }
}

fn term(term: Term) -> Box<dyn Query> {
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

fn phrase(words: &[String]) -> Box<dyn Query> {
    let field = Layout::get().words;
    let mut terms: Vec<_> = words.iter().map(|word| Term::from_field_text(field, word)).collect();
    match terms.len() {
        0 => nothing(),
        1 => term(terms.remove(0)),
        _ => Box::new(PhraseQuery::new(terms)),
    }
}

/// Terms that begin like this.
fn starting(field: Field, beginning: &str) -> Box<dyn Query> {
    let from = Bound::Included(Term::from_field_text(field, beginning));
    // the next text that does not begin like it: no byte of UTF-8 is 0xff
    let mut after = Term::from_field_text(field, beginning);
    after.append_bytes(&[0xff]);
    Box::new(InvertedIndexRangeQuery::new(from, Bound::Excluded(after)))
}

fn values_of(field: &EventField, values: &[EventValue]) -> Box<dyn Query> {
    let Some(own) = Layout::get().field(field) else { return nothing() };
    if !is_indexed(field) {
        return one_of(values.iter().map(|value| between(field, Bound::Included(value), Bound::Included(value))).collect());
    }
    let mut terms: Vec<_> = values.iter().filter_map(|value| term_of(own, field, value)).collect();
    match terms.len() {
        0 => nothing(),
        1 => term(terms.remove(0)),
        _ => Box::new(TermSetQuery::new(terms)),
    }
}

fn between(field: &EventField, from: Bound<&EventValue>, to: Bound<&EventValue>) -> Box<dyn Query> {
    let Some(own) = Layout::get().field(field) else { return nothing() };
    if field.kind == FieldType::Address && from == to && from != Bound::Unbounded {
        return match from {
            Bound::Included(value) => values_of(field, std::slice::from_ref(value)),
            _ => nothing(),
        };
    }
    if field.kind == FieldType::Integer {
        let (from, to) = (lowest(from), highest(to));
        let (Some(from), Some(to)) = (from, to) else { return nothing() };
        let (least, most) = field.limits().unwrap_or((i64::MIN, i64::MAX));
        let (from, to) = (from.max(least), to.min(most));
        if from > to {
            return nothing();
        }
        if is_indexed(field) && to.checked_sub(from).is_some_and(|width| width < FEW) {
            return one_of((from..=to).map(|number| term(Term::from_field_i64(own, number))).collect());
        }
    }
    let bound = |bound: Bound<&EventValue>| match bound {
        Bound::Included(value) => term_of(own, field, value).map_or(Bound::Unbounded, Bound::Included),
        Bound::Excluded(value) => term_of(own, field, value).map_or(Bound::Unbounded, Bound::Excluded),
        Bound::Unbounded => Bound::Unbounded,
    };
    match (bound(from), bound(to)) {
        (Bound::Unbounded, Bound::Unbounded) => exists(field),
        (from, to) => Box::new(RangeQuery::new(from, to)),
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

fn exists(field: &EventField) -> Box<dyn Query> {
    match Layout::get().field(field) {
        Some(_) if is_fast(field) => Box::new(ExistsQuery::new(field.name.to_owned(), false)),
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
