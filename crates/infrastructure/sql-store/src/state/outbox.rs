//! The outbox: events in the order in which they are published.

use vigie_domain::Result;
use vigie_domain::store::Entity as _;
use vigie_domain::system::Event;

use super::companion::with_seq;
use crate::engine::{self, Connection};
use crate::error;

/// Whether an event waits for its number.
pub(crate) async fn waits(connection: &mut Connection<'_>) -> Result<bool> {
    let sql = "SELECT 1 FROM events WHERE seq IS NULL LIMIT 1";
    Ok(!engine::raw_rows(connection, sql, Vec::new()).await.map_err(error::storage)?.is_empty())
}

/// Numbers waiting events in the order of their insertion, which is that of commits as only one unit writes at a time. To be called in a
/// transaction.
pub(crate) async fn stamp(connection: &mut Connection<'_>, limit: usize) -> Result<Vec<Event>> {
    let last = "SELECT value FROM sequences WHERE name = 'outbox'";
    let rows = engine::raw_rows(connection, last, Vec::new()).await.map_err(error::storage)?;
    let last = rows.first().map(|row| row.int(0)).transpose()?.flatten().unwrap_or(0);
    let number = "UPDATE events SET seq = $1 + waiting.place \
        FROM (SELECT ordinal, ROW_NUMBER() OVER (ORDER BY ordinal) AS place \
              FROM (SELECT ordinal FROM events WHERE seq IS NULL ORDER BY ordinal LIMIT $2) AS first) AS waiting \
        WHERE events.ordinal = waiting.ordinal AND events.seq IS NULL RETURNING events.document, events.seq";
    let rows = engine::raw_rows(connection, number, vec![last.into(), (limit as i64).into()]).await.map_err(error::storage)?;
    let mut events = read(&rows)?;
    events.sort_by_key(|event| event.seq);
    if let Some(newest) = events.last().and_then(|event| event.seq) {
        let remember = "UPDATE sequences SET value = $1 WHERE name = 'outbox'";
        engine::raw_execute(connection, remember, vec![newest.into()]).await.map_err(error::storage)?;
    }
    Ok(events)
}

/// Events behind a number, and the oldest number kept.
pub(crate) async fn after(connection: &mut Connection<'_>, seq: i64, limit: usize) -> Result<(Vec<Event>, Option<i64>)> {
    let newer = "SELECT document, seq FROM events WHERE seq > $1 ORDER BY seq LIMIT $2";
    let rows = engine::raw_rows(connection, newer, vec![seq.into(), (limit as i64).into()]).await.map_err(error::storage)?;
    let oldest = "SELECT MIN(seq) FROM events WHERE seq IS NOT NULL";
    let oldest = engine::raw_rows(connection, oldest, Vec::new()).await.map_err(error::storage)?;
    let oldest = oldest.first().map(|row| row.int(0)).transpose()?.flatten();
    Ok((read(&rows)?, oldest))
}

fn read(rows: &[engine::Row]) -> Result<Vec<Event>> {
    rows.iter().map(|row| Event::from_document(&with_seq(&row.text(0)?, row.int(1)?.unwrap_or(0)))).collect()
}
