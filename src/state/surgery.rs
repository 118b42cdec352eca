//! Changes of the state by hand: forgetting what it holds, and going on from what it was.
//!
//! Pure. What is forgotten stays in the service: the next plan meets it as something that others have made.

use super::State;
use crate::name::Address;

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

impl State {
    /// Forgets what is at an address, with what belongs to it: of a group its schedule, its profile and its instances.
    pub fn forget(&mut self, address: &Address) {
        match address {
            Address::Release(name) => _ = self.sources.remove(name),
            Address::Group(name) => {
                self.groups.remove(name);
                self.schedules.remove(name);
                self.profiles.remove(name);
                self.instances.retain(|_, record| record.group != *name);
            }
            Address::Schedule(name) => _ = self.schedules.remove(name),
            Address::Profile(name) => _ = self.profiles.remove(name),
            Address::Instance(id) => _ = self.instances.remove(id),
        }
    }

    /// Returns this state under the serial after `highest`, the highest that was ever used, and with no plan that could go
    /// on: a plan that was made before is stale then.
    pub fn after(self, highest: u64) -> Self {
        Self { serial: highest.max(self.serial) + 1, last_plan: None, ..self }
    }

    /// Returns this earlier state as `current` goes on from it: what has been begun since, and whose end is not known, is
    /// still to be asked after.
    pub fn restored_over(self, current: &Self) -> Self {
        Self { unfinished: current.unfinished.clone(), ..self }
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
