//! Scheduled jobs of the hub: at their time it makes work requests of them, by its own clock and whether or not anybody
//! asks.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Fact, Label, NewRoot, NewTree, Operation, Order, Rule, Subject, Text, What};
use crate::simulator::world::{Id, Instance, Mishap, NewWork, Pace, World, is_within};

/// Whom a job is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Target {
    Instances(Vec<Id>),
    Groups(Vec<Id>),
    /// All in these compartments that are members of nothing, and in those below where that is said.
    Compartments(Vec<Id>, bool),
}

/// What a job does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Deed {
    /// The API's word.
    pub(crate) word: Box<str>,
    /// The packages that are named, as they were spelled.
    pub(crate) packages: Vec<Box<str>>,
    /// The sources that are named.
    pub(crate) sources: Vec<Id>,
    /// After how long a reboot has failed, in minutes.
    pub(crate) reboot_timeout: Option<u32>,
    /// What agents are asked for.
    pub(crate) what: What,
    /// What a work request for it is called.
    pub(crate) operation: Operation,
    /// Whether agents tell what is installed when they are done.
    pub(crate) tells: bool,
}

/// What of a job can be changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// What people call it.
    pub(crate) text: Text,
    /// How it recurs; none for one that runs once.
    pub(crate) rule: Option<Rule>,
    /// When it runs next; none for one that has run.
    pub(crate) next: Option<Timestamp>,
    /// What it does, one thing after the other.
    pub(crate) deeds: Vec<Deed>,
    /// After how many minutes each it would be tried again.
    pub(crate) retry_intervals: Vec<u32>,
    /// How long its work takes; fixed when it is written, so that a replay needs no switches.
    pub(crate) pace: Pace,
}

/// A scheduled job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Job {
    /// What can be changed.
    pub(crate) plan: Plan,
    /// The compartment it lies in.
    pub(crate) compartment: Id,
    /// Whom it is for.
    pub(crate) target: Target,
    /// When it ran last.
    pub(crate) last: Option<Timestamp>,
    /// The work requests that it made.
    pub(crate) works: Vec<Id>,
    /// When it was made.
    pub(crate) made: Timestamp,
    /// When it was last changed.
    pub(crate) changed: Timestamp,
}

impl Job {
    /// Tells whether it is for an instance, by itself or as a member.
    pub(crate) fn concerns(&self, id: &str, instance: &Instance) -> bool {
        match &self.target {
            Target::Instances(ids) => ids.iter().any(|known| **known == *id),
            Target::Groups(ids) => instance.hub.group().is_some_and(|group| ids.contains(group)),
            Target::Compartments(ids, below) => is_in(instance, ids, *below) && instance.hub.home.is_none(),
        }
    }
}

fn is_in(instance: &Instance, compartments: &[Id], below: bool) -> bool {
    let at = &instance.machine.compartment;
    compartments.iter().any(|id| id == at || (below && is_within(at, id)))
}

impl World {
    /// Returns the job of the hub that is due first, and when.
    pub(in crate::simulator::world) fn due_hub_job(&self) -> Option<(Timestamp, Id)> {
        self.hub.jobs.iter().filter_map(|(id, job)| Some((job.plan.next?, id.clone()))).min()
    }

    /// Runs a job of the hub that is due.
    pub(in crate::simulator::world) fn run_due_of_hub(&mut self, id: &Id, due: Timestamp) {
        if let Some(job) = self.hub.jobs.get_mut(id) {
            job.plan.next = job.plan.rule.as_ref().and_then(|rule| rule.after(due));
        }
        self.run_hub_job(id, due);
    }

    /// Makes the work requests of a job for whoever it is for at that moment.
    pub(super) fn run_hub_job(&mut self, id: &Id, at: Timestamp) {
        let Some(job) = self.hub.jobs.get(id).cloned() else { return };
        let mut made = Vec::new();
        for deed in &job.plan.deeds {
            match &job.target {
                Target::Groups(groups) => {
                    for group in groups {
                        made.extend(self.run_on_group(id, group, deed, job.plan.pace, at));
                    }
                }
                Target::Instances(instances) => {
                    for instance in instances {
                        made.extend(self.run_alone(id, instance, deed, job.plan.pace, at));
                    }
                }
                Target::Compartments(compartments, below) => {
                    let fits = |(_, instance): &(&Id, &Instance)| {
                        instance.is_registered(at)
                            && instance.hub.home.is_none()
                            && is_in(instance, compartments, *below)
                    };
                    let instances: Vec<Id> =
                        self.instances.iter().filter(fits).map(|(id, _)| id.clone()).collect();
                    let first = compartments.first().cloned().unwrap_or_else(|| job.compartment.clone());
                    let subject = (Subject::Compartment(first.clone()), Box::from(""), first);
                    made.push(self.run_over(id, subject, deed, &deed.what, &instances, (job.plan.pace, at)));
                }
            }
        }
        if let Some(job) = self.hub.jobs.get_mut(id) {
            job.last = Some(at);
            job.works.extend(made);
        }
    }

