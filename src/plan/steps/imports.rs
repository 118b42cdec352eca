//! The steps that take over what others made: its tags, and, of a source, that it holds the release.

use super::Steps;
use crate::name::{Address, GroupName, Ocid};
use crate::observed::Precondition;
use crate::op::{Op, SourceRef, StepId};
use crate::plan::holdings::{self, Groups, Sources};
use crate::plan::{Action, Input, Step, Verification, imports};
use crate::train::Release;

/// Lays out the steps of a plan that does nothing else.
pub(in crate::plan) fn take_over(input: &Input<'_>, sources: &Sources, groups: &Groups) -> Vec<Step> {
    let mut steps = Steps::default();
    for release in &input.train.releases {
        let Some(id) = sources.get(&release.name).and_then(|found| found.id.as_ref()) else { continue };
        let adopted = steps.adopt_source(input, release, id);
        let source = SourceRef { release: release.name.clone(), id: Some(id.clone()), under: None };
        let what = Verification::Contents { source };
        let address = Address::Release(release.name.clone());
        steps.push(address, None, Action::Verify { what }, vec![adopted], Precondition::Nothing);
    }
    for (name, found) in groups {
        if let Some(id) = &found.id {
            steps.adopt_group(input, name, id);
        }
    }
    steps.list
}

impl Steps {
    /// Takes a source over by its id.
    pub(super) fn adopt_source(&mut self, input: &Input<'_>, release: &Release, id: &Ocid) -> StepId {
        let owner = holdings::ownership(input, Some(release));
        let op = Op::AdoptSource { release: release.name.clone(), id: id.clone(), owner };
        let address = Address::Release(release.name.clone());
        self.push(address, None, Action::Act { op }, Vec::new(), imports::as_seen(input, id))
    }

    /// Takes a group over by its id.
    pub(super) fn adopt_group(&mut self, input: &Input<'_>, name: &GroupName, id: &Ocid) -> StepId {
        let owner = holdings::ownership(input, None);
        let seen = input.observed.groups.get(id);
        let called = seen.map_or_else(|| name.to_string(), |seen| seen.name.to_string());
        let op = Op::AdoptGroup { group: name.clone(), id: id.clone(), called, owner };
        let address = Address::Group(name.clone());
        self.push(address, Some(name), Action::Act { op }, Vec::new(), imports::as_seen(input, id))
    }
}
