//! What agents do for the hub, and what the hub does by itself, when the time of it has come.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Contents, Home, Joining, Order, Subject, What};
use crate::package::{Package, PackageSet};
use crate::simulator::agent::{self, Transaction};
use crate::simulator::catalogue::catalogue;
use crate::simulator::world::streams::manage_streams;
use crate::simulator::world::{Filter, Id, Instance, Offer, Outcome, World};

/// A package as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Wanted {
    /// Its newest version.
    Newest(Box<str>),
    /// This one; without an epoch any.
    Exact(Package, HasEpoch),
}

/// Whether an epoch was written.
pub(crate) type HasEpoch = bool;

/// Finds what was asked for among versions: of exact ones all that fit, of names all.
pub(crate) fn find(packages: impl IntoIterator<Item = Package>, wanted: &Wanted) -> Vec<Package> {
    let fits = |package: &Package| match wanted {
        Wanted::Newest(name) => *package.name() == **name,
        Wanted::Exact(exact, has_epoch) => {
            package.same_name_arch(*exact)
                && (package.version(), package.release()) == (exact.version(), exact.release())
                && (!has_epoch || package.epoch() == exact.epoch())
        }
    };
    packages.into_iter().filter(fits).collect()
}

type Failed = (&'static str, String);

impl World {
    /// Does what an agent is asked to, and returns how it went.
    pub(in crate::simulator::world) fn obey(
        &mut self,
        id: &Id,
        order: &Arc<Order>,
        at: Timestamp,
    ) -> Outcome {
        match self.try_obey(id, order, at) {
            Ok(Transaction { installed, removed }) => {
                if order.tells {
                    self.tell(id, at);
                }
                Outcome::Succeeded { installed, removed }
            }
            Err((code, message)) => Outcome::Failed { code: code.into(), message: message.into() },
        }
    }

    fn try_obey(&mut self, id: &Id, order: &Arc<Order>, at: Timestamp) -> Result<Transaction, Failed> {
        let Some(instance) = self.instances.get(id).cloned() else {
            return Err(("GONE", "the instance is gone".to_owned()));
        };
        let mut transaction = Transaction::default();
        match &order.what {
            What::Follow => self.follow(id, at),
            What::Join(joining) => {
                self.follow(id, at);
                transaction = self.become_like_others(id, *joining);
                self.carry_out(id, &transaction, at);
            }
            What::Attach(sources) => self.edit_side(id, at, |side| {
                let new: Vec<Id> = sources.iter().filter(|id| !side.sources.contains(id)).cloned().collect();
                side.sources.extend(new);
            }),
            What::Detach(sources) => {
                self.edit_side(id, at, |side| side.sources.retain(|id| !sources.contains(id)));
            }
            What::Update(filters) => {
                let offer = self.offer_to(&instance)?;
                let admits = |package| self.hub_admits(&instance, package);
                let wanted = |package| {
                    let kind = catalogue().kind(package);
                    filters.iter().any(|filter| filter.admits(kind))
                };
                transaction = agent::update(&instance.installed, &instance.running, &offer, admits, wanted);
                self.carry_out(id, &transaction, at);
                if filters
                    .iter()
                    .any(|filter| matches!(filter, Filter::All | Filter::Ksplice | Filter::Security))
                {
                    self.patch_live(id, &offer);
                }
            }
            What::UpdateNamed(names) => {
                let offer = self.offer_to(&instance)?;
                for name in names {
                    if !instance.installed.iter().any(|package| *package.name() == **name) {
                        return Err(("NOT_INSTALLED", format!("no package {name} is installed")));
                    }
                }
                let admits = |package| self.hub_admits(&instance, package);
                let wanted = |package: Package| names.iter().any(|name| *package.name() == **name);
                transaction = agent::update(&instance.installed, &instance.running, &offer, admits, wanted);
                self.carry_out(id, &transaction, at);
            }
            What::Install { packages, downgrades } => {
                transaction = self.install(&instance, packages, *downgrades)?;
                self.carry_out(id, &transaction, at);
            }
            What::Remove(packages) => {
                for wanted in packages {
                    transaction.removed.extend(find(instance.installed.iter(), wanted));
                }
                transaction.removed.sort_unstable();
                transaction.removed.dedup();
                let refused = |package: &Package| agent::refuses_to_remove(*package, &instance.running);
                if let Some(refusal) = transaction.removed.iter().find_map(refused) {
                    return Err(("PROTECTED", refusal));
                }
                self.carry_out(id, &transaction, at);
            }
            What::Refresh => self.tell(id, at),
            What::Reboot => self.boot(id, at),
            What::Streams(work) => {
                let (after, changed) = manage_streams(&instance, &self.modular(&instance), work)?;
                if !work.dry_run {
                    transaction = changed;
                    self.carry_out(id, &transaction, at);
                    if let Some(instance) = self.instances.get_mut(id) {
                        instance.streams = after.streams;
                    }
                    // What it is offered depends on them.
                    self.offers.borrow_mut().hub_counts.remove(id);
                }
            }
            What::Unregister => {
                self.forget_member(id);
                self.edit_side(id, at, |side| {
                    side.home = None;
                    side.unregistered = true;
                });
            }
        }
        Ok(transaction)
    }

    /// What the instance's sources offer; without any there is nothing to work with.
    fn offer_to(&self, instance: &Instance) -> Result<Arc<Offer>, Failed> {
        match instance.hub.sources.is_empty() {
            true => Err(("NO_REPOSITORIES", "no repositories available".to_owned())),
            false => Ok(self.hub_offer(&instance.hub.sources)),
        }
    }

    /// What the instance's sources hold, for module streams.
    pub(crate) fn modular(&self, instance: &Instance) -> Vec<PackageSet> {
        let sources = instance.hub.sources.iter().filter_map(|id| self.hub.sources.get(id));
        sources.map(|source| source.packages.clone()).collect()
    }

    /// Gives a member the sources that its group has by now.
    pub(super) fn follow(&mut self, id: &Id, at: Timestamp) {
        let home = self.instances.get(id).and_then(|instance| instance.hub.home.clone());
        let sources = match home {
            Some(Home::Group(group)) => self.hub.groups.get(&group).map(|group| group.sources.clone()),
            Some(Home::Stage(stage)) => {
                self.hub.stages.get(&stage).map(|stage| stage.source.iter().cloned().collect())
            }
            // It has left meanwhile, and keeps what it has.
            None => None,
        };
        if let Some(sources) = sources {
            self.edit_side(id, at, |side| side.sources = sources);
        }
    }

    fn become_like_others(&self, id: &Id, joining: Joining) -> Transaction {
        let mut transaction = Transaction::default();
        let Some(instance) = self.instances.get(id).filter(|_| joining != Joining::Sources) else {
            return transaction;
        };
        let offer = self.hub_offer(&instance.hub.sources);
        let admits = |package| self.hub_admits(instance, package);
        transaction = agent::update(&instance.installed, &instance.running, &offer, admits, |_| true);
        let group = instance.hub.group().and_then(|group| self.hub.groups.get(group));
        let manifest = group.map(|group| group.manifest.clone()).unwrap_or_default();
        for newest in offer.newest() {
            let asked = joining == Joining::Everything
                || manifest.contains(&(newest.name().into(), newest.arch().as_str().into()));
            if asked && !instance.installed.iter().any(|have| have.same_name_arch(newest)) {
                agent::bring(&mut transaction, &instance.installed, &instance.running, newest);
            }
        }
        transaction
    }

    fn install(
        &self,
        instance: &Instance,
        packages: &[Wanted],
        downgrades: bool,
    ) -> Result<Transaction, Failed> {
        let offer = self.offer_to(instance)?;
        let mut transaction = Transaction::default();
        for wanted in packages {
            let versions = match wanted {
                Wanted::Newest(name) => offer.named(name),
                Wanted::Exact(exact, _) => offer.versions(*exact).to_vec(),
            };
            let mut found = find(versions, wanted);
            found.retain(|package| self.hub_admits(instance, *package));
            found.sort_unstable_by(|a, b| a.cmp_name_arch(*b).then(a.cmp_evr(*b)));
            // A bare name brings the newest of the machine's own architecture, like dnf.
            let own =
                found.iter().rev().copied().find(|package| package.arch() != crate::package::Arch::I686);
            let Some(package) = own.or(found.last().copied()) else {
                let name = match wanted {
                    Wanted::Newest(name) => name.to_string(),
                    Wanted::Exact(package, _) => package.to_string(),
                };
                return Err(("NO_MATCH", format!("no match for argument: {name}")));
            };
            let mut have = instance.installed.iter().rev().filter(|have| have.same_name_arch(package));
            let up_to_date = match have.next() {
                None => false,
                // Of kernels an older one comes beside the newer ones.
                Some(newest) if package.cmp_evr(newest).is_lt() => {
                    !downgrades || instance.installed.contains(package)
                }
                // Two spellings of one version are one to dnf.
                Some(newest) => package.cmp_evr(newest).is_eq(),
            };
            if !up_to_date {
                agent::bring(&mut transaction, &instance.installed, &instance.running, package);
            }
        }
        transaction.installed.sort_unstable();
        transaction.installed.dedup();
        transaction.removed.sort_unstable();
        transaction.removed.dedup();
        Ok(transaction)
    }

    /// Gives a transaction its effect.
    fn carry_out(&mut self, id: &Id, transaction: &Transaction, at: Timestamp) {
        if transaction.installed.is_empty() && transaction.removed.is_empty() {
            return;
        }
        self.serial += 1;
        let revision = self.serial;
        let Some(instance) = self.instances.get_mut(id) else { return };
        let after = transaction.apply(&instance.installed);
        let before = std::mem::replace(&mut instance.installed, after);
        instance.reboot_required |= transaction.wants_reboot();
        instance.revision = revision;
        self.outdate(id, before, at);
    }

    fn patch_live(&mut self, id: &Id, offer: &Offer) {
        if let Some(instance) = self.instances.get_mut(id).filter(|instance| instance.ksplice.is_some()) {
            instance.ksplice = crate::simulator::world::settle::offer_kernel(offer, &instance.installed)
                .or(instance.ksplice.take());
        }
    }

    /// Boots the newest kernel.
    pub(in crate::simulator::world) fn boot(&mut self, id: &Id, at: Timestamp) {
        self.serial += 1;
        let revision = self.serial;
        let Some(instance) = self.instances.get_mut(id) else { return };
        let kernels = instance.installed.iter().filter(|package| package.name() == "kernel-uek");
        let newest = kernels.max_by(|a, b| a.cmp_evr(*b));
        if let Some(newest) = newest {
            instance.running = format!("{}-{}.{}", newest.version(), newest.release(), newest.arch()).into();
        }
        if instance.ksplice.is_some() {
            instance.ksplice = Some(instance.running.clone());
        }
        instance.booted = at;
        instance.reboot_required = false;
        instance.revision = revision;
    }

    /// Ends what the hub does by itself.
    pub(in crate::simulator::world) fn finish_own(&mut self, id: &Id) {
        let Some(root) = self.hub.roots.get(id).cloned() else { return };
        let Some(own) = root.own else { return };
        let none = || Outcome::Succeeded { installed: Vec::new(), removed: Vec::new() };
        let outcome = match (&root.subject, own.contents) {
            (Subject::Source(source), _) if !self.hub.sources.contains_key(source) => {
                Outcome::Failed { code: "GONE".into(), message: "the software source is gone".into() }
            }
            (_, Some(Contents::Missing(names))) => {
                let message = format!(
                    "{} packages are in no vendor software source, the first is {}",
                    names.len(),
                    names[0]
                );
                Outcome::Failed { code: "INVALID_PACKAGES".into(), message: message.into() }
            }
            (Subject::Source(source), Some(contents)) => {
                self.edit_contents(source, own.ends, |packages| match contents {
                    Contents::Add(new) => packages.union(&new),
                    Contents::Remove(gone) => PackageSet::new(packages.difference(&PackageSet::new(gone))),
                    Contents::Replace(all) => PackageSet::new(all),
                    Contents::Missing(_) => packages.clone(),
                });
                none()
            }
            // The source's metadata is written anew, at the latest by now.
            (Subject::Source(source), None) => {
                if let Some(source) = self.hub.sources.get_mut(source) {
                    source.written = Some(own.ends);
                }
                none()
            }
            _ => none(),
        };
        if let Some(root) = self.hub.roots.get_mut(id) {
            root.outcome = Some(outcome);
        }
    }
}
