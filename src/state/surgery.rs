//! Changes of the state by hand: forgetting what it holds, calling it otherwise, and going on from what it was.
//!
//! Pure. What is forgotten stays in the service: the next plan meets it as something that others have made.

use std::collections::BTreeMap;

use super::State;
use crate::name::{Address, GroupName};
use crate::op::OpKey;

/// Why a state cannot take another's place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It is of another train.
    #[error("it is of train `{0}`")]
    Train(crate::name::TrainName),
    /// It is of another lineage.
    #[error(
        "it is of lineage {found}, and the state of lineage {own}: they have nothing to do with each other"
    )]
    Lineage {
        /// Its own.
        found: String,
        /// The state's.
        own: String,
    },
    /// It is older than the state.
    #[error("it is at serial {found}, and the state at {own}: what was applied since would be forgotten")]
    Older {
        /// Its own.
        found: u64,
        /// The state's.
        own: u64,
    },
    /// It is at the state's serial, and another run made it.
    #[error(
        "it is at serial {0} like the state, and of another run: what the state's run did would be forgotten"
    )]
    Other(u64),
    /// It is of another service.
    #[error("it is of {found}, and the state of {own}: ids of one mean nothing to the other")]
    Service {
        /// Its own.
        found: &'static str,
        /// The state's.
        own: &'static str,
    },
}

/// Why something of a state cannot go by another name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unrenamable {
    /// Something goes by that name.
    #[error("{0} is in the state already")]
    Taken(String),
    /// Work on it was begun, and nobody knows what became of it: it is asked after by its name.
    #[error(
        "what became of work that was begun under the old name is not known, and it would be lost: {}",
        keys.iter().map(OpKey::to_string).collect::<Vec<_>>().join(", ")
    )]
    Begun {
        /// Which.
        keys: Vec<OpKey>,
    },
}

/// Returns what a group, or a wave of it, is called once the group goes by another name; none where it is of another group.
fn renamed(name: &GroupName, from: &GroupName, to: &GroupName) -> Option<GroupName> {
    let to = || name.wave().filter(|_| name != from).map_or_else(|| to.clone(), |wave| to.of_wave(wave));
    name.is_of(from).then(to)
}

impl State {
    /// Has a group go by another name, with all that belongs to it: its schedule, its profile, its instances, and work on
    /// it that is found again by its work request. Which group of the service it is stays as it is.
    pub fn rename(&mut self, from: &GroupName, to: &GroupName) -> Result<(), Unrenamable> {
        let taken = [
            ("group", self.groups.keys().any(|name| name.is_of(to))),
            ("schedule", self.schedules.keys().any(|name| name.is_of(to))),
            ("profile", self.profiles.keys().any(|name| name.is_of(to))),
        ];
        if let Some((kind, _)) = taken.iter().find(|(_, taken)| *taken) {
            return Err(Unrenamable::Taken(format!("{kind}.{to}")));
        }
        if let Some((id, _)) = self.instances.iter().find(|(_, record)| record.group == *to) {
            return Err(Unrenamable::Taken(format!("instance {id} of group.{to}")));
        }
        let begun = self.unfinished.iter().filter(|(key, _)| key.is_of_group(from) || key.is_of_group(to));
        let begun = begun.filter(|(key, work)| work.ticket.is_none() || key.is_of_group(to));
        let begun: Vec<OpKey> = begun.map(|(key, _)| key.clone()).collect();
        if !begun.is_empty() {
            return Err(Unrenamable::Begun { keys: begun });
        }
        // With a group go its waves, where those are groups of their own.
        fn carry<V>(records: &mut BTreeMap<GroupName, V>, from: &GroupName, to: &GroupName) {
            let all = std::mem::take(records).into_iter();
            *records = all.map(|(name, record)| (renamed(&name, from, to).unwrap_or(name), record)).collect();
        }
        for (name, record) in &mut self.groups {
            let Some(new) = renamed(name, from, to) else { continue };
            // That the service goes on calling it so is not what others have done.
            let called = record.called.take().unwrap_or_else(|| name.as_str().into());
            record.called = (*called != *new.as_str()).then_some(called);
        }
        carry(&mut self.groups, from, to);
        carry(&mut self.schedules, from, to);
        carry(&mut self.profiles, from, to);
        carry(&mut self.rollouts, from, to);
        for record in self.instances.values_mut().filter(|record| record.group == *from) {
            record.group = to.clone();
        }
        let unfinished = std::mem::take(&mut self.unfinished);
        self.unfinished =
            unfinished.into_iter().map(|(key, work)| (key.renamed(from, to).unwrap_or(key), work)).collect();
        Ok(())
    }

