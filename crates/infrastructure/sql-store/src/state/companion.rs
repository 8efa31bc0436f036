//! What two tables keep beside the columns of their schema: events their number, jobs their fencing token.

use sea_query::{Expr, ExprTrait as _, Query, SelectStatement, Value as Sql};
use serde::Deserialize;
use vigie_domain::devices::{Device, DeviceGroup};
use vigie_domain::query::Schema;
use vigie_domain::store::{Entity, Record};
use vigie_domain::system::{Event, Job};
use vigie_domain::{Error, Id, Result};

use super::write;
use crate::engine::{self, Connection, Row};
use crate::error;

/// How many columns [`select_document`] selects; others follow them.
pub(crate) const DOCUMENT_COLUMNS: usize = 2;

/// Selects what [`document`] reads.
pub(crate) fn select_document(select: &mut SelectStatement, schema: &'static Schema) {
    select.column((schema.table, "document"));
    if is::<Event>(schema) {
        select.column((schema.table, "seq"))
    } else {
        select.expr(Expr::cust("NULL"))
    };
}

/// The document of a row; an event's with the number that its column holds.
pub(crate) fn document(schema: &'static Schema, row: &Row) -> Result<String> {
    let document = row.text(0)?;
    if !is::<Event>(schema) {
        return Ok(document);
    }
    Ok(row.int(1)?.map_or_else(|| document.clone(), |seq| with_seq(&document, seq)))
}

/// The document of an event is written before its number is known: `null` stands there, behind the id.
pub(crate) fn with_seq(document: &str, seq: i64) -> String {
    document.replacen("\"seq\":null", &format!("\"seq\":{seq}"), 1)
}

/// The columns besides those of the schema.
pub(crate) fn columns(schema: &'static Schema) -> &'static [&'static str] {
    if is::<Job>(schema) { &["fencing"] } else { &[] }
}

/// Their values.
pub(crate) fn values(schema: &'static Schema, record: &Record) -> Result<Vec<Sql>> {
    if is::<Job>(schema) { Ok(vec![fencing(record)?.into()]) } else { Ok(Vec::new()) }
}

/// Refuses the write of an owner whose job was given to another: its token is older than the one stored.
pub(crate) fn admit(schema: &'static Schema, stored: Option<i64>, record: &Record) -> Result<()> {
    if !is::<Job>(schema) || stored.is_none_or(|stored| fencing(record).is_ok_and(|own| own >= stored)) {
        return Ok(());
    }
    Err(Error::conflict("conflict", format!("job {} was given to another worker", record.id)))
}

/// Goes before a delete: a device leaves its groups, in their documents too.
pub(crate) async fn deleting(connection: &mut Connection<'_>, schema: &'static Schema, id: Id) -> Result<()> {
    if !is::<Device>(schema) {
        return Ok(());
    }
    let mut groups = Query::select();
    groups
        .column("document")
        .from(DeviceGroup::SCHEMA.table)
        .and_where(Expr::col("id").in_subquery(
            Query::select().column("group_id").from("device_group_members").and_where(Expr::col("device_id").eq(id.0)).take(),
        ));
    for row in engine::rows(connection, &groups).await.map_err(error::storage)? {
        let mut group = DeviceGroup::from_document(&row.text(0)?)?;
        group.device_ids.retain(|member| *member != id);
        group.version += 1;
        Box::pin(write::update(connection, DeviceGroup::SCHEMA, &group.record()?)).await?;
    }
    Ok(())
}

/// Whether deleting from this table needs [`deleting`] for each row.
pub(crate) fn deletes_one_by_one(schema: &'static Schema) -> bool {
    is::<Device>(schema)
}

fn fencing(record: &Record) -> Result<i64> {
    #[derive(Deserialize)]
    struct Token {
        fencing: i64,
    }
    serde_json::from_str::<Token>(&record.document).map(|t| t.fencing).map_err(Error::storage)
}

fn is<E: Entity>(schema: &'static Schema) -> bool {
    schema.table == E::SCHEMA.table
}

#[cfg(test)]
mod tests {
    use vigie_domain::Timestamp;
    use vigie_domain::system::{Subject, event_types};

    use super::*;

    #[test]
    fn an_event_gets_its_number_and_nothing_else_changes() {
        let subject = Subject::new("device", Id::new(), "\"seq\":null");
        let event = Event::new(event_types::DEVICE_ADDED, Timestamp(1), subject, None).data(serde_json::json!({ "seq": null }));
        let read = Event::from_document(&with_seq(&event.record().unwrap().document, 7)).unwrap();
        assert_eq!(read, Event { seq: Some(7), ..event });
    }
}
