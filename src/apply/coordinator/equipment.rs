//! Who has not got the sources that its group has: nobody has such a group updated.

use jiff::Timestamp;

use super::Coordinator;
use crate::apply::work::Crew;
use crate::apply::{ApplyError, Event};
use crate::cloud::Cloud;
use crate::op::{Again, Op};
use crate::plan::{Action, Step};
use crate::state::store::Session;

impl<C: Cloud, S: Session, F: FnMut(Event) + Send> Coordinator<'_, C, S, F> {
    /// Keeps book of who has not got what its group has.
    pub(super) fn equipped(&mut self, step: &Step, crew: &Crew) {
        let Action::Act { op } = &step.action else { return };
        let (Some((group, _)), true) = (op.crew(), gives_sources(op)) else { return };
        let without = self.without.entry(group.group.clone()).or_default();
        for id in &crew.done {
            without.remove(id);
            self.fallen.remove(id);
        }
        without.extend(crew.failed.iter().chain(&crew.open).map(|(id, _)| id.clone()));
    }

    /// Takes note of the members without the group's sources as failed: the update that would show it is not asked for.
    pub(super) fn count_unequipped(&mut self, step: &Step, at: Timestamp) -> Result<(), ApplyError> {
        let Action::Act { op: Op::UpdateGroup { group, .. } } = &step.action else { return Ok(()) };
        let without = self.without.get(&group.group).cloned().unwrap_or_default();
        for id in without {
            let why = self.fallen.get(&id).cloned();
            let why = why.unwrap_or_else(|| "it has not got the group's source".to_owned());
            let told = self.count_failure(step, id, why, at)?;
            self.late.extend(told);
        }
        Ok(())
    }

    /// Tells why a group must not be updated now: some member still has its old sources, and an update would bring that
    /// one whatever those offer, beyond its release.
    pub(super) fn unequipped(&self, step: &Step) -> Option<String> {
        let Action::Act { op: Op::UpdateGroup { group, .. } } = &step.action else { return None };
        let without = self.without.get(&group.group).filter(|without| !without.is_empty())?;
        let names: Vec<&str> = without.iter().take(NAMED).map(|id| self.plan.label(id)).collect();
        let more = if without.len() > NAMED { ", ..." } else { "" };
        Some(format!(
            "{} of its members have not got the group's source ({}{more}), and an update of the group would take them \
             beyond their release; apply again, which repeats that first",
            without.len(),
            names.join(", "),
        ))
    }
}

/// How many members a message names before it counts.
const NAMED: usize = 3;

/// Tells whether by the op members get what their group has.
fn gives_sources(op: &Op) -> bool {
    matches!(
        op,
        Op::Attach { .. }
            | Op::Detach { .. }
            | Op::Enroll { .. }
            | Op::Rerun { again: Again::Sources | Again::Join, .. }
    )
}
