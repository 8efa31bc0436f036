//! Maintenance: merging what is loose, packing and rolling up windows that are over, forgetting what is old.
//!
//! Each step reads, packs off the async threads, and writes in a transaction of its own: appending goes on in between, and a process that
//! dies in the middle has lost nothing and left nothing double.

use std::collections::HashSet;

use sea_query::{Expr, ExprTrait as _, OnConflict, Query};
use tokio::task::spawn_blocking;
use vigie_domain::telemetry::KeepFrom;
use vigie_domain::{Error, Id, Result, Timestamp};

use super::layer::Layer;
use super::loose::{self, Chunk};
use super::place::{DEPTH, depth, depth_for};
use super::rows::Rows;
use super::store::Files;
use super::{backfill, derive, forget, pack};
use crate::engine::{self, Connection};
use crate::{bulk, error};

/// How long after its end a window waits for samples that come late, in milliseconds.
const GRACE: i64 = 5 * 60 * 1000;

/// Chunks as appended that are worth merging.
const WORTH: i64 = 8;

/// Values handled at a time, about 13 MB.
const SLICE: usize = 1_680_000;

/// Rows in a merged chunk.
const TARGET: usize = 256;

/// Does what is due. Rollups come after what they are made of, and forgetting after both: what goes was rolled up before.
pub(crate) async fn run(files: &Files, now: Timestamp, keep_from: &KeepFrom) -> Result<()> {
    for (set_id, layer) in sets(files, Layer::is_raw).await? {
        forget::sweep(files, set_id, layer).await?;
        tidy(files, now, set_id, layer).await?;
        backfill::run(files, set_id, layer).await?;
    }
    for (set_id, layer) in sets(files, |layer| !layer.is_raw()).await? {
        tidy(files, now, set_id, layer).await?;
    }
    for (set_id, layer) in sets(files, |_| true).await? {
        forget::forget(files, set_id, layer, keep_from.of(layer.resolution)).await?;
    }
    Ok(())
}

/// Merges and packs what is loose of a set.
async fn tidy(files: &Files, now: Timestamp, set_id: i64, layer: Layer) -> Result<()> {
    for (window, appended) in loose_windows(files, set_id).await? {
        let place = Place { set_id, layer, window };
        if (window + 1) * layer.length() + GRACE <= now.0 {
            close(files, place).await?;
        } else if appended >= WORTH {
            let chunks = chunks(files, place, Some(0)).await?;
            merge(files, place, &chunks, |rows| depth_for(rows, TARGET)).await?;
        }
    }
    Ok(())
}

/// A window of a set.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) set_id: i64,
    pub(crate) layer: Layer,
    pub(crate) window: i64,
}

impl Place {
    /// Rows handled at a time.
    fn slice(self) -> usize {
        SLICE / self.layer.columns().max(1)
    }
}

/// A chunk that is there, without its data.
#[derive(Clone, Copy)]
struct Held {
    id: i64,
    node: i64,
    rows: usize,
}

/// Packs all chunks of a window into blocks, part after part of the subjects.
async fn close(files: &Files, place: Place) -> Result<()> {
    let mut held = chunks(files, place, None).await?;
    let rows: usize = held.iter().map(|c| c.rows).sum();
    let parts = (0..=DEPTH).find(|depth| rows >> depth <= place.slice()).unwrap_or(DEPTH);
    // chunks that reach over several parts are split first, with all that were written after: of two rows of one time the later counts
    if let Some(wide) = held.iter().position(|c| depth(c.node) < parts) {
        merge(files, place, &held[wide..], move |_| parts).await?;
        held = chunks(files, place, None).await?;
    }
    for part in (1_i64 << parts)..(1_i64 << (parts + 1)) {
        let of_part: Vec<Held> =
            held.iter().copied().filter(|c| depth(c.node) >= parts && c.node >> (depth(c.node) - parts) == part).collect();
        if !of_part.is_empty() {
            pack_part(files, place, &of_part, parts).await?;
        }
    }
    Ok(())
}

