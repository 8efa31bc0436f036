//! Loose chunks: how rows are split into them, and how they are written.

use std::collections::BTreeMap;

use vigie_domain::Result;

use super::layer::Layer;
use super::pack;
use super::place::{leaf, node};
use super::rows::Rows;
use crate::engine::Connection;
use crate::{bulk, error};

/// Rows of one window and part of the subjects, written.
pub(crate) struct Chunk {
    node: i64,
    window: i64,
    rows: i64,
    first_at: i64,
    data: Vec<u8>,
}

/// Splits rows by window and part of the subjects, and packs them; `deep` is the depth of the parts for so many rows of a window.
pub(crate) fn split(rows: &Rows, layer: Layer, deep: impl Fn(usize) -> u32) -> Vec<Chunk> {
    let order = rows.order();
    let mut of_window: BTreeMap<i64, usize> = BTreeMap::new();
    for row in &order {
        *of_window.entry(layer.window(rows.times[*row])).or_default() += 1;
    }
    let mut parts: BTreeMap<(i64, i64), Vec<usize>> = BTreeMap::new();
    for row in order {
        let window = layer.window(rows.times[row]);
        let place = (window, node(leaf(rows.subjects[row]), deep(of_window[&window])));
        parts.entry(place).or_default().push(row);
    }
    let chunk = |((window, node), part): ((i64, i64), Vec<usize>)| {
        let rows = rows.pick(&part);
        let first_at = rows.times.iter().copied().min().unwrap_or_default();
        Chunk { node, window, rows: rows.len() as i64, first_at, data: pack::chunk(&rows) }
    };
    parts.into_iter().map(chunk).collect()
}

/// Writes chunks; `level` 0 as appended, 1 merged.
pub(crate) async fn insert(connection: &mut Connection<'_>, set: i64, level: i64, chunks: &[Chunk]) -> Result<()> {
    let columns = ["set_id", "node", "window", "level", "rows", "first_at", "data"].map(str::to_owned);
    let values = |chunk: &Chunk| {
        let Chunk { node, window, rows, first_at, data } = chunk;
        Ok(vec![set.into(), (*node).into(), (*window).into(), level.into(), (*rows).into(), (*first_at).into(), data.as_slice().into()])
    };
    bulk::insert(connection, "chunks", &columns, chunks, values, None, error::storage).await
}
