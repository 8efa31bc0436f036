//! Mermaid.

use std::collections::HashMap;
use std::fmt::Write;

use super::{label, ports};
use crate::topology::map::Topology;

pub(super) fn write(map: &Topology) -> String {
    let mut out = String::from("flowchart TB\n");
    let names: HashMap<_, _> = map.nodes.iter().enumerate().map(|(place, node)| (node.id, format!("n{place}"))).collect();
    for node in &map.nodes {
        // writing to a string does not fail
        let _ = writeln!(out, "  {}[\"{}\"]", names[&node.id], escaped(label(node)));
    }
    for link in &map.links {
        let (Some(source), Some(target)) = (names.get(&link.source.node), names.get(&link.target.node)) else { continue };
        let line = if link.status == "down" { "-.-" } else { "---" };
        let _ = writeln!(out, "  {source} {line}|\"{}\"| {target}", escaped(&ports(link)));
    }
    out
}

/// Entities of Mermaid begin with a hash.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !c.is_control()) {
        match c {
            '#' => out.push_str("#35;"),
            '&' => out.push_str("#amp;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '"' => out.push_str("#quot;"),
            _ => out.push(c),
        }
    }
    out
}