/// Packs chunks that hold all loose rows of their subjects into the blocks of these, and rolls the blocks up.
async fn pack_part(files: &Files, place: Place, held: &[Held], parts: u32) -> Result<()> {
    let targets = derive::targets(files, place.layer).await?;
    let mut lent = files.reader().await?;
    let mut rows = read(&mut lent.connection(), place, held).await?;
    let packed = already_packed(&mut lent.connection(), place, &rows).await?;
    drop(lent);
    let before: i64 = packed.iter().map(|(_, rows, _)| *rows).sum();
    let columns = place.layer.columns();
    let blocks = spawn_blocking(move || {
        // what was packed comes first, so that what came later counts
        let mut all = Rows::new(columns);
        for (subject, _, data) in &packed {
            all.extend(&pack::read_all(data, *subject, columns).unwrap_or_else(|_| lost(*subject, columns)));
        }
        all.extend(&std::mem::take(&mut rows));
        let all = all.sorted();
        let first_at = all.times.iter().copied().min();
        let block = |(subject, span): (Id, std::ops::Range<usize>)| (subject, span.len() as i64, pack::block(&all, span));
        (all.spans().into_iter().map(block).collect::<Vec<_>>(), first_at, derive::roll_up(&all, &targets, parts))
    });
    let (blocks, first_at, rollups) = blocks.await.map_err(Error::storage)?;
    let added = blocks.iter().map(|(_, rows, _)| rows).sum::<i64>() - before;
    let mut transaction = files.transaction().await?;
    let mut connection = transaction.connection();
    insert_blocks(&mut connection, place, &blocks).await?;
    delete_chunks(&mut connection, held).await?;
    derive::insert(&mut connection, &rollups).await?;
    count_window(&mut connection, place, added, first_at.unwrap_or(place.window * place.layer.length())).await?;
    transaction.commit().await.map_err(error::storage)
}

/// Merges chunks, a slice at a time, into fewer at the depth that `deep` says for so many rows.
async fn merge(files: &Files, place: Place, held: &[Held], deep: impl Fn(usize) -> u32 + Copy + Send + 'static) -> Result<()> {
    let mut rest = held;
    while !rest.is_empty() {
        let mut rows = 0;
        let fitting = rest
            .iter()
            .take_while(|c| {
                rows += c.rows;
                rows <= place.slice()
            })
            .count()
            .max(1);
        let (slice, tail) = rest.split_at(fitting);
        let rows = read(&mut files.reader().await?.connection(), place, slice).await?;
        let merged: Vec<Chunk> = spawn_blocking(move || loose::split(&rows, place.layer, deep)).await.map_err(Error::storage)?;
        let mut transaction = files.transaction().await?;
        loose::insert(&mut transaction.connection(), place.set_id, 1, &merged).await?;
        delete_chunks(&mut transaction.connection(), slice).await?;
        transaction.commit().await.map_err(error::storage)?;
        rest = tail;
    }
    Ok(())
}

/// The sets in the store that are still known, of the layers that are wanted.
async fn sets(files: &Files, wanted: impl Fn(Layer) -> bool) -> Result<Vec<(i64, Layer)>> {
    let rows =
        engine::raw_rows(&mut files.reader().await?.connection(), "SELECT id, name FROM sets", Vec::new()).await.map_err(error::storage)?;
    let mut sets = Vec::new();
    for row in rows {
        if let (Some(id), Some(layer)) = (row.int(0)?, Layer::named(&row.text(1)?).filter(|layer| wanted(*layer))) {
            sets.push((id, layer));
        }
    }
    Ok(sets)
}

/// The windows with loose chunks, and how many of these are as appended.
async fn loose_windows(files: &Files, set_id: i64) -> Result<Vec<(i64, i64)>> {
    let sql = "SELECT \"window\", SUM(CASE WHEN level = 0 THEN 1 ELSE 0 END) FROM chunks WHERE set_id = $1 GROUP BY \"window\" ORDER BY \"window\"";
    let rows = engine::raw_rows(&mut files.reader().await?.connection(), sql, vec![set_id.into()]).await.map_err(error::storage)?;
    rows.iter().map(|row| Ok((row.int(0)?.unwrap_or(0), row.int(1)?.unwrap_or(0)))).collect()
}

/// The chunks of a window, in the order in which they were written.
async fn chunks(files: &Files, place: Place, level: Option<i64>) -> Result<Vec<Held>> {
    let mut select = Query::select();
    select.columns(["id", "node", "rows"]).from("chunks").and_where(Expr::col("set_id").eq(place.set_id));
    select.and_where(Expr::col("window").eq(place.window)).order_by("id", sea_query::Order::Asc);
    if let Some(level) = level {
        select.and_where(Expr::col("level").eq(level));
    }
    let rows = engine::rows(&mut files.reader().await?.connection(), &select).await.map_err(error::storage)?;
    let held = |row: &engine::Row| {
        Ok(Held { id: row.int(0)?.unwrap_or(0), node: row.int(1)?.unwrap_or(1), rows: row.int(2)?.unwrap_or(0) as usize })
    };
    rows.iter().map(held).collect()
}

