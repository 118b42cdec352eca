//! The graph drawn: layers from left to right, each node in the layer after the last that it follows, lines between them.
//! The same graph is always drawn the same.

use super::{Graph, Node, Shape};
use crate::render::html::{Attribute, Html};

const WIDE: usize = 200;
const HIGH: usize = 58;
/// From one layer to the next, and from one node to that below.
const ACROSS: usize = WIDE + 56;
const DOWN: usize = HIGH + 16;
const MARGIN: usize = 12;
/// How long the head of an arrow is.
const HEAD: usize = 8;
/// Nodes that are drawn.
const NODES: usize = 300;
/// Characters of a line that fit a node.
const LINE: usize = 27;
/// How often nodes are put next to those they are joined with.
const SWEEPS: usize = 4;

/// Draws it. `link` says where a node of a group leads.
pub(in crate::render) fn draw(html: &mut Html, graph: Graph, link: &dyn Fn(&str) -> Option<String>) {
    let (graph, left) = graph.first(NODES);
    if left > 0 {
        html.element("p", &[("class", &"more")], format!("{left} more nodes are not drawn."));
    }
    let places = layout(&graph);
    let wide = places.iter().map(|(x, _)| x + WIDE).max().unwrap_or(0) + MARGIN;
    let high = places.iter().map(|(_, y)| y + HIGH).max().unwrap_or(0) + MARGIN;
    html.open("div", &[("class", &"scroll graph")]);
    html.open(
        "svg",
        &[
            ("viewBox", &format!("0 0 {wide} {high}")),
            ("width", &wide),
            ("height", &high),
            ("role", &"img"),
            ("aria-label", &"The steps, and what follows what"),
        ],
    );
    for (from, to) in &graph.edges {
        let ((x1, y1), (x2, y2)) = (places[*from], places[*to]);
        let (x1, y1, y2) = (x1 + WIDE, y1 + HIGH / 2, y2 + HIGH / 2);
        let bend = ACROSS / 2;
        let path = format!("M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}", x1 + bend, x2 - bend);
        html.element("path", &[("d", &path), ("class", &"edge")], "");
        let head = format!("{x2},{y2} {},{} {},{}", x2 - HEAD, y2 - HEAD / 2, x2 - HEAD, y2 + HEAD / 2);
        html.element("polygon", &[("points", &head), ("class", &"head")], "");
    }
    for (node, place) in graph.nodes.iter().zip(&places) {
        self::node(html, node, *place, link);
    }
    html.close("svg");
    html.end("div");
}

fn node(html: &mut Html, node: &Node, (x, y): (usize, usize), link: &dyn Fn(&str) -> Option<String>) {
    let target = node.group.as_deref().and_then(link);
    if let Some(target) = &target {
        html.open("a", &[("href", target)]);
    }
    html.open("g", &[]);
    html.element("title", &[], node.lines.join(", "));
    let (class, round) = match node.shape {
        Shape::Act => ("act", 4),
        Shape::Verify => ("verify", HIGH / 2),
        Shape::Gate => ("gate", 0),
    };
    let frame: [Attribute<'_>; 6] =
        [("x", &x), ("y", &y), ("width", &WIDE), ("height", &HIGH), ("rx", &round), ("class", &class)];
    html.element("rect", &frame, "");
    for (line, text) in node.lines.iter().enumerate() {
        let (x, y) = (x + WIDE / 2, y + 18 + line * 16);
        let class = if line == 0 { "about" } else { "" };
        let long = text.chars().count() > LINE;
        let shown: String = text.chars().take(if long { LINE - 1 } else { LINE }).collect();
        let end = if long { "…" } else { "" };
        html.element("text", &[("x", &x), ("y", &y), ("class", &class)], format!("{shown}{end}"));
    }
    html.close("g");
    if target.is_some() {
        html.close("a");
    }
}

/// Returns the left upper corner of each node.
fn layout(graph: &Graph) -> Vec<(usize, usize)> {
    let mut layer = vec![0_usize; graph.nodes.len()];
    let mut joined: Vec<Vec<usize>> = vec![Vec::new(); graph.nodes.len()];
    // Edges go from a node to a later one, and are in order of their beginnings.
    for (from, to) in &graph.edges {
        layer[*to] = layer[*to].max(layer[*from] + 1);
        joined[*from].push(*to);
        joined[*to].push(*from);
    }
    let mut layers: Vec<Vec<usize>> = vec![Vec::new(); layer.iter().max().map_or(0, |last| last + 1)];
    for (node, layer) in layer.iter().enumerate() {
        layers[*layer].push(node);
    }
    // A node is drawn near those it is joined with: by the mean of their rows, in thousandths so that it is a number.
    let mut rows = vec![0_usize; graph.nodes.len()];
    for layer in &layers {
        layer.iter().enumerate().for_each(|(row, node)| rows[*node] = row * 1_000);
    }
    for _ in 0..SWEEPS {
        for layer in &mut layers {
            layer.sort_by_key(|node| match joined[*node].as_slice() {
                [] => rows[*node],
                some => some.iter().map(|other| rows[*other]).sum::<usize>() / some.len(),
            });
            layer.iter().enumerate().for_each(|(row, node)| rows[*node] = row * 1_000);
        }
    }
    let place = |node: usize| (MARGIN + layer[node] * ACROSS, MARGIN + rows[node] / 1_000 * DOWN);
    (0..graph.nodes.len()).map(place).collect()
}