    /// Forgets what is at an address, with what belongs to it: of a group its schedule, its profile and its instances.
    pub fn forget(&mut self, address: &Address) {
        match address {
            Address::Release(name) => _ = self.sources.remove(name),
            Address::Group(name) => {
                self.groups.retain(|known, _| !known.is_of(name));
                self.schedules.retain(|known, _| !known.is_of(name));
                self.profiles.retain(|known, _| !known.is_of(name));
                self.rollouts.remove(name);
                let (whole, wave) = (name.whole(), name.wave());
                let gone = self.instances.iter().filter(|(_, record)| {
                    record.group == whole && wave.is_none_or(|wave| record.wave == wave)
                });
                let gone: Vec<_> = gone.map(|(id, _)| id.clone()).collect();
                gone.iter().for_each(|id| self.forget_instance(id));
            }
            Address::Schedule(name) => _ = self.schedules.remove(name),
            Address::Profile(name) => _ = self.profiles.remove(name),
            Address::Instance(id) => self.forget_instance(id),
        }
    }

    /// Returns this state under the serial after `highest`, the highest that was ever used, and with no plan that could go
    /// on: a plan that was made before is stale then.
    pub fn after(self, highest: u64) -> Self {
        Self { serial: highest.max(self.serial) + 1, last_plan: None, steady: None, ..self }
    }

    /// Returns it with the next serial, where rollouts alone were paused or resumed: plans that fitted it still do.
    #[must_use]
    pub fn paused_after(self, highest: u64) -> Self {
        let steady = Some(self.steady.unwrap_or(self.serial));
        Self { serial: highest.max(self.serial) + 1, steady, ..self }
    }

    /// Returns this earlier state as `current` goes on from it: what has been begun since, and whose end is not known, is
    /// still to be asked after.
    pub fn restored_over(self, current: &Self) -> Self {
        Self { unfinished: current.unfinished.clone(), boots: current.boots.clone(), ..self }
    }

    /// Fails unless this state may be put in the place of `current`: of the same train, service and lineage, and not of
    /// an earlier run. With `force` only train and service count.
    pub fn may_follow(&self, current: &Self, force: bool) -> Result<(), Unfit> {
        self.is_akin_to(current, force)?;
        if force {
            return Ok(());
        }
        if self.serial < current.serial {
            return Err(Unfit::Older { found: self.serial, own: current.serial });
        }
        let run = |state: &Self| state.last_plan.as_ref().map(|run| (run.id.clone(), run.basis));
        if self.serial == current.serial && run(self) != run(current) {
            return Err(Unfit::Other(self.serial));
        }
        Ok(())
    }

