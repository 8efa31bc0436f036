//! A drawing: nodes where the layout puts them, the others in rows by what they do.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use vigie_domain::Id;

use super::{label, ports, xml};
use crate::topology::map::{Node, Topology};

const WIDTH: f64 = 140.0;
const HEIGHT: f64 = 36.0;
const GAP: f64 = 24.0;
const ROW: f64 = 110.0;
/// Nodes side by side in a row.
const COLUMNS: usize = 24;
const MARGIN: f64 = 40.0;

pub(super) fn write(map: &Topology) -> String {
    let places = places(map);
    let edge = |pick: fn(&(f64, f64)) -> f64, fold: fn(f64, f64) -> f64| places.values().map(pick).reduce(fold).unwrap_or(0.0);
    let (left, top) = (edge(|p| p.0, f64::min) - MARGIN, edge(|p| p.1, f64::min) - MARGIN);
    let (width, height) = (edge(|p| p.0, f64::max) - left + WIDTH + MARGIN, edge(|p| p.1, f64::max) - top + HEIGHT + MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{left} {top} {width} {height}\" font-family=\"sans-serif\" font-size=\"11\">\n"
    );
    for link in &map.links {
        let (Some(a), Some(b)) = (places.get(&link.source.node), places.get(&link.target.node)) else { continue };
        let (colour, dash) = if link.status == "down" { ("#c62828", " stroke-dasharray=\"4 3\"") } else { ("#78909c", "") };
        // writing to a string does not fail
        let _ = writeln!(
            out,
            "  <line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"{colour}\"{dash}><title>{}</title></line>",
            a.0 + WIDTH / 2.0,
            a.1 + HEIGHT / 2.0,
            b.0 + WIDTH / 2.0,
            b.1 + HEIGHT / 2.0,
            xml(&ports(link))
        );
    }
    for node in &map.nodes {
        let Some((x, y)) = places.get(&node.id) else { continue };
        let _ = writeln!(
            out,
            "  <g><rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"6\" fill=\"#fff\" stroke=\"{}\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text></g>",
            colour(node),
            x + WIDTH / 2.0,
            y + HEIGHT / 2.0 + 4.0,
            xml(label(node))
        );
    }
    out.push_str("</svg>\n");
    out
}

fn colour(node: &Node) -> &'static str {
    match node.status {
        Some("down" | "unreachable") => "#c62828",
        Some("degraded") => "#ef6c00",
        Some("up") => "#2e7d32",
        _ => "#90a4ae",
    }
}

/// Those with a place keep it; the others stand below, one tier a row.
fn places(map: &Topology) -> HashMap<Id, (f64, f64)> {
    let mut places: HashMap<Id, (f64, f64)> = map.nodes.iter().filter_map(|n| Some((n.id, (n.x?, n.y?)))).collect();
    let mut y = places.values().map(|p| p.1).reduce(f64::max).map_or(0.0, |lowest| lowest + ROW);
    let mut tiers: BTreeMap<usize, Vec<&Node>> = BTreeMap::new();
    for node in map.nodes.iter().filter(|n| n.x.is_none() || n.y.is_none()) {
        tiers.entry(tier(node.role)).or_default().push(node);
    }
    for nodes in tiers.into_values() {
        for row in nodes.chunks(COLUMNS) {
            for (column, node) in row.iter().enumerate() {
                places.insert(node.id, (column as f64 * (WIDTH + GAP), y));
            }
            y += ROW;
        }
    }
    places
}

fn tier(role: Option<&str>) -> usize {
    const TIERS: [&str; 6] = ["router", "firewall", "core", "distribution", "access", "access_point"];
    role.and_then(|role| TIERS.iter().position(|t| *t == role)).unwrap_or(TIERS.len())
}
