//! The order of steps: what can start, what depends on what, and that there is no cycle.

use std::collections::HashSet;

use petgraph::graph::{DiGraph, NodeIndex};
use thiserror::Error;

use super::{Action, Condition, HeldReason, Plan, Step};
use crate::name::{Address, GroupName};
use crate::op::StepId;

/// Returns the steps other than gates that a run can come to: those with no gate before them that is shut when the
/// plan is made. A gate only shuts what follows it; that something before it did not run does not shut it.
pub(super) fn startable(plan: &Plan) -> impl Iterator<Item = &Step> {
    let shut: HashSet<(&GroupName, Shut<'_>)> = plan
        .held
        .iter()
        .filter_map(|held| match &held.address {
            Address::Group(group) => Some((group, Shut::of_reason(&held.reason)?)),
            _ => None,
        })
        .collect();
    // Steps stand behind those they follow, so that one pass is enough.
    let mut blocked = vec![false; plan.steps.len()];
    for step in &plan.steps {
        let here = step.id.0 as usize;
        blocked[here] = match &step.action {
            Action::Gate { condition } => match (&step.group, Shut::of_condition(condition)) {
                (Some(group), Some(gate)) => shut.contains(&(group, gate)),
                _ => false,
            },
            Action::Act { .. } | Action::Verify { .. } => {
                step.after.iter().any(|before| blocked.get(before.0 as usize).copied().unwrap_or(true))
            }
        };
    }
    plan.steps
        .iter()
        .zip(blocked)
        .filter(|(step, blocked)| !blocked && !matches!(step.action, Action::Gate { .. }))
        .map(|(step, _)| step)
}

/// What tells a gate from the others of its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Shut<'a> {
    /// What goes first.
    Behind(&'a GroupName, Option<u32>, Option<u32>),
    Closed,
    Kept,
}

impl<'a> Shut<'a> {
    fn of_reason(reason: &'a HeldReason) -> Option<Self> {
        match reason {
            HeldReason::Gate { after, wave, behind, .. } | HeldReason::Soak { after, wave, behind, .. } => {
                Some(Self::Behind(after, *wave, *behind))
            }
            HeldReason::Closed { .. } => Some(Self::Closed),
            HeldReason::Stopped { of: Some(first), .. } => Some(Self::Behind(first, None, None)),
            HeldReason::Paused { .. } | HeldReason::Stopped { of: None, .. } => Some(Self::Kept),
            _ => None,
        }
    }

    fn of_condition(condition: &'a Condition) -> Option<Self> {
        match condition {
            Condition::GroupAtLevel { group, wave, behind, .. } => Some(Self::Behind(group, *wave, *behind)),
            Condition::Open { .. } => Some(Self::Closed),
            Condition::Going { .. } => Some(Self::Kept),
            Condition::Arrived { .. } => None,
        }
    }
}

/// The steps that depend on each step, and how many each depends on.
#[derive(Clone, Debug)]
pub struct Order {
    graph: DiGraph<StepId, ()>,
}

/// A dependency that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OrderError {
    /// A step's id is not its index.
    #[error("step {0} does not stand at its own index")]
    Misplaced(StepId),
    /// A step depends on one that is not there.
    #[error("step {step} follows {missing}, which is not in the plan")]
    Missing {
        /// The step.
        step: StepId,
        /// What it names.
        missing: StepId,
    },
    /// A cycle.
    #[error("step {0} follows itself")]
    Cycle(StepId),
}

impl Order {
    /// Checks and keeps the dependencies of steps.
    pub fn of(steps: &[Step]) -> Result<Self, OrderError> {
        let edges = steps.iter().map(|step| step.after.len()).sum();
        let mut graph = DiGraph::with_capacity(steps.len(), edges);
        for (index, step) in steps.iter().enumerate() {
            if step.id.0 as usize != index {
                return Err(OrderError::Misplaced(step.id));
            }
            graph.add_node(step.id);
        }
        for step in steps {
            for before in &step.after {
                if before.0 as usize >= steps.len() {
                    return Err(OrderError::Missing { step: step.id, missing: *before });
                }
                graph.add_edge(NodeIndex::new(before.0 as usize), NodeIndex::new(step.id.0 as usize), ());
            }
        }
        if let Err(cycle) = petgraph::algo::toposort(&graph, None) {
            return Err(OrderError::Cycle(graph[cycle.node_id()]));
        }
        Ok(Self { graph })
    }

    /// Returns the steps that depend on a step.
    pub fn dependents(&self, step: StepId) -> impl Iterator<Item = StepId> + '_ {
        self.graph.neighbors(NodeIndex::new(step.0 as usize)).map(|node| self.graph[node])
    }

    /// Returns how many steps each step waits for, by id.
    pub fn waits(&self) -> Vec<usize> {
        let incoming = petgraph::Direction::Incoming;
        self.graph.node_indices().map(|node| self.graph.neighbors_directed(node, incoming).count()).collect()
    }
}
