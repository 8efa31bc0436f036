//! Rolling up windows that an earlier version packed.

use tokio::task::spawn_blocking;
use uuid::Uuid;
use vigie_domain::{Error, Id, Result};

use super::layer::Layer;
use super::maintain::{self, Place};
use super::rows::Rows;
use super::store::Files;
use super::{derive, pack};
use crate::{engine, error};

/// Blocks rolled up at a time, of two hours each.
const SLICE: i64 = 1_000;

/// Rolls up what is packed and not rolled up, window after window. Done again after a death in the middle, it writes the same rows again.
pub(crate) async fn run(files: &Files, set_id: i64, layer: Layer) -> Result<()> {
    let sql = "SELECT \"window\" FROM windows WHERE set_id = $1 AND rolled = 0 ORDER BY \"window\"";
    let rows = engine::raw_rows(&mut files.reader().await?.connection(), sql, vec![set_id.into()]).await.map_err(error::storage)?;
    for row in rows {
        let window = row.int(0)?.unwrap_or(0);
        roll(files, Place { set_id, layer, window }).await?;
        let done = "UPDATE windows SET rolled = 1 WHERE set_id = $1 AND \"window\" = $2";
        let mut transaction = files.transaction().await?;
        engine::raw_execute(&mut transaction.connection(), done, vec![set_id.into(), window.into()]).await.map_err(error::storage)?;
        transaction.commit().await.map_err(error::storage)?;
    }
    Ok(())
}

async fn roll(files: &Files, place: Place) -> Result<()> {
    let targets = derive::targets(files, place.layer).await?;
    let metrics = place.layer.columns();
    let mut from = Uuid::nil();
    loop {
        let sql = "SELECT subject, data FROM blocks WHERE set_id = $1 AND \"window\" = $2 AND subject >= $3 ORDER BY subject LIMIT $4";
        let values = vec![place.set_id.into(), place.window.into(), from.into(), SLICE.into()];
        let rows = engine::raw_rows(&mut files.reader().await?.connection(), sql, values).await.map_err(error::storage)?;
        let blocks: Vec<(Id, Vec<u8>)> = rows.iter().map(|row| Ok((row.id(0)?, row.bytes(1)?.to_vec()))).collect::<Result<_>>()?;
        let Some((last, _)) = blocks.last() else { return Ok(()) };
        from = Uuid::from_u128(last.0.as_u128().saturating_add(1));
        let full = blocks.len() == SLICE as usize;
        let of_targets = targets.clone();
        let chunks = spawn_blocking(move || {
            let mut samples = Rows::new(metrics);
            for (subject, data) in &blocks {
                samples.extend(&pack::read_all(data, *subject, metrics).unwrap_or_else(|_| maintain::lost(*subject, metrics)));
            }
            derive::roll_up(&samples, &of_targets, 0)
        });
        let chunks = chunks.await.map_err(Error::storage)?;
        let mut transaction = files.transaction().await?;
        derive::insert(&mut transaction.connection(), &chunks).await?;
        transaction.commit().await.map_err(error::storage)?;
        if !full {
            return Ok(());
        }
    }
}
