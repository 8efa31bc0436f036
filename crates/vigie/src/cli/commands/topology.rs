//! The map: as data, or as a drawing for other programs.

use std::fmt::Write as _;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value as Json, json};

use crate::cli::connection::ConnectionArgs;
use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::show::{OutputArgs, clean};

/// The map.
#[derive(Args, Clone, Debug)]
pub struct TopologyArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub command: TopologyCommand,
    /// Which server.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// In which form.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What to do with the map.
#[derive(Clone, Debug, Subcommand)]
pub enum TopologyCommand {
    /// Writes the map to standard output.
    Export {
        /// In which form.
        #[arg(long, value_enum, default_value_t = Drawing::Json)]
        format: Drawing,
    },
    /// Shows how many nodes and links there are, and which links are down.
    Show,
}

/// A form of the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Drawing {
    /// As the API gives it.
    Json,
    /// Graphviz.
    Dot,
    /// Mermaid, as Markdown draws it.
    Mermaid,
    /// GraphML, for yEd, Gephi and others.
    Graphml,
}

impl TopologyArgs {
    /// Runs it.
    pub async fn run(&self) -> Result<(), Failure> {
        let desk = Desk::open(&self.connection, &self.output)?;
        let map = desk.client.get("topology", &[]).await.map_err(|failure| failure.on("cannot read the map"))?.body;
        if map["folded"] == true {
            eprintln!("the map has more than 5,000 nodes and comes folded by site");
        }
        match &self.command {
            TopologyCommand::Export { format } => desk.screen.put(&draw(&map, *format)),
            TopologyCommand::Show => show(&desk, &map),
        }
    }
}

fn show(desk: &Desk, map: &Json) -> Result<(), Failure> {
    if !desk.screen.for_people() {
        return desk.screen.object(map);
    }
    let down: Vec<Json> = links(map).filter(|link| link.status == "down").map(|link| json!(link.label(map))).collect();
    let (nodes, links) = (list(map, "nodes").len(), list(map, "links").len());
    desk.screen.object(&json!({"nodes": nodes, "links": links, "links_down": down, "computed_at": map["computed_at"]}))
}

/// The map in a form.
pub fn draw(map: &Json, format: Drawing) -> String {
    match format {
        Drawing::Json => format!("{map:#}\n"),
        Drawing::Dot => dot(map),
        Drawing::Mermaid => mermaid(map),
        Drawing::Graphml => graphml(map),
    }
}

struct Link<'a> {
    from: &'a str,
    to: &'a str,
    ports: [&'a str; 2],
    status: &'a str,
}

impl Link<'_> {
    fn label(&self, map: &Json) -> String {
        let name = |id: &str| list(map, "nodes").iter().find(|node| node["id"] == id).map_or_else(|| id.to_owned(), called);
        format!("{} {} – {} {}", name(self.from), self.ports[0], name(self.to), self.ports[1])
    }
}

fn list<'a>(map: &'a Json, name: &str) -> &'a [Json] {
    map[name].as_array().map_or(&[], Vec::as_slice)
}

fn links(map: &Json) -> impl Iterator<Item = Link<'_>> {
    list(map, "links").iter().filter_map(|link| {
        Some(Link {
            from: link["source"]["node"].as_str()?,
            to: link["target"]["node"].as_str()?,
            ports: ["source", "target"].map(|end| link[end]["interface_name"].as_str().unwrap_or("?")),
            status: link["status"].as_str().unwrap_or("unknown"),
        })
    })
}

/// A node without a name lies outside what the caller may see.
fn called(node: &Json) -> String {
    let name = node["name"].as_str().or_else(|| node["address"].as_str());
    name.map_or_else(|| "hidden".to_owned(), clean)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", clean(text).replace('\\', "\\\\").replace('"', "\\\""))
}

fn dot(map: &Json) -> String {
    let mut text = String::from("graph network {\n  node [shape=box, style=rounded];\n");
    for node in list(map, "nodes") {
        let color = match node["status"].as_str() {
            Some("down") => ", color=red",
            Some("degraded" | "unreachable") => ", color=orange",
            _ => "",
        };
        let _ = writeln!(text, "  {} [label={}{color}];", quoted(node["id"].as_str().unwrap_or_default()), quoted(&called(node)));
    }
    for link in links(map) {
        let [tail, head] = link.ports.map(quoted);
        let style = if link.status == "down" { ", color=red, style=dashed" } else { "" };
        let _ = writeln!(text, "  {} -- {} [taillabel={tail}, headlabel={head}{style}];", quoted(link.from), quoted(link.to));
    }
    text + "}\n"
}

