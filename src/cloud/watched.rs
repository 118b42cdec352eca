//! A cloud whose answers about instances are kept, so that what a run has seen anyway need not be asked again after it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Cloud, CloudError, Progress, Submitted};
use crate::name::Ocid;
use crate::observed::{Instance, Inventory, Scope, Sighting};
use crate::op::{Op, RetryToken, Ticket};

/// Another cloud, and the last answers about each instance.
#[derive(Debug)]
pub struct Watched<C> {
    cloud: Arc<C>,
    seen: Mutex<Seen>,
}

/// The last answers about each instance, but for those that something was asked for since that may have changed them.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Without packages, and as if nothing was open on them: that changes by itself.
    pub instances: BTreeMap<Ocid, Instance>,
    /// Their packages.
    pub inventories: BTreeMap<Ocid, Inventory>,
}

impl<C> Watched<C> {
    /// Watches a cloud.
    pub fn new(cloud: Arc<C>) -> Self {
        Self { cloud, seen: Mutex::new(Seen::default()) }
    }

    /// Returns what was seen until now.
    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, note: impl FnOnce(&mut Seen)) {
        note(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Seen {
    fn learn(&mut self, sighting: &Sighting) {
        match sighting {
            Sighting::Instance(id, Some(instance)) => {
                let instance = Instance { inventory: None, open_work: Vec::new(), ..instance.clone() };
                self.instances.insert(id.clone(), instance);
            }
            Sighting::Instance(id, None) => drop(self.instances.remove(id)),
            Sighting::Inventory(id, Some(inventory)) => {
                self.inventories.insert(id.clone(), inventory.clone());
            }
            Sighting::Inventory(id, None) => drop(self.inventories.remove(id)),
            _ => {}
        }
    }

    /// Forgets what an op may change. An update, or a list made anew, leaves sources and groups as they are.
    fn forget(&mut self, op: &Op) {
        let dismissed = match op {
            Op::Dismiss { instances, .. } => instances.as_slice(),
            _ => &[],
        };
        let crew = op.crew().map_or(&[][..], |(_, instances)| instances);
        let stays = op.updates().is_some()
            || matches!(
                op,
                Op::UpdateGroup { .. }
                    | Op::PatchGroup { .. }
                    | Op::EnforceGroup { .. }
                    | Op::EnableGroupStreams { .. }
                    | Op::Refresh { .. }
                    | Op::RefreshInstance { .. }
            );
        for id in op.instance().into_iter().chain(crew).chain(dismissed) {
            self.inventories.remove(id);
            if !stays {
                self.instances.remove(id);
            }
        }
    }
}

impl<C: Cloud> Cloud for Watched<C> {
    async fn observe(&self, scope: &Scope) -> Result<Sighting, CloudError> {
        let sighting = self.cloud.observe(scope).await?;
        self.note(|seen| seen.learn(&sighting));
        Ok(sighting)
    }

    async fn submit(&self, op: &Op, token: &RetryToken) -> Result<Submitted, CloudError> {
        // Whether it is served or not: what was seen before it is not known to be so after it.
        self.note(|seen| seen.forget(op));
        let submitted = self.cloud.submit(op, token).await;
        self.note(|seen| seen.forget(op));
        submitted
    }

    async fn poll(&self, ticket: &Ticket) -> Result<Progress, CloudError> {
        self.cloud.poll(ticket).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observed::InstanceStatus;
    use crate::op::{GroupRef, SourceRef, Wanted};

    fn id(number: usize) -> Ocid {
        Ocid::new(&format!("ocid1.instance.oc1..{number}"))
    }

    fn instance() -> Instance {
        Instance {
            name: "web".into(),
            status: InstanceStatus::Normal,
            os: None,
            parent: None,
            children: Vec::new(),
            groups: std::collections::BTreeSet::new(),
            inventory: None,
            last_checkin: None,
            last_boot: None,
            running_kernel: None,
            effective_kernel: None,
            reboot_required: false,
            listed: None,
            updates_available: None,
            open_work: vec![Ticket("w".into())],
        }
    }

    #[test]
    fn what_an_op_may_have_changed_is_not_known_any_more() {
        let mut seen = Seen::default();
        let look = |seen: &mut Seen| {
            for number in 0..2 {
                seen.learn(&Sighting::Instance(id(number), Some(instance())));
                seen.learn(&Sighting::Inventory(id(number), Some(Inventory::default())));
            }
        };
        let known =
            |seen: &Seen| (seen.instances.contains_key(&id(0)), seen.inventories.contains_key(&id(0)));
        look(&mut seen);
        assert!(seen.instances[&id(0)].open_work.is_empty());
        let source = SourceRef { release: crate::name::ReleaseName::new("GL1"), id: None, under: None };
        let group = GroupRef { group: crate::name::GroupName::new("web"), id: None };
        seen.forget(&Op::Update { instance: id(0), source, kind: Wanted::All });
        assert_eq!(known(&seen), (true, false));
        look(&mut seen);
        seen.forget(&Op::Leave { group: group.clone(), instance: id(0) });
        assert_eq!(known(&seen), (false, false));
        look(&mut seen);
        seen.forget(&Op::Dismiss { group, instances: vec![id(0)] });
        assert_eq!(known(&seen), (false, false));
        assert!(seen.instances.contains_key(&id(1)) && seen.inventories.contains_key(&id(1)));
        seen.learn(&Sighting::Instance(id(1), None));
        assert!(!seen.instances.contains_key(&id(1)));
    }
}
