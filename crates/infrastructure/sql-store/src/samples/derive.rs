//! From samples that are packed to the sets of their rollups.

use vigie_domain::Result;
use vigie_domain::telemetry::Resolution;

use super::layer::Layer;
use super::loose::{self, Chunk};
use super::place::depth_for;
use super::rollup;
use super::rows::Rows;
use super::store::Files;
use crate::engine::Connection;

/// Rows in a chunk.
const TARGET: usize = 256;

/// The sets into which a layer is rolled up; none of what is a rollup itself.
pub(crate) async fn targets(files: &Files, layer: Layer) -> Result<Vec<(i64, Layer)>> {
    let mut targets = Vec::new();
    for resolution in Resolution::ROLLUPS.into_iter().filter(|_| layer.is_raw()) {
        let layer = Layer::new(layer.set, resolution);
        targets.push((files.number_set(layer).await?, layer));
    }
    Ok(targets)
}

/// The rollups of sorted samples of one window, as chunks of each target; the samples are those of one part at this depth.
pub(crate) fn roll_up(samples: &Rows, targets: &[(i64, Layer)], depth: u32) -> Vec<(i64, Vec<Chunk>)> {
    let chunks = |(set_id, layer): &(i64, Layer)| {
        let rows = rollup::roll(samples, layer.bucket());
        (*set_id, loose::split(&rows, *layer, |rows| depth_for(rows << depth, TARGET)))
    };
    targets.iter().map(chunks).collect()
}

/// Writes rollups. They count as merged: chunks of a few hundred rows, some dozens in a window.
pub(crate) async fn insert(connection: &mut Connection<'_>, rollups: &[(i64, Vec<Chunk>)]) -> Result<()> {
    for (set_id, chunks) in rollups {
        loose::insert(connection, *set_id, 1, chunks).await?;
    }
    Ok(())
}
