//! Time passes: agents pick up their work and finish it, and scheduled jobs run.

use jiff::Timestamp;

use super::{Filter, Id, Outcome, Task, Work, World};
use crate::simulator::agent::{self, Transaction};
use crate::simulator::catalogue::catalogue;

/// What happens by itself.
enum Next {
    /// Work ends.
    Work(Id),
    /// An agent looks what is installed.
    Scan(Id),
    /// A scheduled job is due.
    Job(Id),
    /// A scheduled job of OS Management Hub is due.
    HubJob(Id),
}

impl World {
    /// Lets time pass until `now`: all work that ends by then has its effect, in the order of its ends, on the world
    /// as it was at each end, and jobs that are due run in between. Time never goes back.
    pub(crate) fn settle(&mut self, now: Timestamp) {
        while let Some((at, next)) = self.next().filter(|(at, _)| *at <= now) {
            match next {
                Next::Job(id) => self.run_due(&id, at),
                Next::HubJob(id) => self.run_due_of_hub(&id, at),
                Next::Scan(id) => {
                    self.hub.scans.pop_first();
                    self.scan(&id);
                }
                Next::Work(id) => {
                    self.open.pop_first();
                    let docket = self.works.get(&id).and_then(|work| self.dockets.get_mut(&work.instance));
                    if let Some(docket) = docket {
                        docket.open.remove(&(at, id.clone()));
                    }
                    self.finish(&id);
                }
            }
        }
        self.settled = self.settled.max(now);
    }

