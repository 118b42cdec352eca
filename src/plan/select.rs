//! Who a selector selects: by compartment and tags among what Compute lists, joined with what the service manages.
//! What may join, what stays a member and rests, what waits, and what is left out to whom. Left out: what a group's
//! membership comes to, which is the roster's.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::HeldReason;
use crate::name::{GroupName, Ocid};
use crate::observed::{Compute, ComputeInstance, Instance, Observed, PowerState};
use crate::state::State;
use crate::train::{Group, Members, Neighbour, Selector, Service, TagKey, Train};

/// A group that claims an instance: of this train, or of another file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Claimant {
    /// The group.
    pub group: GroupName,
    /// The train file of the group, where it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

impl fmt::Display for Claimant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "group.{}", self.group)?;
        match &self.file {
            Some(file) => write!(f, " of {file}"),
            None => Ok(()),
        }
    }
}

/// Why an instance that a selector fits is none of its group's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "left-out", rename_all = "kebab-case")]
pub enum LeftOut {
    /// It is the train's golden instance.
    Golden,
    /// Another group lists it.
    Listed {
        /// Which.
        by: Claimant,
    },
    /// It is of another system, and selected by the train for that one.
    Selected {
        /// By which group.
        by: Claimant,
    },
}

/// What a selector comes to.
#[derive(Clone, Debug, Default)]
pub(super) struct Chosen {
    /// Who is a member, or can become one now.
    pub(super) members: BTreeSet<Ocid>,
    /// Those of them that stay members and can do nothing.
    pub(super) resting: BTreeMap<Ocid, HeldReason>,
    /// Who is selected and cannot become a member yet.
    pub(super) waiting: BTreeMap<Ocid, HeldReason>,
    /// Who fits and is left out.
    pub(super) left_out: BTreeMap<Ocid, LeftOut>,
    /// Who another file's group claims as well.
    pub(super) contested: BTreeMap<Ocid, Claimant>,
}

/// What other groups claim, gathered once.
pub(super) struct Claims<'a> {
    listed: HashMap<&'a Ocid, Claimant>,
    /// Groups of other trains that select in the same place.
    selectors: Vec<(&'a Neighbour, &'a Selector, Claimant)>,
    /// Service groups whose members other trains leave to the service.
    kept: HashMap<&'a Ocid, Claimant>,
}

impl<'a> Claims<'a> {
    /// Gathers the claims of the train's other groups and of its neighbours.
    pub(super) fn of(train: &'a Train, observed: &'a Observed) -> Self {
        let mut claims = Self { listed: HashMap::new(), selectors: Vec::new(), kept: HashMap::new() };
        if !train.selects() {
            return claims;
        }
        for group in &train.groups {
            claims.list(group, None);
        }
        for neighbour in &train.neighbours {
            let file = neighbour.file.display().to_string();
            for group in &neighbour.groups {
                claims.list(group, Some(&file));
                let by = || Claimant { group: group.name.clone(), file: Some(file.clone()) };
                match &group.members {
                    Members::Listed(_) => {}
                    Members::Selected(selector) if same_place(&train.service, &neighbour.service) => {
                        claims.selectors.push((neighbour, selector, by()));
                    }
                    Members::Selected(_) => {}
                    Members::Service => {
                        let ids = kept_by(train, neighbour, group, observed);
                        claims.kept.extend(ids.map(|id| (id, by())));
                    }
                }
            }
        }
        claims
    }

    fn list(&mut self, group: &'a Group, file: Option<&str>) {
        let Members::Listed(members) = &group.members else { return };
        let by = Claimant { group: group.name.clone(), file: file.map(str::to_owned) };
        self.listed.extend(members.iter().map(|id| (id, by.clone())));
    }

