//! What a seed has in store for each instance of a fleet on OS Management Hub, which patches groups as a whole: what is
//! asked of a group is asked of all its members, and one that did not get its group's source keeps the group from being
//! updated.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use patchtrain::cloud::{Cloud, Part, Progress, Service, Submitted};
use patchtrain::name::{GroupName, Ocid};
use patchtrain::observed::{Scope, Sighting};
use patchtrain::op::{Api, GroupRef, Op, Origin, Outfit, Ownership, RetryToken, SourceRef};
use patchtrain::package::{Package, PackageSet};
use patchtrain::simulator::{InProcess, Mishap, Simulator};
use patchtrain::train::Release;

use super::crew::{Crew, One};
use super::fleet::Names;
use super::script::{Foretold, Group, ROUNDS, Script};
use crate::support::rng::Rng;

/// What happens to an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nothing.
    Fine,
    /// Its first work of a kind fails, or its first two.
    Fails(Kind, usize),
    /// Nobody picks up its first work of a kind, which the service gives up after a day.
    Sticks(Kind),
    /// It does not check in.
    Unreachable,
    /// It does not check in before the day is over.
    Returns,
    /// It is gone after it was given so much work.
    Vanishes(usize),
}

/// A kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Having the old source taken away. It has got the new one by then.
    Sources,
    /// Joining its group.
    Join,
    /// Being updated with its group.
    Update,
}

/// The whole.
#[derive(Debug)]
pub(crate) struct Crews {
    fates: BTreeMap<String, Fate>,
    groups: Vec<Group>,
    /// Those who ride the earlier release with their group already; the others join.
    residents: BTreeSet<String>,
    gone: Mutex<BTreeSet<String>>,
    /// Those on whom nothing is older than in the release before the first round.
    current: Mutex<BTreeSet<String>>,
}

/// What `refreshSoftware` makes, which changes nothing.
const REFRESH: &str = "LIST_PACKAGES";

impl Crews {
    fn draw_fates(rng: &mut Rng, group: &Group, residents: &BTreeSet<String>) -> BTreeMap<String, Fate> {
        // What may happen in a group at all: where everything does, nothing is ever seen by itself.
        let [sources, updates, joins] = [60, 70, 60].map(|percent| rng.chance(percent));
        let [sticks, silent, vanishes] = [40, 50, 60].map(|percent| rng.chance(percent));
        // Not both the exchange of sources and the joining of one group stick: while both are open nothing is on record of
        // who joined after the exchange, and the product holds him, to be safe, until the day is over.
        let exchanges = sources && group.members.iter().any(|id| residents.contains(id));
        let mut fate = |id: &String| {
            let resident = residents.contains(id);
            let kind = match (resident, rng.chance(50)) {
                (false, _) => joins.then_some(Kind::Join),
                (true, true) => sources.then_some(Kind::Sources),
                (true, false) => updates.then_some(Kind::Update),
            };
            let last = if resident { 3 } else { 2 };
            match (rng.below(100), kind) {
                (0..8, Some(kind)) => Fate::Fails(kind, 1),
                (8..11, Some(kind)) => Fate::Fails(kind, 2),
                (11..14, Some(kind)) if sticks && !(exchanges && kind == Kind::Join) => Fate::Sticks(kind),
                (14..18, _) if silent => Fate::Unreachable,
                (18..20, _) if silent => Fate::Returns,
                (20..25, _) if vanishes => Fate::Vanishes(1 + rng.below(last)),
                _ => Fate::Fine,
            }
        };
        group.members.iter().map(|id| (id.clone(), fate(id))).collect()
    }

    /// Counts the work that an instance was given to change something, since the first round began.
    fn given(&self, simulator: &Simulator, id: &str) -> usize {
        let all = simulator.work_of(id);
        let changing = all.iter().filter(|given| given.what != REFRESH).count();
        changing - usize::from(self.residents.contains(id))
    }
}

