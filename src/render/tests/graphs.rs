//! The step graph: what it says, and that it has no cycle.

use proptest::prelude::*;

use super::super::graph::{Graph, Shape};
use super::super::{GraphFormat, graph};
use super::{borders, golden, sample};
use crate::name::{Address, GroupName};
use crate::op::{Op, SourceRef, Wanted};
use crate::plan::{Action, Plan, Verification};

#[test]
fn it_reads_well() {
    let plan = sample::full();
    golden::check("graph-dot", &graph(&plan, GraphFormat::Dot, false));
    golden::check("graph-mermaid", &graph(&plan, GraphFormat::Mermaid, false));
    golden::check("graph-dot-full", &graph(&plan, GraphFormat::Dot, true));
    assert_eq!(graph(&sample::empty(), GraphFormat::Mermaid, false), "flowchart LR\n");
}

#[test]
fn a_fleet_is_a_few_nodes() {
    let plan = borders::large();
    assert_eq!(Graph::collapsed(&plan).nodes.len(), 12);
    let full = graph(&plan, GraphFormat::Mermaid, true);
    assert!(full.contains("not drawn: 5800 more nodes"), "{}", &full[full.len() - 200..]);
    assert!(full.len() < 50_000, "{} bytes", full.len());
    assert!(graph(&plan, GraphFormat::Dot, true).lines().count() > 6_000 + 4_000);
}

#[test]
fn names_stay_within_their_quotes() {
    let mut plan = sample::full();
    for step in &mut plan.steps {
        if step.group.is_some() {
            step.group = Some(GroupName::new("a\"]; x --> y\n`<b>\\{}|#quot;"));
        }
    }
    let dot = graph(&plan, GraphFormat::Dot, false);
    let mermaid = graph(&plan, GraphFormat::Mermaid, false);
    for line in dot.lines().chain(mermaid.lines()).filter(|line| line.contains("group a")) {
        let bare = line.replace("\\\\", "").replace("\\\"", "");
        assert_eq!(bare.matches('"').count(), 2, "{line}");
    }
    assert!(mermaid.contains("group a#34;#93;; x") || mermaid.contains("group a#34;#93;#59; x"), "{mermaid}");
    assert!(!mermaid.contains("x --> y") && !mermaid.contains("<b>"));
}

/// Makes steps at random: each follows some before it.
fn random(seed: &[(u8, u8, u8)]) -> Plan {
    let mut plan = sample::empty();
    for (at, (class, one, other)) in seed.iter().enumerate() {
        let instance = sample::instance("web-01");
        let source = SourceRef { release: sample::release("GL1"), id: None, under: None };
        let group = ["canary", "web"][usize::from(class % 2)];
        let action = match class % 7 {
            0 | 1 => Action::Act {
                op: Op::Switch { instance: instance.clone(), from: None, to: source, drops: Vec::new() },
            },
            2 | 3 => Action::Act { op: Op::Update { instance: instance.clone(), source, kind: Wanted::All } },
            _ => Action::Verify {
                what: Verification::Level {
                    instance: instance.clone(),
                    group: sample::group_name(group),
                    stays: Vec::new(),
                },
            },
        };
        let mut after: Vec<u32> =
            [one, other].iter().filter(|_| at > 0).map(|pick| u32::from(**pick) % at.max(1) as u32).collect();
        after.dedup();
        sample::step(&mut plan, Address::Instance(instance), Some(group), action, &after);
    }
    plan
}

/// Tells from where one can come to each node.
fn reach(nodes: usize, edges: &[(usize, usize)]) -> Vec<Vec<bool>> {
    let mut reach = vec![vec![false; nodes]; nodes];
    for (from, to) in edges {
        for (start, reached) in reach.iter_mut().enumerate() {
            if start == *from || reached[*from] {
                reached[*to] = true;
            }
        }
    }
    reach
}

proptest! {
    #[test]
    fn edges_lead_forward_between_nodes_and_none_is_needless(
        seed in proptest::collection::vec((any::<u8>(), any::<u8>(), any::<u8>()), 0..60)
    ) {
        let plan = random(&seed);
        for graph in [Graph::collapsed(&plan), Graph::full(&plan)] {
            for (from, to) in &graph.edges {
                prop_assert!(from < to && *to < graph.nodes.len(), "{from} -> {to} of {}", graph.nodes.len());
            }
        }
        let graph = Graph::collapsed(&plan);
        let mut edges = graph.edges.clone();
        edges.sort_by_key(|(from, to)| (*to, *from));
        let whole = reach(graph.nodes.len(), &{ let mut e = edges.clone(); e.sort_unstable_by_key(|(from, _)| *from); e });
        for at in 0..edges.len() {
            let mut fewer = edges.clone();
            let (from, to) = fewer.remove(at);
            fewer.sort_unstable_by_key(|(from, _)| *from);
            prop_assert!(!reach(graph.nodes.len(), &fewer)[from][to], "{from} -> {to} is implied");
            prop_assert!(whole[from][to]);
        }
        let steps: usize = graph.nodes.iter().filter(|node| node.shape != Shape::Gate)
            .map(|node| node.lines[2].split(' ').next().unwrap().parse::<usize>().unwrap()).sum();
        prop_assert_eq!(steps, plan.steps.len());
    }
}
