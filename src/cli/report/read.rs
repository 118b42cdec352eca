//! What only the report asks the service for: the outstanding updates of each member, and the errata behind them.
//!
//! Errata are few and instances many. One list of one instance's errata answers for most of the others too, so that
//! those instances are asked whose lists answer most; what is then still unknown is asked for by its id.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use futures_util::stream::{self, StreamExt};

use super::super::connect::Connection;
use super::super::context::Context;
use super::super::look::Reading;
use super::super::signals::unless_interrupted;
use super::CliError;
use crate::apply::Interrupt;
use crate::cloud::{Cloud, CloudError};
use crate::name::Ocid;
use crate::observed::{AvailableUpdate, Erratum, Instance, Scope, Sighting, Updates};
use crate::report::Fleet;

/// What the members are offered.
#[derive(Debug, Default)]
pub(super) struct Offered {
    /// By instance; one that the service dropped meanwhile is not there.
    pub(super) updates: BTreeMap<Ocid, Updates>,
    /// By the service's id.
    pub(super) errata: BTreeMap<Arc<str>, Erratum>,
}

/// A list must answer for so many unknown errata to be asked for; fewer are asked for one by one.
const WORTH_A_LIST: usize = 4;

/// Reads it, with so many calls in flight, and shows that it goes on.
pub(super) async fn offered<C: Cloud>(
    context: &Context,
    interrupt: &Interrupt,
    connection: &Connection<C>,
    fleet: &Fleet<'_>,
    calls: usize,
) -> Result<Offered, CliError> {
    const WHAT: &str = "reading outstanding updates";
    let done = format!("the updates of {}", fleet.train.name);
    let mut progress = Reading::start(context, WHAT, done);
    connection.retries.watch(progress.retries(context));
    let members = fleet.known_members();
    let seen = members.iter().filter_map(|id| Some((id, fleet.observed.instances.get(id)?)));
    let reads = read(&*connection.cloud, seen, calls, |done, total| progress.count(WHAT, done, total));
    let offered = unless_interrupted(interrupt, reads).await;
    connection.retries.unwatch();
    progress.finish(context, matches!(offered, Ok(Ok(_))));
    offered?.map_err(|error| CliError::from(error).while_doing("the outstanding updates could not be read"))
}

/// Reads it, and tells after each read how many are done of those known to be needed: whom the service counts no updates
/// for, it need not list them of.
async fn read<'o, C: Cloud>(
    cloud: &C,
    members: impl Iterator<Item = (&'o Ocid, &'o Instance)>,
    calls: usize,
    mut on_read: impl FnMut(usize, usize),
) -> Result<Offered, CloudError> {
    let mut offered = Offered::default();
    let mut lists = Vec::new();
    for (id, seen) in members {
        match seen.is_offered_nothing() {
            true => drop(offered.updates.insert(id.clone(), Updates::new())),
            false => lists.push(id.clone()),
        }
    }
    let (mut done, mut total) = (0, lists.len());
    let scopes = lists.into_iter().map(Scope::Updates);
    each(cloud, scopes, calls, |sighting| {
        done += 1;
        on_read(done, total);
        if let Sighting::Updates(id, Some(updates)) = sighting {
            offered.updates.insert(id, updates);
        }
    })
    .await?;

    let mut unknown = errata_of(&offered.updates);
    while unknown.len() >= WORTH_A_LIST {
        let most = offered.updates.iter().map(|(id, updates)| (answers(updates, &unknown), id)).max();
        let Some((count, id)) = most.filter(|(count, _)| *count >= WORTH_A_LIST) else { break };
        let id = id.clone();
        let before = unknown.len();
        (done, total) = (done + 1, total + 1);
        if let Sighting::Errata(_, errata) = cloud.observe(&Scope::Errata(id)).await? {
            for erratum in errata {
                unknown.remove(&erratum.id);
                offered.errata.insert(Arc::clone(&erratum.id), erratum);
            }
        }
        on_read(done, total);
        // A service whose lists do not hold what its updates name is not asked for more of them.
        if before - unknown.len() < count {
            break;
        }
    }
    total += unknown.len();
    let scopes = unknown.into_iter().map(Scope::Erratum);
    each(cloud, scopes, calls, |sighting| {
        done += 1;
        on_read(done, total);
        if let Sighting::Erratum(id, Some(erratum)) = sighting {
            offered.errata.insert(id, erratum);
        }
    })
    .await?;
    Ok(offered)
}

