//! The graph in Mermaid's language, as GitHub and GitLab draw it within Markdown. Both give up on large ones, so that this
//! one ends with a number.

use super::{Graph, Shape};
use crate::plan::Plan;
use crate::render::words::clean;

/// Nodes that are drawn. By default Mermaid draws no more than 500 edges, and these have few more than nodes.
const NODES: usize = 200;
/// Edges that are drawn.
const EDGES: usize = 480;
/// Characters of a line in a node: Mermaid reads 50,000 characters in all.
const LONGEST: usize = 48;

pub(super) fn write(_plan: &Plan, graph: &Graph) -> String {
    let nodes = graph.nodes.len().min(NODES);
    let mut lines = vec!["flowchart LR".to_owned()];
    for (at, node) in graph.nodes[..nodes].iter().enumerate() {
        let text: Vec<String> = node.lines.iter().map(|line| spelled(line)).collect();
        let text = text.join("<br/>");
        lines.push(match node.shape {
            Shape::Act => format!("  n{at}[\"{text}\"]"),
            Shape::Verify => format!("  n{at}([\"{text}\"])"),
            Shape::Gate => format!("  n{at}{{{{\"{text}\"}}}}"),
        });
    }
    let drawn: Vec<&(usize, usize)> =
        graph.edges.iter().filter(|(from, to)| *from < nodes && *to < nodes).collect();
    let shown = drawn.len().min(EDGES);
    lines.extend(drawn[..shown].iter().map(|(from, to)| format!("  n{from} --> n{to}")));
    let (more, cut) = (graph.nodes.len() - nodes, drawn.len() - shown);
    if more > 0 || cut > 0 {
        lines.push(format!("  more[\"not drawn: {more} more nodes, {cut} more edges\"]"));
        lines.push(format!("%% not drawn: {more} more nodes and {cut} more edges; DOT has all of them"));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Spells by its number whatever Mermaid, or the HTML that it makes, could take for more than text.
fn spelled(text: &str) -> String {
    let text = clean(text);
    let mut safe = String::with_capacity(text.len());
    for c in text.chars().take(LONGEST) {
        match c {
            c if c.is_alphanumeric() || " .,:-_/()+".contains(c) => safe.push(c),
            c => safe.extend(["#", &u32::from(c).to_string(), ";"]),
        }
    }
    if text.chars().count() > LONGEST {
        safe.push('…');
    }
    safe
}