    /// Fails unless this state and `current` are of the same train and service, and, without `force`, of one lineage.
    pub fn is_akin_to(&self, current: &Self, force: bool) -> Result<(), Unfit> {
        if self.train != current.train {
            return Err(Unfit::Train(self.train.clone()));
        }
        if self.api != current.api {
            return Err(Unfit::Service { found: self.api.name(), own: current.api.name() });
        }
        if self.lineage != current.lineage && !force {
            let (found, own) = (self.lineage.to_string(), current.lineage.to_string());
            return Err(Unfit::Lineage { found, own });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::store::tests::{new_state, replayed, run};
    use super::*;
    use crate::name::{GroupName, Ocid, ReleaseName, TrainName};
    use crate::op::{Api, Lineage, PlanId};
    use crate::state::PlanRun;

    fn applied() -> State {
        replayed(new_state(), &run(0..3))
    }

    #[test]
    fn what_belongs_to_it_is_forgotten_with_it_and_nothing_else() {
        let whole = applied();
        let left = |address: Address| {
            let mut state = whole.clone();
            state.forget(&address);
            (state.sources.len(), state.groups.len(), state.instances.len())
        };
        assert_eq!(left(Address::Release(ReleaseName::new("GL1"))), (1, 1, 3));
        assert_eq!(left(Address::Release(ReleaseName::new("GL1.1"))), (0, 1, 3));
        assert_eq!(left(Address::Group(GroupName::new("web"))), (1, 0, 0));
        let one = whole.instances.keys().next().unwrap().clone();
        assert_eq!(left(Address::Instance(one)), (1, 1, 2));
        assert_eq!(left(Address::Instance(Ocid::new("ocid1.instance.oc1..x"))), (1, 1, 3));
    }

    #[test]
    fn a_group_goes_by_another_name_with_all_that_is_its_own() {
        let mut whole = applied();
        let (web, front) = (GroupName::new("web"), GroupName::new("front"));
        let open = |ticket: Option<&str>| crate::state::UnfinishedOp {
            token: crate::op::RetryToken("token".into()),
            started: jiff::Timestamp::UNIX_EPOCH,
            ticket: ticket.map(|ticket| crate::op::Ticket(ticket.into())),
            instances: Vec::new(),
        };
        let key = |text: &str| OpKey(text.to_owned());
        whole.unfinished.insert(key("group-update/web/GL1.1"), open(Some("w")));
        whole.unfinished.insert(key("update/web/ocid1.instance.oc1..a"), open(None));
        let mut state = whole.clone();
        state.rename(&web, &front).unwrap();
        let record = &state.groups[&front];
        assert_eq!((&record.id, record.called.as_deref()), (&whole.groups[&web].id, Some("web")));
        assert_eq!((state.groups.len(), state.instances.len()), (1, 3));
        for (id, record) in &state.instances {
            assert_eq!((&record.group, &record.at_level), (&front, &whole.instances[id].at_level));
        }
        let keys: Vec<&str> = state.unfinished.keys().map(|key| key.0.as_str()).collect();
        assert_eq!(keys, ["group-update/front/GL1.1", "update/web/ocid1.instance.oc1..a"]);
        // And back: nothing is left of it.
        state.rename(&front, &web).unwrap();
        assert_eq!(state, whole);
    }

    #[test]
    fn a_name_that_is_taken_and_work_that_would_be_lost_are_refused() {
        let (web, front) = (GroupName::new("web"), GroupName::new("front"));
        let since = jiff::Timestamp::UNIX_EPOCH;
        let id = || Ocid::new("ocid1.x.oc1..y");
        let begun = move |key: &str, ticket: Option<&str>| {
            let work = crate::state::UnfinishedOp {
                token: crate::op::RetryToken("token".into()),
                started: since,
                ticket: ticket.map(|ticket| crate::op::Ticket(ticket.into())),
                instances: Vec::new(),
            };
            (OpKey(key.to_owned()), work)
        };
        type Change = Box<dyn Fn(&mut State)>;
        let rows: [(Change, &str); 6] = [
            (
                Box::new(|state| {
                    let record = state.groups["web"].clone();
                    state.groups.insert(GroupName::new("front"), record);
                }),
                "group.front is in the state already",
            ),
            (
                Box::new(move |state| {
                    let record = crate::state::ProfileRecord { id: id(), since };
                    state.profiles.insert(GroupName::new("front"), record);
                }),
                "profile.front is in the state already",
            ),
            (
                Box::new(|state| {
                    let record = state.instances.values_mut().next().unwrap();
                    record.group = GroupName::new("front");
                }),
                "of group.front is in the state already",
            ),
            (
                Box::new(move |state| state.unfinished.extend([begun("group-attach/web/GL1", None)])),
                "would be lost: group-attach/web/GL1",
            ),
            (
                Box::new(move |state| state.unfinished.extend([begun("create-group/web", None)])),
                "would be lost: create-group/web",
            ),
            (
                Box::new(move |state| state.unfinished.extend([begun("delete-group/front", Some("w"))])),
                "would be lost: delete-group/front",
            ),
        ];
        for (change, expected) in rows {
            let mut state = applied();
            change(&mut state);
            let before = state.clone();
            let why = state.rename(&web, &front).unwrap_err().to_string();
            assert!(why.contains(expected), "no `{expected}` in {why}");
            assert_eq!(state, before);
        }
    }

    #[test]
    fn a_state_follows_its_own_run_and_earlier_ones() {
        let current = State { serial: 7, ..applied() };
        let run =
            PlanRun { id: PlanId("b".into()), basis: 6, used_up: true, at: jiff::Timestamp::UNIX_EPOCH };
        let other = State { last_plan: Some(run), ..current.clone() };
        let is = |state: &State, force| state.may_follow(&current, force).is_ok();
        for (state, free, forced) in [
            (current.clone(), true, true),
            (State { serial: 8, ..other.clone() }, true, true),
            (other, false, true),
            (State { serial: 6, ..current.clone() }, false, true),
            (State { lineage: Lineage("f00d".into()), ..current.clone() }, false, true),
            (State { api: Api::Osmh, ..current.clone() }, false, false),
            (State { train: TrainName::new("x"), ..current.clone() }, false, false),
        ] {
            assert_eq!((is(&state, false), is(&state, true)), (free, forced), "{state:?}");
        }
    }

    #[test]
    fn no_serial_is_used_again_and_no_plan_goes_on() {
        let state = State { serial: 4, ..applied() };
        assert_eq!((state.clone().after(9).serial, state.clone().after(2).serial), (10, 5));
        assert_eq!(state.after(9).last_plan, None);
    }
}