    /// Returns the neighbour's group whose selector fits an instance of a system.
    fn selected(
        &self,
        id: &Ocid,
        instance: &ComputeInstance,
        compute: &Compute,
        of_system: impl Fn(&Neighbour) -> bool,
    ) -> Option<&Claimant> {
        let fits = |(neighbour, selector, _): &&(&Neighbour, &Selector, Claimant)| {
            neighbour.golden.as_ref() != Some(id) && of_system(neighbour) && fits(selector, instance, compute)
        };
        self.selectors.iter().find(fits).map(|(_, _, by)| by)
    }
}

/// Compartments reach over regions, instances do not: two selectors meet only where they ask the same Compute.
fn same_place(one: &Service, other: &Service) -> bool {
    one.compute == other.compute && !one.is_regions_apart(other)
}

/// Returns the ids that a neighbour's group may have in the service. A group is found by its name in the compartment
/// of its train; of one in another compartment than ours, the name is all that was looked at. On another service, or in
/// another region, a group of that name is another group.
fn kept_by<'a>(
    train: &Train,
    neighbour: &Neighbour,
    group: &'a Group,
    observed: &'a Observed,
) -> impl Iterator<Item = &'a Ocid> {
    let here = neighbour.compartment == train.compartment;
    let known = if here { &observed.groups } else { &observed.compute.elsewhere };
    let by_name = group.id.is_none() && neighbour.service.may_share_groups_with(&train.service);
    let named = known.iter().filter(move |(_, seen)| by_name && *seen.name == *group.name.as_str());
    group.id.iter().chain(named.map(|(id, _)| id))
}

/// Tells whether a selector fits an instance by compartment and tags, whatever the instance is doing.
fn fits(selector: &Selector, instance: &ComputeInstance, compute: &Compute) -> bool {
    let Selector { compartments, subcompartments, tags } = selector;
    let lies = compartments.contains(&instance.compartment)
        || (*subcompartments
            && compartments.iter().any(|root| compute.is_within(&instance.compartment, root)));
    let has = |(key, value): (&TagKey, &String)| {
        let found = match key {
            TagKey::Freeform(key) => instance.freeform_tags.get(key).map(String::as_str),
            TagKey::Defined { namespace, key } => instance.defined_tag(namespace, key),
        };
        found == Some(value)
    };
    lies && tags.iter().all(has)
}

/// Returns what an instance runs where that is not what the train is for; none also where the service does not say.
fn other_system(os: &str, architecture: &str, seen: &Instance) -> Option<String> {
    let version = os.strip_prefix("oracle-linux-").unwrap_or(os);
    let found = seen.os.as_deref().unwrap_or_default();
    let major = found.rsplit(' ').next().and_then(|last| last.split('.').next()).unwrap_or_default();
    let named = found.to_ascii_lowercase();
    // A version that is not told is not another one.
    let other_version = major.starts_with(|c: char| c.is_ascii_digit()) && major != version;
    let other_os = !found.is_empty() && (!named.contains("linux") || other_version);
    // `uname -r` ends with the machine.
    let machine = seen.running_kernel.as_deref().and_then(|kernel| kernel.rsplit('.').next());
    let machine = machine.filter(|machine| ["x86_64", "aarch64"].contains(machine));
    let other_machine = machine.filter(|machine| *machine != architecture);
    match (other_os, other_machine) {
        (false, None) => None,
        (true, None) => Some(found.to_owned()),
        (_, Some(machine)) => Some([found, machine].join(" ").trim().to_owned()),
    }
}