impl Script for Crews {
    const API: Api = Api::Osmh;
    const RELEASES: &'static [&'static str] = &["GL1", "GL1.1"];

    fn draw(seed: u64, instances: &[String]) -> Self {
        let mut rng = Rng::new(seed);
        let groups = Group::draw(&mut rng, instances);
        // The last group is new, and the others take in a tenth.
        let old = |group: &&Group| group.name != "behind";
        let staying = |group: &Group| group.members[..group.members.len() * 9 / 10].to_vec();
        let residents: BTreeSet<String> = groups.iter().filter(old).flat_map(staying).collect();
        let drawn = groups.iter().flat_map(|group| Self::draw_fates(&mut rng, group, &residents));
        let fates = drawn.collect();
        Self { fates, groups, residents, gone: Mutex::default(), current: Mutex::default() }
    }

    fn groups(&self) -> &[Group] {
        &self.groups
    }

    fn fate(&self, id: &str) -> String {
        let is = if self.residents.contains(id) { "resident" } else { "joiner" };
        let group = self.groups.iter().find(|group| group.members.iter().any(|member| member == id));
        format!("{:?} ({is} of {})", self.fates[id], group.map_or("none", |group| group.name))
    }

    /// Two groups are there and ride the first release, with what nobody recorded.
    async fn begin(&self, simulator: &Arc<Simulator>, names: &Names) {
        let cloud = names.connect(InProcess(simulator.clone()), 0);
        let source = make_source(&cloud, names, &names.train.releases[0]).await;
        for group in &self.groups {
            let members = group.members.iter().filter(|id| self.residents.contains(*id));
            let instances: Vec<Ocid> = members.map(|id| Ocid::new(id)).collect();
            if !instances.is_empty() {
                make_group(&cloud, names, group.name, &source, instances).await;
            }
        }
        let release = names.train.releases.last().unwrap();
        let is_current = |id: &&String| is_current(&simulator.installed_on(id).unwrap(), release.packages());
        *self.current.lock().unwrap() = self.fates.keys().filter(is_current).cloned().collect();
        for (id, fate) in &self.fates {
            let mut strikes: Vec<Mishap> = Vec::new();
            let passing = match fate {
                Fate::Fails(kind, _) | Fate::Sticks(kind) => match kind {
                    Kind::Join => 0,
                    Kind::Sources => 1,
                    Kind::Update => 2,
                },
                Fate::Unreachable | Fate::Returns => {
                    simulator.silence(id).unwrap();
                    continue;
                }
                Fate::Fine | Fate::Vanishes(_) => continue,
            };
            strikes.extend(vec![Mishap::Passes; passing]);
            match fate {
                Fate::Sticks(_) => strikes.push(Mishap::Sticks),
                Fate::Fails(_, times) => strikes.extend(vec![Mishap::Fails; *times]),
                _ => {}
            }
            strikes.into_iter().for_each(|mishap| simulator.strike(id, mishap).unwrap());
        }
        // Only who has not checked in for a day is known not to.
        tokio::time::sleep(Duration::from_secs(25 * 3_600)).await;
    }

    /// Lets vanish who is gone after so much work.
    fn served(&self, simulator: &Simulator, _request: &Request<Bytes>) {
        for (id, fate) in &self.fates {
            if let Fate::Vanishes(after) = fate
                && self.given(simulator, id) >= *after
                && self.gone.lock().unwrap().insert(id.clone())
            {
                simulator.vanish(id).unwrap();
            }
        }
    }

    fn night(&self, simulator: &Simulator) {
        let back = self.fates.iter().filter(|(_, fate)| **fate == Fate::Returns);
        back.for_each(|(id, _)| simulator.bring_back(id).unwrap());
    }

    fn works(&self, simulator: &Simulator, id: &str) -> usize {
        self.given(simulator, id)
    }

    /// What nobody picks up lies beside what comes later; but the same is never asked again beside it, where anybody is
    /// waited for.
    fn may_overlap(&self, id: &str, one: &str, other: &str) -> bool {
        match self.fates[id] {
            Fate::Unreachable | Fate::Returns => true,
            Fate::Sticks(_) => one != other || other == REFRESH,
            // A refresh is waited for, and then the next is asked for; one that is gone is waited for no more.
            Fate::Vanishes(_) => one != other,
            Fate::Fine | Fate::Fails(..) => false,
        }
    }

    fn foretell(&self) -> Vec<Foretold> {
        let crews = self.groups.iter().map(|group| {
            let one = |id: &String| {
                let resident = self.residents.contains(id);
                let listed = self.current.lock().unwrap().contains(id);
                (id.clone(), One::new(self.fates[id], resident, listed))
            };
            // A new group is made with the release's source.
            let exchanged = !group.members.iter().any(|id| self.residents.contains(id));
            let ones = group.members.iter().map(one).collect();
            (group.name, Crew::new(ones, exchanged))
        });
        let mut crews: BTreeMap<&str, Crew> = crews.collect();
        let mut rounds = Vec::new();
        for round in 0..ROUNDS {
            for group in &self.groups {
                let open = group.after.is_none_or(|after| {
                    let first = self.groups.iter().find(|first| first.name == after).unwrap();
                    let below = crews[after].ones.values().filter(|one| !one.level).count();
                    below <= first.max_failures
                });
                crews.get_mut(group.name).unwrap().round(round, open);
            }
            let all = crews.values().flat_map(|crew| {
                crew.ones.iter().map(|(id, one)| (id.clone(), (crew.stand(one, round), one.works)))
            });
            rounds.push(all.collect());
        }
        rounds
    }
}