/// The rows of chunks; damaged ones are told of and lost.
async fn read(connection: &mut Connection<'_>, place: Place, held: &[Held]) -> Result<Rows> {
    let mut rows = Rows::new(place.layer.columns());
    for piece in bulk::pieces(held) {
        let mut select = Query::select();
        select.column("data").from("chunks").and_where(Expr::col("id").is_in(piece.iter().map(|c| c.id)));
        select.order_by("id", sea_query::Order::Asc);
        for row in engine::rows(connection, &select).await.map_err(error::storage)? {
            if let Ok(chunk) = pack::read_all(row.bytes(0)?, Id::fixed(0), place.layer.columns()) {
                rows.extend(&chunk);
            } else {
                tracing::error!(set = place.layer.name(), window = place.window, "a chunk of samples is damaged and lost");
            }
        }
    }
    Ok(rows)
}

/// The blocks that these subjects already have in this window, with their rows.
async fn already_packed(connection: &mut Connection<'_>, place: Place, rows: &Rows) -> Result<Vec<(Id, i64, Vec<u8>)>> {
    let known = "SELECT 1 FROM windows WHERE set_id = $1 AND \"window\" = $2";
    let values = vec![place.set_id.into(), place.window.into()];
    if engine::raw_rows(connection, known, values).await.map_err(error::storage)?.is_empty() {
        return Ok(Vec::new());
    }
    let subjects: Vec<Id> = rows.subjects.iter().copied().collect::<HashSet<_>>().into_iter().collect();
    let mut found = Vec::new();
    for piece in bulk::pieces(&subjects) {
        let mut select = Query::select();
        select.columns(["subject", "rows", "data"]).from("blocks").and_where(Expr::col("set_id").eq(place.set_id));
        select.and_where(Expr::col("window").eq(place.window)).and_where(Expr::col("subject").is_in(piece.iter().map(|s| s.0)));
        for row in engine::rows(connection, &select).await.map_err(error::storage)? {
            found.push((row.id(0)?, row.int(1)?.unwrap_or(0), row.bytes(2)?.to_vec()));
        }
    }
    Ok(found)
}

async fn insert_blocks(connection: &mut Connection<'_>, place: Place, blocks: &[(Id, i64, Vec<u8>)]) -> Result<()> {
    let columns = ["set_id", "window", "subject", "rows", "data"].map(str::to_owned);
    let values = |(subject, rows, data): &(Id, i64, Vec<u8>)| {
        Ok(vec![place.set_id.into(), place.window.into(), subject.0.into(), (*rows).into(), data.as_slice().into()])
    };
    let mut replace = OnConflict::columns(["set_id", "window", "subject"]);
    replace.update_columns(["rows", "data"]);
    bulk::insert(connection, "blocks", &columns, blocks, values, Some(replace), error::storage).await
}

async fn delete_chunks(connection: &mut Connection<'_>, held: &[Held]) -> Result<()> {
    for piece in bulk::pieces(held) {
        let mut delete = Query::delete();
        delete.from_table("chunks").and_where(Expr::col("id").is_in(piece.iter().map(|c| c.id)));
        engine::execute(connection, &delete).await.map_err(error::storage)?;
    }
    Ok(())
}

async fn count_window(connection: &mut Connection<'_>, place: Place, added: i64, first_at: i64) -> Result<()> {
    let count = "INSERT INTO windows (set_id, \"window\", rows, first_at, rolled) VALUES ($1, $2, $3, $4, 1) ON CONFLICT (set_id, \"window\") DO UPDATE SET \
        rows = windows.rows + excluded.rows, \
        first_at = CASE WHEN excluded.first_at < windows.first_at THEN excluded.first_at ELSE windows.first_at END";
    let values = vec![place.set_id.into(), place.window.into(), added.into(), first_at.into()];
    engine::raw_execute(connection, count, values).await.map(drop).map_err(error::storage)
}

pub(crate) fn lost(subject: Id, columns: usize) -> Rows {
    tracing::error!(%subject, "a block of samples is damaged and lost");
    Rows::new(columns)
}
