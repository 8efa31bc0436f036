//! Writing records.
//!
//! A row that is there is compared with what comes, and only the columns that differ are set: an index costs where its columns change,
//! and polling changes few. Rows that differ alike go in one statement.

use std::collections::{BTreeMap, HashMap, HashSet};

use sea_query::{Expr, ExprTrait as _, OnConflict, Query};
use vigie_domain::devices::Device;
use vigie_domain::query::{Filter, Schema, Value};
use vigie_domain::store::{Entity, Record};
use vigie_domain::{Id, Result, Scope};

use super::tables::Table;
use super::{columns, companion, condition, naming};
use crate::engine::{self, Connection};
use crate::{bulk, error};

/// Inserts a record.
pub(crate) async fn insert(connection: &mut Connection<'_>, schema: &'static Schema, record: &Record) -> Result<()> {
    insert_many(connection, schema, &[record], None).await?;
    naming::written(connection, schema, &[record]).await
}

/// Inserts or replaces. Of several records with one id the last counts. What belongs to a device that is gone is left out, as if it had
/// been written just before the device went.
pub(crate) async fn upsert(connection: &mut Connection<'_>, schema: &'static Schema, records: &[Record]) -> Result<()> {
    let mut records = last_of_each(records);
    drop_orphans(connection, schema, &mut records).await?;
    let stored = stored(connection, schema, &records).await?;
    let mut new = Vec::new();
    let mut alike: BTreeMap<Vec<usize>, Vec<&Record>> = BTreeMap::new();
    for record in records.iter().copied() {
        let Some(row) = stored.get(&record.id) else {
            new.push(record);
            continue;
        };
        companion::admit(schema, row.fencing, record)?;
        alike.entry(row.differing(schema, record)).or_default().push(record);
    }
    insert_many(connection, schema, &new, None).await?;
    for (changed, group) in alike {
        insert_many(connection, schema, &group, Some(&changed)).await?;
    }
    naming::written(connection, schema, &records).await
}

/// Replaces; `false` when it is not there.
pub(crate) async fn update(connection: &mut Connection<'_>, schema: &'static Schema, record: &Record) -> Result<bool> {
    let stored = stored(connection, schema, &[record]).await?;
    let Some(row) = stored.get(&record.id) else { return Ok(false) };
    companion::admit(schema, row.fencing, record)?;
    insert_many(connection, schema, &[record], Some(&row.differing(schema, record))).await?;
    naming::written(connection, schema, &[record]).await?;
    Ok(true)
}

/// Deletes; `false` when it was not there.
pub(crate) async fn delete(connection: &mut Connection<'_>, schema: &'static Schema, id: Id) -> Result<bool> {
    companion::deleting(connection, schema, id).await?;
    let mut delete = Query::delete();
    delete.from_table(schema.table).and_where(Expr::col("id").eq(id.0));
    Ok(engine::execute(connection, &delete).await.map_err(|e| error::delete(schema, e))? > 0)
}

/// Deletes what matches, at most `limit`.
pub(crate) async fn delete_where(
    connection: &mut Connection<'_>,
    schema: &'static Schema,
    filters: &[Filter],
    limit: usize,
) -> Result<u64> {
    let mut ids = Query::select();
    ids.column((schema.table, "id")).from(schema.table);
    ids.cond_where(condition::all(schema, &Scope::system(), filters, None)).limit(limit as u64);
    if !companion::deletes_one_by_one(schema) {
        let mut delete = Query::delete();
        delete.from_table(schema.table).and_where(Expr::col("id").in_subquery(ids));
        return engine::execute(connection, &delete).await.map_err(|e| error::delete(schema, e));
    }
    let mut deleted = 0;
    for row in engine::rows(connection, &ids).await.map_err(error::storage)? {
        deleted += u64::from(delete(connection, schema, row.id(0)?).await?);
    }
    Ok(deleted)
}

