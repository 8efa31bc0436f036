//! GraphML.

use std::fmt::Write;

use super::{label, xml};
use crate::topology::map::Topology;

const KEYS: [(&str, &str, &str); 14] = [
    ("name", "node", "string"),
    ("kind", "node", "string"),
    ("role", "node", "string"),
    ("status", "node", "string"),
    ("address", "node", "string"),
    ("vendor", "node", "string"),
    ("model", "node", "string"),
    ("site", "node", "string"),
    ("x", "node", "double"),
    ("y", "node", "double"),
    ("ports", "edge", "string"),
    ("link_status", "edge", "string"),
    ("speed_bps", "edge", "long"),
    ("confidence", "edge", "double"),
];

pub(super) fn write(map: &Topology) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n");
    for (name, of, kind) in KEYS {
        line(&mut out, format_args!("  <key id=\"{name}\" for=\"{of}\" attr.name=\"{name}\" attr.type=\"{kind}\"/>"));
    }
    out.push_str("  <graph id=\"topology\" edgedefault=\"undirected\">\n");
    for node in &map.nodes {
        line(&mut out, format_args!("    <node id=\"{}\">", node.id));
        data(&mut out, "name", Some(label(node)));
        data(&mut out, "kind", serde_json::to_value(node.kind).ok().as_ref().and_then(|k| k.as_str()));
        data(&mut out, "role", node.role);
        data(&mut out, "status", node.status);
        data(&mut out, "address", node.address.as_deref());
        data(&mut out, "vendor", node.vendor.as_deref());
        data(&mut out, "model", node.model.as_deref());
        data(&mut out, "site", node.site.as_ref().map(|s| s.name.as_str()));
        data(&mut out, "x", node.x.map(|v| v.to_string()).as_deref());
        data(&mut out, "y", node.y.map(|v| v.to_string()).as_deref());
        out.push_str("    </node>\n");
    }
    for link in &map.links {
        line(&mut out, format_args!("    <edge id=\"{}\" source=\"{}\" target=\"{}\">", link.id, link.source.node, link.target.node));
        data(&mut out, "ports", Some(&super::ports(link)));
        data(&mut out, "link_status", Some(link.status));
        data(&mut out, "speed_bps", link.speed_bps.map(|v| v.to_string()).as_deref());
        data(&mut out, "confidence", Some(&link.confidence.to_string()));
        out.push_str("    </edge>\n");
    }
    out.push_str("  </graph>\n</graphml>\n");
    out
}

fn data(out: &mut String, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        line(out, format_args!("      <data key=\"{key}\">{}</data>", xml(value)));
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // writing to a string does not fail
    let _ = writeln!(out, "{text}");
}