/// Chooses among all instances, for a group with these members in the service and in the state.
pub(super) fn choose(
    (train, observed): (&Train, &Observed),
    claims: &Claims<'_>,
    selector: &Selector,
    current: &BTreeSet<Ocid>,
    recorded: &[&Ocid],
) -> Chosen {
    let recorded: BTreeSet<&Ocid> = recorded.iter().copied().collect();
    let compute = &observed.compute;
    let mut chosen = Chosen::default();
    for (id, instance) in &compute.instances {
        if instance.state.is_gone() || !fits(selector, instance, compute) {
            continue;
        }
        if train.golden.as_ref() == Some(id) {
            chosen.left_out.insert(id.clone(), LeftOut::Golden);
            continue;
        }
        if let Some(by) = claims.listed.get(id) {
            chosen.left_out.insert(id.clone(), LeftOut::Listed { by: by.clone() });
            continue;
        }
        let is_member = current.contains(id) || recorded.contains(id);
        let seen = observed.instances.get(id);
        let other = seen.and_then(|seen| other_system(&train.os, &train.architecture, seen));
        if let (Some(seen), Some(os), false) = (seen, &other, is_member) {
            let theirs = |it: &Neighbour| other_system(&it.os, &it.architecture, seen).is_none();
            match claims.selected(id, instance, compute, theirs) {
                Some(by) => drop(chosen.left_out.insert(id.clone(), LeftOut::Selected { by: by.clone() })),
                None => drop(chosen.waiting.insert(id.clone(), HeldReason::OtherSystem { os: os.clone() })),
            }
            continue;
        }
        let ours = |it: &Neighbour| it.os == train.os && it.architecture == train.architecture;
        let kept = || seen.and_then(|seen| seen.groups.iter().find_map(|group| claims.kept.get(group)));
        if let Some(by) = claims.selected(id, instance, compute, ours).or_else(kept) {
            chosen.contested.insert(id.clone(), by.clone());
        }
        let halt = match (instance.state, seen, other) {
            (PowerState::Running, Some(_), None) => None,
            (PowerState::Running, Some(_), Some(os)) => Some(HeldReason::OtherSystem { os }),
            (PowerState::Running, None, _) => Some(HeldReason::Unknown),
            (state, _, _) => Some(HeldReason::NotRunning { state }),
        };
        match (is_member, halt) {
            (_, None) => drop(chosen.members.insert(id.clone())),
            (true, Some(halt)) => {
                chosen.members.insert(id.clone());
                chosen.resting.insert(id.clone(), halt);
            }
            (false, Some(halt)) => drop(chosen.waiting.insert(id.clone(), halt)),
        }
    }
    chosen
}

/// Returns the instances that a selector fits by compartment and tags, whatever they are doing.
pub fn fitting<'o>(selector: &'o Selector, compute: &'o Compute) -> impl Iterator<Item = &'o Ocid> {
    let fitting = compute.instances.iter().filter(|(_, instance)| fits(selector, instance, compute));
    fitting.map(|(id, _)| id)
}

/// Returns every instance that a selector of the train fits and that is not gone: what has to be looked at. With
/// `joining`, only those that could join as far as is known, or that do not run and may be members.
pub fn candidates(train: &Train, observed: &Observed, joining: bool) -> BTreeSet<Ocid> {
    let selectors = train.groups.iter().filter_map(|group| match &group.members {
        Members::Selected(selector) => Some(selector),
        Members::Listed(_) | Members::Service => None,
    });
    let selectors: Vec<&Selector> = selectors.collect();
    let compute = &observed.compute;
    let wanted = |id: &Ocid, instance: &ComputeInstance| {
        let seen = observed.instances.get(id);
        let fitting = || seen.is_none_or(|seen| other_system(&train.os, &train.architecture, seen).is_none());
        !instance.state.is_gone()
            && selectors.iter().any(|selector| fits(selector, instance, compute))
            && (!joining || (instance.state == PowerState::Running && fitting()))
    };
    let found = compute.instances.iter().filter(|(id, instance)| wanted(id, instance));
    found.map(|(id, _)| id.clone()).collect()
}

/// Returns the members of a group that selects them, for whoever only looks: who is one, and who could become one now.
pub fn selected(
    (train, state, observed): (&Train, &State, &Observed),
    group: &GroupName,
    selector: &Selector,
    current: &BTreeSet<Ocid>,
) -> BTreeSet<Ocid> {
    let recorded = state.instances.iter().filter(|(_, record)| record.group == *group);
    let recorded: Vec<&Ocid> = recorded.map(|(id, _)| id).collect();
    let claims = Claims::of(train, observed);
    choose((train, observed), &claims, selector, current, &recorded).members
}