    /// Returns what happens next by itself, and when. What ends when an agent looks around or a job is due has ended
    /// before.
    fn next(&self) -> Option<(Timestamp, Next)> {
        let work = self.open.first().map(|(ends, id)| (*ends, Next::Work(id.clone())));
        let scan = self.hub.scans.first().map(|(at, id)| (*at, Next::Scan(id.clone())));
        let job = self.due_job().map(|(due, id)| (due, Next::Job(id)));
        let hub_job = self.due_hub_job().map(|(due, id)| (due, Next::HubJob(id)));
        // Of several at one moment, the first that stands here.
        [work, scan, job, hub_job].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// Returns the end of the last unfinished work of an instance: the agent does one thing at a time.
    pub(crate) fn busy_until(&self, instance: &str) -> Option<Timestamp> {
        self.dockets.get(instance)?.open.last().map(|(ends, _)| *ends)
    }

    /// Returns since when an instance is being booted, if it is: its agent does not check in meanwhile.
    pub(crate) fn boots_since(&self, instance: &str) -> Option<Timestamp> {
        let boots = |work: &&Work| match &work.task {
            Task::Boot => true,
            Task::Hub(order) => order.what == super::hub::What::Reboot,
            _ => false,
        };
        let begun = self.open_of(instance).map(|(_, work)| work).filter(boots);
        begun.filter_map(|work| work.starts).filter(|starts| *starts <= self.settled).min()
    }

    /// Returns when the agent of an instance last checked in, where it does so on the full interval, and whenever the
    /// instance has booted.
    pub(crate) fn last_checkin(&self, id: &str, instance: &super::Instance, every: i64) -> Timestamp {
        let on_interval =
            |now: Timestamp| Timestamp::from_second(now.as_second().div_euclid(every) * every).unwrap_or(now);
        let last =
            self.boots_since(id).map_or_else(|| on_interval(self.settled).max(instance.booted), on_interval);
        instance.silent_since.unwrap_or(last)
    }

    /// Returns the unfinished work of an instance, in the order it was accepted.
    pub(crate) fn open_of(&self, instance: &str) -> impl Iterator<Item = (&Id, &Work)> {
        self.works_of(instance).filter(|(_, work)| work.outcome.is_none())
    }

    /// Sets down work that is not finished, or sets other times for it.
    pub(super) fn schedule(&mut self, id: &Id, work: Work) {
        let docket = self.dockets.entry(work.instance.clone()).or_default();
        match self.works.get(id) {
            Some(before) => {
                let before = (before.ends, id.clone());
                docket.open.remove(&before);
                self.open.remove(&before);
            }
            None => docket.all.push(id.clone()),
        }
        docket.open.insert((work.ends, id.clone()));
        self.open.insert((work.ends, id.clone()));
        self.works.insert(id.clone(), work);
    }

    fn finish(&mut self, id: &Id) {
        let Some(Work { instance, task, starts, ends, .. }) = self.works.get(id).cloned() else {
            return self.finish_own(id);
        };
        let silent = self.instances.get(&instance).is_some_and(|instance| !instance.is_reachable());
        let timeout = |message: &str| Outcome::Failed { code: "TIMEOUT".into(), message: message.into() };
        let gone = !self.instances.contains_key(&instance);
        let outcome = match starts {
            _ if gone => timeout("the instance is gone"),
            // A boot that goes wrong ends in the kernel that ran before.
            Some(_) if task == Task::Boot && self.doomed.remove(id) => {
                self.edit_instance(&instance, |instance| {
                    (instance.booted, instance.reboot_required) = (ends, false);
                });
                Outcome::Succeeded { installed: Vec::new(), removed: Vec::new() }
            }
            Some(_) if self.doomed.remove(id) => Outcome::Failed {
                code: "YUM_ERROR".into(),
                message: "rpmdb open failed: the package database is locked".into(),
            },
            None => timeout("the agent did not pick up the work request in time"),
            Some(_) if silent => timeout("the agent went silent amid the work request"),
            Some(_) => match &task {
                Task::Hub(order) => self.obey(&instance, order, ends),
                task => self.perform(&instance, task, ends),
            },
        };
        if let Some(work) = self.works.get_mut(id) {
            work.outcome = Some(outcome);
        }
    }

    pub(super) fn perform(&mut self, id: &Id, task: &Task, at: Timestamp) -> Outcome {
        let failed =
            |code: &str, message: String| Outcome::Failed { code: code.into(), message: message.into() };
        let Some(instance) = self.instances.get(id).cloned() else {
            return failed("GONE", "the instance is gone".to_owned());
        };
        let offer = self.offer(&instance);
        let before = instance.installed.clone();
        let mut transaction = Transaction::default();
        match task {
            Task::Boot => {
                self.boot(id, at);
                return Outcome::Succeeded { installed: Vec::new(), removed: Vec::new() };
            }
            _ if instance.parent.is_none() && !matches!(task, Task::Remove(_)) => {
                return failed("NO_REPOSITORIES", "no repositories available".to_owned());
            }
            Task::UpdateAll(filter) => {
                let admits = |package| self.admits(&instance, package);
                let wanted = |package| filter.admits(catalogue().kind(package));
                transaction = agent::update(&instance.installed, &instance.running, &offer, admits, wanted);
            }
            Task::Install(package) | Task::Bring(package) | Task::Update(package) => {
                if !(offer.has(*package) && self.admits(&instance, *package)) {
                    return failed("NO_MATCH", format!("no match for argument: {package}"));
                }
                let newest =
                    instance.installed.iter().rev().find(|have| have.cmp_name_arch(*package).is_eq());
                match newest {
                    None if matches!(task, Task::Update(_)) => {
                        return failed(
                            "NOT_INSTALLED",
                            format!("package {} is not installed", package.name()),
                        );
                    }
                    // What is there already, if only beside newer kernels, is not installed again.
                    _ if instance.installed.contains(*package) => {}
                    Some(have) if package.cmp_evr(have).is_eq() => {}
                    // Only where the system's tools go back: yum calls that "nothing to do".
                    Some(have) if package.cmp_evr(have).is_lt() && !matches!(task, Task::Bring(_)) => {}
                    _ => agent::bring(&mut transaction, &instance.installed, &instance.running, *package),
                }
            }
            Task::Remove(package) => {
                if !instance.installed.contains(*package) {
                    return failed("NOT_INSTALLED", format!("package {package} is not installed"));
                }
                if let Some(refusal) = agent::refuses_to_remove(*package, &instance.running) {
                    return failed("PROTECTED", refusal);
                }
                transaction.removed.push(*package);
            }
            // Not asked here.
            Task::Hub(_) => {}
            Task::Streams(work) => match self.manage(&instance, work) {
                Err((code, message)) => return failed(code, message),
                Ok(_) if work.dry_run => {}
                Ok((after, changed)) => {
                    transaction = changed;
                    self.serial += 1;
                    let revision = self.serial;
                    if let Some(instance) = self.instances.get_mut(id) {
                        // What it is offered depends on them.
                        (instance.streams, instance.revision) = (after.streams, revision);
                    }
                }
            },
        }
        let live_patched = matches!(task, Task::UpdateAll(Filter::Ksplice | Filter::Security | Filter::All));
        let Transaction { installed, removed } = transaction.clone();
        self.serial += 1;
        let revision = self.serial;
        let newest_kernel = offer_kernel(&offer, &instance.installed);
        let changes = !(installed.is_empty() && removed.is_empty());
        if let Some(instance) = self.instances.get_mut(id) {
            if changes {
                instance.installed = transaction.apply(&instance.installed);
                instance.reboot_required |= transaction.wants_reboot();
                instance.revision = revision;
            }
            if live_patched && instance.ksplice.is_some() {
                instance.ksplice = newest_kernel.or(instance.ksplice.take());
            }
        }
        if changes {
            self.outdate(id, before, at);
        }
        Outcome::Succeeded { installed, removed }
    }
}

/// The newest kernel that live patching can make of the running one: what the sources offer.
pub(super) fn offer_kernel(offer: &super::Offer, installed: &crate::package::PackageSet) -> Option<Box<str>> {
    let kernel = installed.iter().rev().find(|package| package.name() == "kernel-uek")?;
    let newest = offer.versions(kernel).iter().max()?;
    Some(format!("{}-{}.{}", newest.version(), newest.release(), newest.arch()).into())
}
