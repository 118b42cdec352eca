//! The graph in graphviz's language.

use super::{Graph, Shape};
use crate::plan::Plan;
use crate::render::words::{clean, count};

pub(super) fn write(plan: &Plan, graph: &Graph) -> String {
    let title = format!("{}: {}", plan.basis.train, count(plan.steps.len(), "step"));
    let mut lines = vec![
        "digraph plan {".to_owned(),
        format!("  label={};", quoted(&[title])),
        "  labelloc=t;".to_owned(),
        "  rankdir=LR;".to_owned(),
        "  node [shape=box, fontname=\"sans-serif\", fontsize=11];".to_owned(),
    ];
    for (at, node) in graph.nodes.iter().enumerate() {
        let shape = match node.shape {
            Shape::Act => "",
            Shape::Verify => ", style=rounded",
            Shape::Gate => ", shape=hexagon",
        };
        lines.push(format!("  n{at} [label={}{shape}];", quoted(&node.lines)));
    }
    lines.extend(graph.edges.iter().map(|(from, to)| format!("  n{from} -> n{to};")));
    lines.extend(["}".to_owned(), String::new()]);
    lines.join("\n")
}

/// A quoted string: within it only a quote and a backslash mean anything, and a line ends by `\n`.
fn quoted(lines: &[String]) -> String {
    let safe = lines.iter().map(|line| clean(line).replace('\\', "\\\\").replace('"', "\\\""));
    format!("\"{}\"", safe.collect::<Vec<_>>().join("\\n"))
}
