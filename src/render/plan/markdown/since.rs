//! What has changed since the plan before.

use super::mark;
use crate::name::TrainName;
use crate::plan::{Figures, Plan};

/// The plan before, as far as it is at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// A plan that was saved: its train and its figures.
    Plan(TrainName, Box<Figures>),
    /// The text of a comment, which has figures of its own where a plan was told in it.
    Comment(String),
}

impl Since {
    /// Takes the figures of a saved plan.
    pub fn plan(plan: &Plan) -> Self {
        Self::Plan(plan.basis.train.clone(), Box::new(plan.figures()))
    }

    /// Returns the figures of the train's plan before; none where nothing tells them.
    pub fn figures(&self, train: &str) -> Option<Figures> {
        match self {
            Self::Plan(of, figures) => (of.as_str() == train).then_some(**figures),
            Self::Comment(text) => mark::read(text, train),
        }
    }
}

/// Says how the figures differ from those of the plan before.
pub(super) fn sentence(before: &Figures, now: &Figures) -> String {
    let differ = before.named().into_iter().zip(now.named()).filter(|((old, _), (new, _))| old != new);
    let parts: Vec<String> = differ
        .map(|((old, what), (new, _))| match new >= old {
            true => format!("+{} {what}", new - old),
            false => format!("-{} {what}", old - new),
        })
        .collect();
    match parts.is_empty() {
        true => "Since the previous plan: no figure differs.".to_owned(),
        false => format!("Since the previous plan: {}.", parts.join(", ")),
    }
}
