//! Graphviz.

use std::fmt::Write;

use super::{label, ports};
use crate::topology::map::Topology;

pub(super) fn write(map: &Topology) -> String {
    let mut out = String::from("graph topology {\n  overlap=false;\n  node [shape=box, style=rounded];\n");
    for node in &map.nodes {
        let address = node.address.as_deref().map(|a| format!("\\n{}", escaped(a))).unwrap_or_default();
        // writing to a string does not fail
        let _ = writeln!(out, "  \"{}\" [label=\"{}{address}\"{}];", node.id, escaped(label(node)), colour(node.status));
    }
    for link in &map.links {
        let style = if link.status == "down" { ", color=red, style=dashed" } else { "" };
        let _ = writeln!(out, "  \"{}\" -- \"{}\" [label=\"{}\"{style}];", link.source.node, link.target.node, escaped(&ports(link)));
    }
    out.push_str("}\n");
    out
}

fn colour(status: Option<&str>) -> &'static str {
    match status {
        Some("down" | "unreachable") => ", color=red",
        Some("degraded") => ", color=orange",
        _ => "",
    }
}

fn escaped(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect::<String>().replace('\\', "\\\\").replace('"', "\\\"")
}
