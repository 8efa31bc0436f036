//! Scope: applied in the query, to hits, counts and figures.

use vigie_domain::search::{Aggregation, AggregationAnswer};
use vigie_domain::telemetry::event::{BYTES, SEEN_BY};
use vigie_domain::telemetry::{EventBatch, EventKind};
use vigie_domain::{Id, ObjectScope, Scope};

use super::{EventFixture, put, typed};
use crate::make::NOW;

/// By site, group or realm as they stood when the event was accepted; what is of no device needs an unscoped grant.
pub async fn a_scope_shows_what_it_may_see(fixture: EventFixture) {
    let (france, lyon, group, realm) = (Id::new(), Id::new(), Id::new(), Id::new());
    let mut batch = EventBatch::new();
    for (number, seen_by) in [vec![france, lyon, realm], vec![france, realm], vec![group], vec![]].into_iter().enumerate() {
        let mut event = batch.begin(EventKind::Log, NOW).integer(BYTES, number as i64);
        for id in seen_by {
            event = event.text(SEEN_BY, &id.to_string());
        }
    }
    put(&*fixture.store, &batch).await;
    let limited = |sites: &[Id], device_groups: &[Id], realms: &[Id]| {
        let (sites, device_groups, realms) = (sites.to_vec(), device_groups.to_vec(), realms.to_vec());
        Scope::of(Some(ObjectScope { sites, device_groups, realms }))
    };
    let cases: [(Scope, &[i64]); 8] = [
        (Scope::system(), &[0, 1, 2, 3]),
        (limited(&[], &[], &[]), &[]),
        (limited(&[france], &[], &[]), &[0, 1]),
        (limited(&[lyon], &[], &[]), &[0]),
        (limited(&[], &[group], &[]), &[2]),
        (limited(&[], &[], &[realm]), &[0, 1]),
        (limited(&[lyon], &[group], &[Id::new()]), &[0, 2]),
        (limited(&[Id::new()], &[], &[]), &[]),
    ];
    for (scope, expected) in cases {
        // a search for what is hidden does not show it either
        for query in ["", "bytes:>=0 OR seen_by:*"] {
            let query = typed(query).figure("n", Aggregation::Stats(BYTES)).figure("d", Aggregation::Cardinality(BYTES));
            let answer = fixture.store.search(&scope, &query).await.unwrap();
            let mut numbers: Vec<_> = answer.hits.iter().filter_map(|hit| hit.event.value(BYTES)?.number()).collect();
            numbers.sort_unstable();
            assert_eq!(numbers, expected, "{scope:?}");
            assert_eq!(answer.total, Some(expected.len() as u64));
            assert!(matches!(answer.aggregations["n"], AggregationAnswer::Stats(stats) if stats.count == expected.len() as u64));
            assert_eq!(answer.aggregations["d"], AggregationAnswer::Cardinality(expected.len() as u64));
        }
    }
}
