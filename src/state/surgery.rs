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
    /// Returns what went.
    pub fn forget(&mut self, address: &Address) -> Vec<Address> {
        let mut gone = Vec::new();
        match address {
            Address::Release(name) => {
                gone.extend(self.sources.remove(name).map(|_| address.clone()));
            }
            Address::Group(name) => {
                gone.extend(self.groups.remove(name).map(|_| address.clone()));
                gone.extend(self.schedules.remove(name).map(|_| Address::Schedule(name.clone())));
                gone.extend(self.profiles.remove(name).map(|_| Address::Profile(name.clone())));
                self.instances.retain(|id, record| {
                    let stays = record.group != *name;
                    if !stays {
                        gone.push(Address::Instance(id.clone()));
                    }
                    stays
                });
            }
            Address::Schedule(name) => {
                gone.extend(self.schedules.remove(name).map(|_| address.clone()));
            }
            Address::Profile(name) => {
                gone.extend(self.profiles.remove(name).map(|_| address.clone()));
            }
            Address::Instance(id) => {
                gone.extend(self.instances.remove(id).map(|_| address.clone()));
            }
        }
        gone
    }

    /// Returns this state as the one that follows `current`: under the next serial, and with no plan that could go on.
    /// A plan that was made on either is stale then.
    pub fn following(self, current: &State) -> Self {
        Self { serial: current.serial.max(self.serial) + 1, last_plan: None, ..self }
    }

    /// Fails unless this state may be put in the place of `current`: of the same train, service and lineage, and no
    /// older. With `force` only train and service count.
    pub fn may_follow(&self, current: &State, force: bool) -> Result<(), Unfit> {
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
        if self.serial < current.serial && !force {
            return Err(Unfit::Older { found: self.serial, own: current.serial });
        }
        Ok(())
    }
}
