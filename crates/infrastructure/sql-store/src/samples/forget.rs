//! Forgetting what is older than it is kept.

use vigie_domain::{Result, Timestamp};

use super::layer::Layer;
use super::store::Files;
use crate::{engine, error};

/// Blocks or chunks deleted in one transaction.
const DELETED: i64 = 2_000;

/// Deletes the windows that ended before `from`, and notes it first: what comes for them later is not taken in again, as their rollups
/// would then be those of the late samples alone.
pub(crate) async fn forget(files: &Files, set_id: i64, layer: Layer, from: Timestamp) -> Result<()> {
    let begin = layer.window(from.0).saturating_mul(layer.length());
    let note = "UPDATE sets SET kept_from = $2 WHERE id = $1 AND kept_from < $2";
    let mut writer = files.transaction().await?;
    engine::raw_execute(&mut writer.connection(), note, vec![set_id.into(), begin.into()]).await.map_err(error::storage)?;
    writer.commit().await.map_err(error::storage)?;
    sweep(files, set_id, layer).await
}

/// Deletes what belongs to windows that were forgotten, some rows at a time.
pub(crate) async fn sweep(files: &Files, set_id: i64, layer: Layer) -> Result<()> {
    let steps = [
        "DELETE FROM blocks WHERE id IN (SELECT id FROM blocks WHERE set_id = $1 AND \"window\" < $2 LIMIT $3)",
        "DELETE FROM chunks WHERE id IN (SELECT id FROM chunks WHERE set_id = $1 AND \"window\" < $2 LIMIT $3)",
        "DELETE FROM windows WHERE set_id = $1 AND \"window\" IN (SELECT \"window\" FROM windows WHERE set_id = $1 AND \"window\" < $2 LIMIT $3)",
    ];
    let select = "SELECT kept_from FROM sets WHERE id = $1";
    let rows = engine::raw_rows(&mut files.reader().await?.connection(), select, vec![set_id.into()]).await.map_err(error::storage)?;
    let kept_from = rows.first().map(|row| row.int(0)).transpose()?.flatten().unwrap_or(0);
    for step in steps {
        loop {
            let mut writer = files.transaction().await?;
            let values = vec![set_id.into(), layer.window(kept_from).into(), DELETED.into()];
            let deleted = engine::raw_execute(&mut writer.connection(), step, values).await.map_err(error::storage)?;
            writer.commit().await.map_err(error::storage)?;
            if deleted < DELETED as u64 {
                break;
            }
        }
    }
    Ok(())
}
