//! The step graph of a plan, as DOT, Mermaid or a drawing: what runs after what.
//!
//! Collapsed, the steps of one group, wave and phase are one node, and an edge that others imply is left out: a fleet fits
//! on a page. In full each step is a node.

mod collapse;
mod dot;
mod mermaid;
pub(super) mod svg;

use crate::plan::{Action, Plan};
use crate::render::words;

/// What a graph is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphFormat {
    /// For graphviz.
    Dot,
    /// For Markdown as GitHub and GitLab show it.
    Mermaid,
}

/// Writes the step graph of a plan, collapsed or in full.
pub fn graph(plan: &Plan, format: GraphFormat, full: bool) -> String {
    let graph = if full { Graph::full(plan) } else { Graph::collapsed(plan) };
    match format {
        GraphFormat::Dot => dot::write(plan, &graph),
        GraphFormat::Mermaid => mermaid::write(plan, &graph),
    }
}

/// A graph to be drawn. Nodes are in an order in which each follows what it depends on; edges go from a node to a later one.
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<(usize, usize)>,
}

/// A node.
pub(super) struct Node {
    pub(super) shape: Shape,
    /// What it is about, what is done there, and how many steps that are.
    pub(super) lines: Vec<String>,
    /// The group that it is of.
    pub(super) group: Option<String>,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Something is asked of the service.
    Act,
    /// Something is read back.
    Verify,
    /// A gate.
    Gate,
}

impl Graph {
    /// Makes a node of each step.
    pub(super) fn full(plan: &Plan) -> Self {
        let nodes = plan.steps.iter().map(|step| {
            let told = words::step(plan, step);
            let shape = match &step.action {
                Action::Act { .. } => Shape::Act,
                Action::Verify { .. } => Shape::Verify,
                Action::Gate { .. } => Shape::Gate,
            };
            let group = step.group.as_ref().map(ToString::to_string);
            Node { shape, lines: vec![told.object, told.doing], group }
        });
        let nodes: Vec<Node> = nodes.collect();
        let mut edges: Vec<(usize, usize)> = Vec::new();
        for (at, step) in plan.steps.iter().enumerate() {
            let before = step.after.iter().map(|id| id.0 as usize).filter(|before| *before < at);
            edges.extend(before.map(|before| (before, at)));
        }
        edges.sort_unstable();
        edges.dedup();
        Self { nodes, edges }
    }

    /// Puts the steps of one group, wave and phase into one node.
    pub(super) fn collapsed(plan: &Plan) -> Self {
        collapse::collapse(plan)
    }

    /// Returns it with its first nodes only, and how many are left out.
    pub(super) fn first(self, most: usize) -> (Self, usize) {
        let left = self.nodes.len().saturating_sub(most);
        let nodes: Vec<Node> = self.nodes.into_iter().take(most).collect();
        let edges = self.edges.into_iter().filter(|(from, to)| *from < most && *to < most).collect();
        (Self { nodes, edges }, left)
    }
}