async fn each<C: Cloud>(
    cloud: &C,
    scopes: impl Iterator<Item = Scope>,
    calls: usize,
    mut take: impl FnMut(Sighting),
) -> Result<(), CloudError> {
    let scopes: Vec<Scope> = scopes.collect();
    let mut reads =
        stream::iter(scopes.iter().map(|scope| cloud.observe(scope))).buffer_unordered(calls.max(1));
    while let Some(sighting) = reads.next().await {
        take(sighting?);
    }
    Ok(())
}

/// Returns the errata that the updates name. Instances share updates, so that each is looked at once.
fn errata_of(updates: &BTreeMap<Ocid, Updates>) -> BTreeSet<Arc<str>> {
    let mut seen: HashSet<*const AvailableUpdate> = HashSet::new();
    let distinct = updates.values().flatten().filter(|update| seen.insert(Arc::as_ptr(update)));
    distinct.flat_map(|update| update.errata.iter().map(|link| Arc::clone(&link.id))).collect()
}

/// Counts the unknown errata that a list of an instance's would answer for.
fn answers(updates: &Updates, unknown: &BTreeSet<Arc<str>>) -> usize {
    let named: HashSet<&Arc<str>> =
        updates.iter().flat_map(|update| &update.errata).map(|link| &link.id).collect();
    named.into_iter().filter(|id| unknown.contains(*id)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::memory::MemoryCloud;
    use crate::observed::{ErratumLink, InstanceStatus, Observed};
    use crate::op::UpdateKind;

    fn id(name: &str) -> Ocid {
        Ocid::new(&format!("ocid1.instance.oc1..{name}"))
    }

    fn instance(name: &str) -> (Ocid, Instance) {
        let instance = Instance {
            name: name.into(),
            status: InstanceStatus::Normal,
            os: None,
            parent: None,
            children: Vec::new(),
            groups: BTreeSet::new(),
            inventory: None,
            last_checkin: None,
            last_boot: None,
            running_kernel: None,
            effective_kernel: None,
            reboot_required: false,
            listed: None,
            updates_available: None,
            open_work: Vec::new(),
        };
        (id(name), instance)
    }

    fn updates(errata: impl IntoIterator<Item = usize>) -> Updates {
        let update = |number: usize| AvailableUpdate {
            name: format!("package-{number}").into(),
            architecture: "x86_64".into(),
            installed: "1-1".into(),
            available: "1-2".into(),
            kind: UpdateKind::Bugfix,
            errata: vec![ErratumLink { id: name(number), name: name(number) }],
            cves: Vec::new(),
        };
        errata.into_iter().map(|number| Arc::new(update(number))).collect()
    }

    fn name(number: usize) -> Arc<str> {
        format!("ELBA-{number:03}").into()
    }

    fn erratum(number: usize) -> Erratum {
        let (kind, synopsis) = (UpdateKind::Bugfix, "".into());
        Erratum {
            id: name(number),
            name: name(number),
            synopsis,
            kind,
            severity: None,
            issued: None,
            cves: Vec::new(),
            packages: Vec::new(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_few_lists_answer_for_a_fleet_and_the_rest_is_asked_for_one_by_one() {
        let names: Vec<String> = (0..40).map(|number| format!("i{number:02}")).collect();
        let mut members: BTreeMap<Ocid, Instance> = names.iter().map(|name| instance(name)).collect();
        let cloud = MemoryCloud::new(Observed { instances: members.clone(), ..Observed::default() });
        // Two mixes, and one instance with two errata of its own.
        for (number, name) in names.iter().enumerate() {
            cloud.set_updates(&id(name), updates(if number % 2 == 0 { 0..50 } else { 30..80 }));
        }
        cloud.set_updates(&id("i07"), updates([100, 101]));
        cloud.set_errata((0..101).map(erratum).collect());

        let (nothing, none) = instance("nothing");
        members
            .extend([instance("gone"), (nothing.clone(), Instance { updates_available: Some(0), ..none })]);
        let mut told = Vec::new();
        let offered = read(&cloud, members.iter(), 8, |done, total| told.push((done, total))).await.unwrap();
        assert_eq!((offered.updates.len(), &offered.updates[&nothing]), (41, &Updates::new()));
        // 101 is an erratum that the service does not have.
        assert_eq!(offered.errata.len(), 81);
        assert_eq!(offered.errata.keys().next_back(), Some(&name(100)));
        // 41 instances of 42, two lists, two by their id.
        assert_eq!(cloud.reads(), (45, 0));
        assert_eq!((told.first(), told.last(), told.len()), (Some(&(1, 41)), Some(&(45, 45)), 45));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_fails_ends_it() {
        let members = BTreeMap::from([instance("a")]);
        let cloud = MemoryCloud::new(Observed { instances: members.clone(), ..Observed::default() });
        cloud.fail_reads(1);
        assert!(read(&cloud, members.iter(), 8, |_, _| ()).await.is_err());
    }
}
