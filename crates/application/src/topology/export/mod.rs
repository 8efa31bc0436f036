//! The map for other programs.

mod dot;
mod graphml;
mod mermaid;
mod svg;

use serde::Deserialize;
use utoipa::ToSchema;
use vigie_domain::{Error, Result};

use super::map::Topology;

/// A format the map is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// As `GET topology`.
    Json,
    /// GraphML (<http://graphml.graphdrawing.org/>), as yEd, Gephi and networkx read it.
    Graphml,
    /// Graphviz.
    Dot,
    /// A Mermaid flowchart.
    Mermaid,
    /// A drawing.
    Svg,
}

impl ExportFormat {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Graphml => "application/graphml+xml",
            Self::Dot => "text/vnd.graphviz",
            Self::Mermaid => "text/vnd.mermaid",
            Self::Svg => "image/svg+xml",
        }
    }

    /// What a file of it is called.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Json => "topology.json",
            Self::Graphml => "topology.graphml",
            Self::Dot => "topology.dot",
            Self::Mermaid => "topology.mmd",
            Self::Svg => "topology.svg",
        }
    }
}

/// Writes a map.
pub fn export(map: &Topology, format: ExportFormat) -> Result<String> {
    Ok(match format {
        ExportFormat::Json => serde_json::to_string_pretty(map).map_err(Error::storage)?,
        ExportFormat::Graphml => graphml::write(map),
        ExportFormat::Dot => dot::write(map),
        ExportFormat::Mermaid => mermaid::write(map),
        ExportFormat::Svg => svg::write(map),
    })
}

/// What a node is called.
fn label(node: &super::map::Node) -> &str {
    node.name.as_deref().unwrap_or("hidden")
}

/// What a link is called: its two ports.
fn ports(link: &super::map::LinkView) -> String {
    let port = |end: &super::map::End| end.interface_name.clone().unwrap_or_else(|| "?".to_owned());
    format!("{} – {}", port(&link.source), port(&link.target))
}

/// Text for XML 1.0: markup escaped, characters it forbids left out.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !c.is_control() || matches!(c, '\t' | '\n')) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use vigie_domain::{Id, Timestamp};

    use super::super::map::{End, LinkView, Node, NodeKind, Topology};
    use super::{ExportFormat, export};

    fn map() -> Topology {
        let node = |number, name: &str| Node {
            id: Id::fixed(number),
            device_id: Some(Id::fixed(number)),
            name: Some(name.to_owned()),
            kind: NodeKind::Device,
            role: Some("core"),
            status: Some("up"),
            site: None,
            building: None,
            address: Some("192.0.2.1".to_owned()),
            vendor: None,
            model: None,
            x: None,
            y: None,
            pinned: false,
            alerts_active: 0,
            devices: None,
        };
        let end =
            |number| End { kind: NodeKind::Device, node: Id::fixed(number), interface: None, interface_name: Some("Gi1/0/1".to_owned()) };
        let link = LinkView {
            id: Id::fixed(9),
            source: end(1),
            target: end(2),
            status: "down",
            speed_bps: Some(1_000_000_000),
            utilisation_ratio: None,
            source_to_target_bps: None,
            target_to_source_bps: None,
            errors_per_second: None,
            confidence: 1.0,
            protocols: vec!["lldp"],
            evidence: Vec::new(),
            present: true,
            links: None,
            first_seen: Timestamp(0),
            last_seen: Timestamp(0),
        };
        Topology { nodes: vec![node(1, "a \"<&>\" b"), node(2, "sw-2")], links: vec![link], computed_at: Timestamp(0), folded: false }
    }

    #[test]
    fn every_format_holds_both_nodes_and_escapes_them() {
        for format in [ExportFormat::Json, ExportFormat::Graphml, ExportFormat::Dot, ExportFormat::Mermaid, ExportFormat::Svg] {
            let text = export(&map(), format).unwrap();
            assert!(text.contains("sw-2") && text.contains("Gi1/0/1"), "{format:?}: {text}");
            if matches!(format, ExportFormat::Graphml | ExportFormat::Svg) {
                assert!(text.contains("a &quot;&lt;&amp;&gt;&quot; b"), "{format:?}: {text}");
            }
        }
        let dot = export(&map(), ExportFormat::Dot).unwrap();
        assert!(dot.contains(r#"label="a \"<&>\" b"#), "{dot}");
        let mermaid = export(&map(), ExportFormat::Mermaid).unwrap();
        assert!(mermaid.contains("a #quot;#lt;#amp;#gt;#quot; b"), "{mermaid}");
    }
}
