//! Work for whole groups in the in-memory cloud: accepted for all members at once, done by each of them.

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;

use super::super::fault::{Fault, refused};
use super::{Work, World};
use crate::cloud::{CloudError, Part, Progress, Submitted};
use crate::name::Ocid;
use crate::observed::{Instance, ServiceGroup};
use crate::op::{Again, Op, Ticket, Wanted};

impl Work {
    pub(super) fn parts(&self) -> Progress {
        let over = self.ended.is_some();
        Progress::Parts { parts: self.parts.clone(), over }
    }
}

impl World {
    /// Looks at a group with those of its members that have open work.
    pub(super) fn group(&self, id: &Ocid) -> Option<ServiceGroup> {
        let mut group = self.observed.groups.get(id)?.clone();
        let open = |id: &Ocid| self.observed.instances.get(id)?.open_work.first().cloned();
        group.busy = group.members.iter().filter_map(|id| Some((id.clone(), open(id)?))).collect();
        Some(group)
    }

    /// Accepts work for a group: a part for each member, or for each instance that joins.
    pub(super) fn accept_crew(&mut self, op: &Op, fault: Option<&Fault>) -> Result<Submitted, CloudError> {
        let Some((group, wanted)) = op.crew() else { return Err(refused(400, "InvalidParameter")) };
        let Some(seen) = self.observed.group_id(group).and_then(|id| self.observed.groups.get(&id)) else {
            return Err(refused(404, "NotAuthorizedOrNotFound"));
        };
        if let Op::Detach { sources, .. } = op
            && seen.sources.iter().all(|link| sources.contains(&link.id))
        {
            self.violations.push(format!("{} would leave nothing", op.key()));
            return Err(refused(400, "InvalidParameter"));
        }
        let elsewhere =
            |id: &&Ocid| self.observed.instances.get(*id).is_none_or(|seen| !seen.groups.is_empty());
        if matches!(op, Op::Enroll { .. })
            && let Some(id) = wanted.iter().filter(|id| !seen.members.contains(*id)).find(elsewhere)
        {
            self.violations.push(format!("{} takes in {id}, which another group has", op.key()));
            return Err(refused(409, "IncorrectState"));
        }
        let all: BTreeSet<Ocid> = match op {
            Op::Enroll { .. } | Op::Rerun { .. } => wanted.iter().cloned().collect(),
            _ => seen.members.clone(),
        };
        let ticket = Ticket(format!("ocid1.osmhworkrequest.oc1..{}", self.work.len() + 1));
        let mut parts = BTreeMap::new();
        for id in all {
            let Some(seen) = self.observed.instances.get_mut(&id) else { continue };
            parts.insert(id.clone(), Part::Accepted);
            if !seen.status.takes_work() {
                continue;
            }
            if !seen.open_work.is_empty() && op.installs().contains(&id) {
                self.violations.push(format!("{} beside an open work request of {id}", op.key()));
            }
            seen.open_work.push(ticket.clone());
        }
        let accepted = Instant::now();
        let due = accepted + self.work_takes;
        let work =
            Work { op: op.clone(), parts, accepted, due: Some(due), fault: fault.cloned(), ended: None };
        self.work.insert(ticket.clone(), work);
        self.due.insert((due, ticket.clone()));
        Ok(Submitted::Pending { ticket })
    }

    /// Does it on all who check in, but for those on whom it goes wrong.
    pub(super) fn end_crew(&mut self, ticket: &Ticket, op: &Op, fault: Option<&Fault>) {
        let first = op.crew().and_then(|(_, instances)| instances.first()).cloned();
        let struck: BTreeSet<Ocid> = match fault {
            Some(Fault::FailedWork { .. } | Fault::StuckWork) => first.into_iter().collect(),
            Some(Fault::FailedParts { instances, .. }) => instances.clone(),
            _ => BTreeSet::new(),
        };
        let before: Vec<(Ocid, Instance)> = struck
            .iter()
            .filter_map(|id| Some((id.clone(), self.observed.instances.get(id)?.clone())))
            .collect();
        let ids: Vec<Ocid> = self.work[ticket].parts.keys().cloned().collect();
        for id in ids.iter().filter(|_| by_kind(op)) {
            // What is of a kind is what the service lists as of it at that time.
            let offered = self.offered(id).unwrap_or_default();
            self.observed.updates.insert(id.clone(), offered);
        }
        if fault != Some(&Fault::IdleUpdate) {
            self.observed.advance(op);
        }
        self.observed.updates.clear();
        let stuck = fault == Some(&Fault::StuckWork);
        for (id, old) in before {
            let Some(seen) = self.observed.instances.get_mut(&id) else { continue };
            // Whoever is taken in is a member, whatever its agent did.
            let groups = std::mem::take(&mut seen.groups);
            *seen = Instance { groups, ..old };
        }
        let mut parts = BTreeMap::new();
        for id in ids {
            let Some(seen) = self.observed.instances.get_mut(&id) else { continue };
            let is_struck = struck.contains(&id);
            let part = match fault {
                _ if !seen.status.takes_work() => Part::Accepted,
                Some(Fault::FailedWork { message } | Fault::FailedParts { message, .. }) if is_struck => {
                    Part::Failed { message: message.clone() }
                }
                Some(Fault::StuckWork) if is_struck => Part::Running,
                _ => Part::Succeeded,
            };
            if !(is_struck && stuck) {
                seen.open_work.retain(|open| open != ticket);
            }
            parts.insert(id, part);
        }
        if let Some(work) = self.work.get_mut(ticket) {
            let over = parts.values().all(|part| matches!(part, Part::Succeeded | Part::Failed { .. }));
            work.parts = parts;
            work.ended = over.then_some(Ok(()));
        }
    }
}

/// Tells whether what an op does goes by what updates are for.
fn by_kind(op: &Op) -> bool {
    match op {
        Op::UpdateGroup { kind, .. } | Op::Rerun { again: Again::Update(kind), .. } => *kind != Wanted::All,
        Op::PatchGroup { .. } => true,
        _ => false,
    }
}