/// Inserts; where `changed` is given, rows that are there get these columns (by their place in [`columns::of`]), version and document.
async fn insert_many(
    connection: &mut Connection<'_>,
    schema: &'static Schema,
    records: &[&Record],
    changed: Option<&[usize]>,
) -> Result<()> {
    let names = columns::insert_names(schema);
    let on_conflict = changed.map(|changed| {
        let of = columns::of(schema);
        let mut set: Vec<String> = changed.iter().map(|i| of[*i].name.clone()).collect();
        set.extend(["version", "document"].map(str::to_owned));
        set.extend(companion::columns(schema).iter().map(|c| (*c).to_owned()));
        let mut on_conflict = OnConflict::column("id");
        on_conflict.update_columns(set);
        on_conflict
    });
    let values = |record: &&Record| columns::insert_values(schema, record);
    bulk::insert(connection, schema.table, &names, records, values, on_conflict, |e| error::write(schema, e)).await
}

fn last_of_each(records: &[Record]) -> Vec<&Record> {
    let mut seen = HashSet::with_capacity(records.len());
    let mut last: Vec<_> = records.iter().rev().filter(|r| seen.insert(r.id)).collect();
    last.reverse();
    last
}

async fn drop_orphans(connection: &mut Connection<'_>, schema: &'static Schema, records: &mut Vec<&Record>) -> Result<()> {
    let of_device = Table::of(schema).map_or(&[][..], |t| t.of_device);
    if of_device.is_empty() {
        return Ok(());
    }
    let devices_of = |record: &Record| -> Vec<Id> {
        let values = schema.fields.iter().zip(&record.columns).filter(|(f, _)| of_device.contains(&f.name));
        let named = values.filter_map(|(_, v)| if let Value::Id(id) = v { Some(*id) } else { None });
        named.chain(of_device.contains(&"id").then_some(record.id)).collect()
    };
    let wanted: HashSet<Id> = records.iter().flat_map(|r| devices_of(r)).collect();
    let wanted: Vec<Id> = wanted.into_iter().collect();
    let mut there = HashSet::with_capacity(wanted.len());
    for portion in bulk::portions(&wanted) {
        let mut select = Query::select();
        select.column("id").from(Device::SCHEMA.table).and_where(Expr::col("id").is_in(portion));
        for row in engine::rows(connection, &select).await.map_err(error::storage)? {
            there.insert(row.id(0)?);
        }
    }
    records.retain(|record| devices_of(record).iter().all(|id| there.contains(id)));
    Ok(())
}

/// The columns of a row as they are stored.
struct Stored {
    columns: Vec<Value>,
    fencing: Option<i64>,
}

impl Stored {
    /// The columns, by their place in [`columns::of`], that the record changes.
    fn differing(&self, schema: &'static Schema, record: &Record) -> Vec<usize> {
        let differs = |i: &usize| self.columns.get(*i) != record.columns.get(*i);
        let columns = columns::of(schema);
        columns.iter().enumerate().filter(|(_, column)| column.follows.iter().any(differs)).map(|(place, _)| place).collect()
    }
}

async fn stored(connection: &mut Connection<'_>, schema: &'static Schema, records: &[&Record]) -> Result<HashMap<Id, Stored>> {
    let mut found = HashMap::with_capacity(records.len());
    for piece in bulk::pieces(records) {
        let mut select = Query::select();
        select.column("id").columns(schema.fields.iter().map(|f| f.name)).columns(companion::columns(schema).iter().copied());
        select.from(schema.table).and_where(Expr::col("id").is_in(piece.iter().map(|r| r.id.0)));
        for row in engine::rows(connection, &select).await.map_err(error::storage)? {
            let columns = schema.fields.iter().enumerate().map(|(i, f)| row.value(i + 1, f.kind)).collect::<Result<_>>()?;
            let fencing = if companion::columns(schema).is_empty() { None } else { row.int(schema.fields.len() + 1)? };
            found.insert(row.id(0)?, Stored { columns, fencing });
        }
    }
    Ok(found)
}