fn mermaid(map: &Json) -> String {
    let place = |id: &str| list(map, "nodes").iter().position(|node| node["id"] == id);
    let words = |text: &str| clean(text).replace('"', "#quot;");
    let mut text = String::from("graph TD\n");
    for (n, node) in list(map, "nodes").iter().enumerate() {
        let _ = writeln!(text, "  n{n}[\"{}\"]", words(&called(node)));
    }
    for link in links(map) {
        let (Some(from), Some(to)) = (place(link.from), place(link.to)) else { continue };
        let line = if link.status == "down" { "-.-" } else { "---" };
        let _ = writeln!(text, "  n{from} {line}|\"{} – {}\"| n{to}", words(link.ports[0]), words(link.ports[1]));
    }
    text
}

fn graphml(map: &Json) -> String {
    const NODE: [&str; 7] = ["name", "kind", "role", "status", "address", "vendor", "model"];
    const EDGE: [&str; 4] = ["status", "speed_bps", "source_port", "target_port"];
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n");
    for (of, name) in NODE.map(|name| ("node", name)).into_iter().chain(EDGE.map(|name| ("edge", name))) {
        let kind = if name == "speed_bps" { "long" } else { "string" };
        let _ = writeln!(text, "  <key id=\"{of}_{name}\" for=\"{of}\" attr.name=\"{name}\" attr.type=\"{kind}\"/>");
    }
    text.push_str("  <graph edgedefault=\"undirected\">\n");
    for node in list(map, "nodes") {
        let _ = writeln!(text, "    <node id=\"{}\">{}</node>", xml(&node["id"]), data("node", &NODE, node));
    }
    for link in list(map, "links") {
        let mut told = link.clone();
        told["source_port"] = link["source"]["interface_name"].clone();
        told["target_port"] = link["target"]["interface_name"].clone();
        let (from, to) = (xml(&link["source"]["node"]), xml(&link["target"]["node"]));
        let _ =
            writeln!(text, "    <edge id=\"{}\" source=\"{from}\" target=\"{to}\">{}</edge>", xml(&link["id"]), data("edge", &EDGE, &told));
    }
    text + "  </graph>\n</graphml>\n"
}

fn data(of: &str, names: &[&str], object: &Json) -> String {
    let known = names.iter().filter(|name| !object[**name].is_null());
    known.map(|name| ["<data key=\"", of, "_", name, "\">", &xml(&object[*name]), "</data>"].concat()).collect()
}

fn xml(value: &Json) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), clean);
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> Json {
        json!({"nodes": [{"id": "a", "name": "core \"1\"", "status": "down"}, {"id": "b", "name": null, "address": null, "kind": "hidden"}],
            "links": [{"id": "l", "source": {"node": "a", "interface_name": "Gi1/0/1"}, "target": {"node": "b", "interface_name": null}, "status": "down", "speed_bps": 1_000_000_000_u64}]})
    }

    #[test]
    fn the_map_is_drawn_in_each_form() {
        let text = draw(&map(), Drawing::Dot);
        assert!(text.contains("\"a\" [label=\"core \\\"1\\\"\", color=red];"), "{text}");
        assert!(text.contains("\"a\" -- \"b\" [taillabel=\"Gi1/0/1\", headlabel=\"?\", color=red, style=dashed];"), "{text}");
        let text = draw(&map(), Drawing::Mermaid);
        assert!(text.contains("n0[\"core #quot;1#quot;\"]") && text.contains("n0 -.-|\"Gi1/0/1 – ?\"| n1"), "{text}");
        let text = draw(&map(), Drawing::Graphml);
        assert!(text.contains("<edge id=\"l\" source=\"a\" target=\"b\"><data key=\"edge_status\">down</data>"), "{text}");
        assert!(text.contains("core &quot;1&quot;"), "{text}");
    }
}