/// Tells whether nothing on an instance is older than what a release has of it.
fn is_current(installed: &PackageSet, release: &PackageSet) -> bool {
    let mut newest: BTreeMap<(&str, &str), Package> = BTreeMap::new();
    for package in installed.iter() {
        let known = newest.entry((package.name(), package.arch().as_str())).or_insert(package);
        if package.cmp_evr(*known).is_gt() {
            *known = package;
        }
    }
    release.iter().all(|package| {
        let known = newest.get(&(package.name(), package.arch().as_str()));
        known.is_none_or(|known| known.cmp_evr(package).is_ge())
    })
}

/// Makes the source of a release, and fills it.
async fn make_source(cloud: &Service<InProcess>, names: &Names, release: &Release) -> SourceRef {
    let Sighting::Vendors(vendors) = cloud.observe(&Scope::Vendors).await.unwrap() else { panic!() };
    let wanted: Vec<String> = names.train.vendor_sources.iter().map(ToString::to_string).collect();
    let vendors = vendors.iter().filter(|(_, vendor)| wanted.contains(&vendor.name.to_string()));
    let create = Op::CreateSource {
        release: release.name.clone(),
        name: format!("great-linux/{}", release.name),
        arch: names.train.architecture.clone(),
        owner: owner(names, Some(release)),
        under: None,
        origin: Some(Origin {
            os: names.train.os.clone(),
            vendors: vendors.map(|(id, _)| id.clone()).collect(),
        }),
    };
    let source =
        SourceRef { release: release.name.clone(), id: bring_about(cloud, &create).await, under: None };
    for packages in release.packages().as_slice().chunks(200) {
        let add = Op::AddPackages { source: source.clone(), packages: packages.to_vec() };
        bring_about(cloud, &add).await;
    }
    source
}

/// Makes a group that rides a source, with its members.
async fn make_group(
    cloud: &Service<InProcess>,
    names: &Names,
    name: &str,
    source: &SourceRef,
    instances: Vec<Ocid>,
) {
    let (os, arch) = (names.train.os.clone(), names.train.architecture.clone());
    let outfit = Some(Outfit { os, arch, source: source.clone() });
    let group = GroupName::new(name);
    let create = Op::CreateGroup { group: group.clone(), owner: owner(names, None), outfit };
    let group = GroupRef { group, id: bring_about(cloud, &create).await };
    bring_about(cloud, &Op::Enroll { group, source: source.clone(), instances }).await;
}

fn owner(names: &Names, release: Option<&Release>) -> Ownership {
    Ownership {
        train: names.train.name.clone(),
        lineage: names.lineage.clone(),
        release: release.map(|release| (release.name.clone(), release.digest)),
    }
}

/// Asks for something and waits for it to be done. Returns the id of what was made.
async fn bring_about(cloud: &Service<InProcess>, op: &Op) -> Option<Ocid> {
    let token = RetryToken(format!("{:.60}", op.key().0.replace('/', "-")));
    let ticket = match cloud.submit(op, &token).await.unwrap() {
        Submitted::Done { created } => return created,
        Submitted::Pending { ticket } => ticket,
    };
    loop {
        match cloud.poll(&ticket).await.unwrap() {
            Progress::Succeeded => return None,
            Progress::Failed { message } => panic!("{op:?}: {message}"),
            Progress::Parts { parts, over: true } => {
                assert!(parts.values().all(|part| *part == Part::Succeeded), "{parts:?}");
                return None;
            }
            _ => tokio::time::sleep(Duration::from_secs(5)).await,
        }
    }
}
