//! Registration profiles: what becomes of a machine when the hub gets to know it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Joining, Label, NewTree, Operation, Order, System, Text, What};
use crate::simulator::world::{Id, NewWork, World};

/// What a profile makes of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Makes {
    /// A member of a group.
    Member(Id),
    /// One with these sources.
    With(Vec<Id>),
}

/// A registration profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Profile {
    /// What people call it.
    pub(crate) text: Text,
    /// The compartment it lies in.
    pub(crate) compartment: Id,
    /// What it makes of a machine.
    pub(crate) makes: Makes,
    /// Which machines it is for.
    pub(crate) system: System,
    /// `OCI_LINUX` and so on.
    pub(crate) registration: Box<str>,
    /// Whether it is used where no other is named.
    pub(crate) is_default: bool,
    /// Goes up with each change.
    pub(crate) version: u32,
    /// When it was made.
    pub(crate) made: Timestamp,
    /// When it was last changed.
    pub(crate) changed: Timestamp,
}

impl World {
    /// Registers a machine with a profile: from now on the hub knows it, and asks its agent for what the profile says.
    pub(in crate::simulator::world) fn register(
        &mut self,
        at: Timestamp,
        instance: &Id,
        profile: &Id,
        work: &NewWork,
    ) {
        let Some(Profile { makes, version, .. }) = self.hub.profiles.get(profile).cloned() else { return };
        self.serial += 1;
        if let Some(machine) = self.instances.get_mut(instance)
            && !machine.is_known(at)
        {
            machine.known_from = Some(at);
        }
        self.edit_side(instance, at, |side| {
            side.profile = Some((profile.clone(), version.to_string().into()));
            side.unregistered = false;
        });
        let what = match makes {
            Makes::With(sources) => {
                self.edit_side(instance, at, |side| side.sources.clear());
                What::Attach(sources)
            }
            Makes::Member(group) => {
                self.join(at, &group, std::slice::from_ref(instance));
                What::Join(Joining::Latest)
            }
        };
        let operation = Operation::RegisterManagedInstance;
        let order = Order { what, operation, label: Label::default(), parent: None, shown: at, tells: true };
        self.plant(at, &NewTree { root: None, parts: vec![(order, vec![work.clone()])] });
    }

    /// Takes the default from all profiles for the same machines as this one.
    pub(super) fn be_only_default(&mut self, id: &Id) {
        let Some(new) = self.hub.profiles.get(id).filter(|profile| profile.is_default).cloned() else {
            return;
        };
        for (other, profile) in &mut self.hub.profiles {
            if other != id && profile.system == new.system && profile.registration == new.registration {
                profile.is_default = false;
            }
        }
    }
}
