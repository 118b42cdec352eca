//! Many steps as few nodes.
//!
//! Steps of a class (one group, wave and phase) become a node. Two classes may each have steps that follow steps of the
//! other, as where instances are updated, read back and then made exact; put together whole they would be a cycle. Such
//! classes are split by how often the way to a step has gone from one class to another: along an edge between two nodes of
//! a cycle that number grows, so that none is left.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::{Graph, Node, Shape};
use crate::name::{Address, GroupName};
use crate::plan::{Action, Phase, Plan, Step};
use crate::render::words::{self, address, count};

/// From so many nodes on, edges that others imply are kept: looking for them takes the square of it.
const REDUCED: usize = 3_000;

/// What becomes one node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class<'p> {
    /// What is done to the instances of a group, or of one wave of it.
    Group(&'p GroupName, Option<u32>, Phase),
    /// What is done to a source, or whatever else is no group's.
    Thing(&'p Address, Phase),
    /// A gate: by its step.
    Gate(usize),
}

impl<'p> Class<'p> {
    fn of(at: usize, step: &'p Step) -> Self {
        match (&step.action, &step.group) {
            (Action::Gate { .. }, _) => Self::Gate(at),
            (_, Some(group)) => Self::Group(group, step.wave, step.phase()),
            (_, None) => Self::Thing(&step.address, step.phase()),
        }
    }
}

pub(super) fn collapse(plan: &Plan) -> Graph {
    let steps = &plan.steps;
    let classes: Vec<Class<'_>> = steps.iter().enumerate().map(|(at, step)| Class::of(at, step)).collect();
    let before =
        |at: usize| steps[at].after.iter().map(|id| id.0 as usize).filter(move |before| *before < at);

    // Each class by its first step, and the classes that stand in a cycle.
    let mut ids: BTreeMap<Class<'_>, NodeIndex> = BTreeMap::new();
    let mut whole: DiGraph<(), ()> = DiGraph::new();
    for class in &classes {
        ids.entry(*class).or_insert_with(|| whole.add_node(()));
    }
    let mut known = BTreeSet::new();
    let mut depths = vec![0_usize; steps.len()];
    for at in 0..steps.len() {
        for earlier in before(at) {
            let apart = classes[earlier] != classes[at];
            depths[at] = depths[at].max(depths[earlier] + usize::from(apart));
            if apart && known.insert((classes[earlier], classes[at])) {
                whole.add_edge(ids[&classes[earlier]], ids[&classes[at]], ());
            }
        }
    }
    let cyclic: BTreeSet<NodeIndex> =
        tarjan_scc(&whole).into_iter().filter(|classes| classes.len() > 1).flatten().collect();

    // The nodes, in order of their first steps.
    let mut nodes: BTreeMap<(Class<'_>, usize), usize> = BTreeMap::new();
    let mut members: Vec<Vec<usize>> = Vec::new();
    let of_step: Vec<usize> = (0..steps.len())
        .map(|at| {
            let class = classes[at];
            let depth = if cyclic.contains(&ids[&class]) { depths[at] } else { 0 };
            let node = *nodes.entry((class, depth)).or_insert_with(|| {
                members.push(Vec::new());
                members.len() - 1
            });
            members[node].push(at);
            node
        })
        .collect();
    let mut edges: BTreeSet<(usize, usize)> = BTreeSet::new();
    for at in 0..steps.len() {
        let of = before(at).map(|earlier| (of_step[earlier], of_step[at]));
        edges.extend(of.filter(|(from, to)| from != to));
    }
    let nodes: Vec<Node> = members.iter().map(|steps| node(plan, steps)).collect();
    reduced(sorted(nodes, edges))
}

fn node(plan: &Plan, members: &[usize]) -> Node {
    let first = &plan.steps[members[0]];
    let group = first.group.as_ref().map(ToString::to_string);
    if matches!(first.action, Action::Gate { .. }) {
        let told = words::step(plan, first);
        return Node { shape: Shape::Gate, lines: vec![told.object, told.doing], group };
    }
    let shape = match first.phase() {
        Phase::Verify => Shape::Verify,
        _ => Shape::Act,
    };
    let about = match (&first.group, first.wave) {
        (Some(group), Some(wave)) => format!("group {group}, wave {wave}"),
        (Some(group), None) => format!("group {group}"),
        (None, _) => address(plan, &first.address),
    };
    let phase = words::phase(first.phase()).to_owned();
    Node { shape, lines: vec![about, phase, count(members.len(), "step")], group }
}

/// Brings the nodes into an order in which each follows what it depends on, and is as early as it can be.
fn sorted(nodes: Vec<Node>, edges: BTreeSet<(usize, usize)>) -> Graph {
    let mut open = vec![0_usize; nodes.len()];
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (from, to) in &edges {
        open[*to] += 1;
        next[*from].push(*to);
    }
    let ready = (0..nodes.len()).filter(|node| open[*node] == 0).map(std::cmp::Reverse);
    let mut ready: BinaryHeap<std::cmp::Reverse<usize>> = ready.collect();
    let mut place = vec![0_usize; nodes.len()];
    let mut placed = 0;
    while let Some(std::cmp::Reverse(node)) = ready.pop() {
        place[node] = placed;
        placed += 1;
        for to in &next[node] {
            open[*to] -= 1;
            if open[*to] == 0 {
                ready.push(std::cmp::Reverse(*to));
            }
        }
    }
    let mut ordered: Vec<(usize, Node)> =
        nodes.into_iter().enumerate().map(|(at, node)| (place[at], node)).collect();
    ordered.sort_by_key(|(place, _)| *place);
    let mut edges: Vec<(usize, usize)> =
        edges.into_iter().map(|(from, to)| (place[from], place[to])).collect();
    edges.sort_unstable();
    Graph { nodes: ordered.into_iter().map(|(_, node)| node).collect(), edges }
}

/// Leaves out edges that a longer way implies.
fn reduced(graph: Graph) -> Graph {
    let Graph { nodes, edges } = graph;
    if nodes.len() > REDUCED {
        return Graph { nodes, edges };
    }
    let words = nodes.len().div_ceil(64);
    let mut above: Vec<Vec<u64>> = vec![vec![0; words]; nodes.len()];
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (from, to) in &edges {
        before[*to].push(*from);
    }
    let mut kept = Vec::new();
    for node in 0..nodes.len() {
        // The latest first: what stands above one of them needs no edge of its own.
        let mut all = vec![0_u64; words];
        for from in before[node].iter().rev() {
            if all[from / 64] >> (from % 64) & 1 == 0 {
                kept.push((*from, node));
            }
            for (all, above) in all.iter_mut().zip(&above[*from]) {
                *all |= above;
            }
            all[from / 64] |= 1 << (from % 64);
        }
        above[node] = all;
    }
    kept.sort_unstable();
    Graph { nodes, edges: kept }
}