    /// Has all members of a group do something; of its sources the group's own set changes at once.
    fn run_on_group(&mut self, job: &Id, id: &Id, deed: &Deed, pace: Pace, at: Timestamp) -> Option<Id> {
        let group = self.hub.groups.get(id)?;
        let members: Vec<Id> = group.members.iter().cloned().collect();
        let subject = (Subject::Group(id.clone()), group.text.name.clone(), group.compartment.clone());
        let mut sources = group.sources.clone();
        let what = match &deed.what {
            What::Attach(new) => {
                sources.extend(new.iter().filter(|id| !group.sources.contains(id)).cloned());
                &What::Follow
            }
            What::Detach(gone) => {
                sources.retain(|id| !gone.contains(id));
                // The last one stays, whoever asks.
                if sources.is_empty() {
                    return None;
                }
                &What::Follow
            }
            what => what,
        };
        if *what == What::Follow {
            self.state(at, &Fact::SetSources { group: id.clone(), sources });
        }
        Some(self.run_over(job, subject, deed, what, &members, (pace, at)))
    }

    fn run_over(
        &mut self,
        job: &Id,
        (subject, subject_name, compartment): (Subject, Box<str>, Id),
        deed: &Deed,
        what: &What,
        instances: &[Id],
        (pace, at): (Pace, Timestamp),
    ) -> Id {
        let id = self.next_id("osmhworkrequest", 0);
        let label = deed.label(job);
        let works = instances.iter().zip(1..).map(|(instance, ahead)| {
            let work = self.next_id("osmhworkrequest", ahead);
            self.slot(instance, work, pace, at)
        });
        let works = works.collect();
        let operation = deed.operation;
        let order = Order {
            what: what.clone(),
            operation,
            label: label.clone(),
            parent: Some(id.clone()),
            shown: at,
            tells: deed.tells,
        };
        let own = None;
        let root =
            NewRoot { id: id.clone(), subject, subject_name, operation, label, compartment, shown: at, own };
        self.plant(at, &NewTree { root: Some(root), parts: vec![(order, works)] });
        id
    }

    fn run_alone(&mut self, job: &Id, instance: &Id, deed: &Deed, pace: Pace, at: Timestamp) -> Option<Id> {
        self.instances.get(instance).filter(|instance| instance.is_registered(at))?;
        let id = self.next_id("osmhworkrequest", 0);
        let work = self.slot(instance, id.clone(), pace, at);
        let (what, operation, label) = (deed.what.clone(), deed.operation, deed.label(job));
        let order = Order { what, operation, label, parent: None, shown: at, tells: deed.tells };
        self.plant(at, &NewTree { root: None, parts: vec![(order, vec![work])] });
        Some(id)
    }

    /// Says when an agent will do what it is asked for at a moment, after what it has.
    fn slot(&self, instance: &Id, id: Id, pace: Pace, at: Timestamp) -> NewWork {
        let after = |from: Timestamp, millis: u64| {
            let by = SignedDuration::from_millis(i64::try_from(millis).unwrap_or(i64::MAX));
            from.checked_add(by).unwrap_or(Timestamp::MAX)
        };
        let reachable = self.instances.get(instance).is_some_and(Instance::is_reachable);
        let comes = reachable && self.mishap(instance) != Some(Mishap::Sticks);
        let starts = comes.then(|| after(self.busy_until(instance).unwrap_or(at).max(at), pace.pick_up));
        let ends = starts.map_or_else(|| after(at, pace.give_up), |starts| after(starts, pace.work));
        NewWork { id, instance: instance.clone(), starts, ends }
    }
}

impl Deed {
    fn label(&self, job: &Id) -> Label {
        Label { packages: self.packages.clone(), initiator: Some(job.clone()), ..Label::default() }
    }
}
