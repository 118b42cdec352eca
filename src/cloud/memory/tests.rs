//! The in-memory cloud keeps its own promises: tokens, open work, faults, the cut.

use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::name::{GroupName, ReleaseName};
use crate::observed::{Instance, Inventory, Source, SourceLink};
use crate::op::{GroupRef, Lineage, Ownership, SourceRef, Wanted};
use crate::package::{Package, PackageSet};

fn set(nevras: &[&str]) -> PackageSet {
    nevras.iter().map(|nevra| Package::parse(nevra).unwrap()).collect()
}

fn instance() -> Ocid {
    Ocid::new("ocid1.instance.oc1..a")
}

fn cloud() -> MemoryCloud {
    let id = Ocid::new("ocid1.osmssoftwaresource.oc1..s");
    let link = SourceLink { id: id.clone(), name: "s".into() };
    let contents = Some(set(&["bash-2-1.x86_64"]));
    let source = Source { name: link.name.clone(), owner: None, contents, parent: None };
    let inventory = Inventory { installed: set(&["bash-1-1.x86_64"]), unsourced: PackageSet::default() };
    let seen = Instance {
        name: "a".into(),
        status: InstanceStatus::Normal,
        os: None,
        parent: Some(link),
        children: Vec::new(),
        groups: BTreeSet::new(),
        inventory: Some(inventory),
        last_checkin: None,
        last_boot: None,
        running_kernel: None,
        effective_kernel: None,
        reboot_required: false,
        listed: None,
        updates_available: None,
        open_work: Vec::new(),
    };
    MemoryCloud::new(Observed {
        instances: [(instance(), seen)].into(),
        sources: [(id, source)].into(),
        ..Observed::default()
    })
}

fn update() -> Op {
    let id = Some(Ocid::new("ocid1.osmssoftwaresource.oc1..s"));
    let source = SourceRef { release: ReleaseName::new("S"), id, under: None };
    Op::Update { instance: instance(), source, kind: Wanted::All }
}

fn create_group() -> Op {
    let owner =
        Ownership { train: crate::name::TrainName::new("t"), lineage: Lineage("l".into()), release: None };
    Op::CreateGroup { group: GroupName::new("web"), owner, outfit: None }
}

fn token(text: &str) -> RetryToken {
    RetryToken(text.to_owned())
}

fn installed(cloud: &MemoryCloud) -> PackageSet {
    cloud.observed().instances[&instance()].inventory.as_ref().unwrap().installed.clone()
}

#[tokio::test(start_paused = true)]
async fn the_same_token_gets_the_same_answer_and_does_nothing_twice() {
    let cloud = cloud();
    let first = cloud.submit(&create_group(), &token("1")).await.unwrap();
    assert_eq!(cloud.submit(&create_group(), &token("1")).await.unwrap(), first);
    let key = create_group().key();
    assert_eq!((cloud.calls(&key), cloud.done()[&key]), (2, 1));
    cloud.submit(&create_group(), &token("2")).await.unwrap();
    assert_eq!(cloud.done()[&key], 2);

    let refused = cloud.submit(&update(), &token("1")).await;
    assert!(matches!(refused, Err(CloudError::Service { status: 409, .. })));
    assert_eq!(cloud.violations().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_update_takes_its_time_and_shows_as_open_work() {
    let cloud = cloud();
    let Submitted::Pending { ticket } = cloud.submit(&update(), &token("1")).await.unwrap() else { panic!() };
    assert_eq!(cloud.observed().instances[&instance()].open_work, std::slice::from_ref(&ticket));
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(cloud.poll(&ticket).await.unwrap(), Progress::Running { percent: 50 });
    assert_eq!(installed(&cloud), set(&["bash-1-1.x86_64"]));
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(cloud.poll(&ticket).await.unwrap(), Progress::Succeeded);
    assert_eq!(installed(&cloud), set(&["bash-2-1.x86_64"]));
    assert!(cloud.observed().instances[&instance()].open_work.is_empty());
    assert_eq!(cloud.violations(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_nobody_may_ask_is_noted() {
    let cloud = cloud();
    cloud.submit(&update(), &token("1")).await.unwrap();
    cloud.submit(&update(), &token("2")).await.unwrap();
    let to = SourceRef { release: ReleaseName::new("S"), id: None, under: None };
    cloud
        .submit(&Op::Switch { instance: instance(), from: None, to, drops: Vec::new() }, &token("3"))
        .await
        .unwrap();
    let violations = cloud.violations();
    assert_eq!(violations.len(), 3, "{violations:?}");
}

#[tokio::test(start_paused = true)]
async fn an_inventory_lags_for_so_many_reads() {
    let cloud = cloud();
    cloud.stale_inventory(&instance(), 2);
    cloud.submit(&update(), &token("1")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        let sighting = cloud.observe(&Scope::Inventory(instance())).await.unwrap();
        let Sighting::Inventory(_, Some(inventory)) = sighting else { panic!() };
        seen.push(inventory.installed == set(&["bash-2-1.x86_64"]));
    }
    assert_eq!(seen, [false, false, true]);
}

#[tokio::test(start_paused = true)]
async fn a_group_with_members_is_not_deleted() {
    let cloud = cloud();
    let Submitted::Done { created } = cloud.submit(&create_group(), &token("1")).await.unwrap() else {
        panic!()
    };
    let group = GroupRef { group: GroupName::new("web"), id: created };
    let join = Op::Join { group: group.clone(), instance: instance() };
    cloud.submit(&join, &token("2")).await.unwrap();
    let delete = Op::DeleteGroup { group: group.clone() };
    assert!(cloud.submit(&delete, &token("3")).await.is_err());
    cloud.submit(&Op::Leave { group, instance: instance() }, &token("4")).await.unwrap();
    cloud.submit(&delete, &token("5")).await.unwrap();
    assert!(cloud.observed().groups.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_cut_hangs_every_further_call_and_may_serve_the_first() {
    for served in [false, true] {
        let cloud = cloud();
        cloud.cut_after(1, served);
        cloud.observe(&Scope::Instance(instance())).await.unwrap();
        let call = tokio::time::timeout(Duration::from_secs(3600), async {
            cloud.submit(&create_group(), &token("1")).await
        });
        assert!(call.await.is_err());
        cloud.cut_reached().await;
        let late = async { cloud.submit(&create_group(), &token("2")).await };
        assert!(tokio::time::timeout(Duration::from_secs(3600), late).await.is_err());
        assert_eq!(cloud.observed().groups.len(), usize::from(served));
        cloud.mend();
        cloud.observe(&Scope::Instance(instance())).await.unwrap();
    }
}

#[test]
fn a_seed_draws_the_same_faults_whatever_the_order() {
    let mut script = fault::Script::default();
    script.chaos(7, 500);
    let ops: Vec<Op> = (0..1000)
        .map(|index| Op::Update {
            instance: Ocid::new(&format!("ocid1.instance.oc1..{index}")),
            source: SourceRef { release: ReleaseName::new("S"), id: None, under: None },
            kind: Wanted::All,
        })
        .collect();
    let forth: Vec<_> = ops.iter().map(|op| script.fault(&op.key(), 1, op)).collect();
    let back: Vec<_> = ops.iter().rev().map(|op| script.fault(&op.key(), 1, op)).collect();
    assert!(forth.iter().eq(back.iter().rev()));
    let faulty = forth.iter().flatten().count();
    assert!((400..600).contains(&faulty), "{faulty}");
    let kinds: BTreeSet<String> = forth.iter().flatten().map(|fault| format!("{fault:?}")).collect();
    assert_eq!(kinds.len(), 4, "{kinds:?}");
    assert!(ops.iter().all(|op| script.fault(&op.key(), 2, op).is_none()));
}

#[tokio::test(start_paused = true)]
async fn versions_on_offer_are_those_of_an_instances_sources_or_of_all() {
    let cloud = cloud();
    cloud.edit(|world| {
        let contents = Some(set(&["bash-3-1.x86_64", "acl-1-1.x86_64"]));
        let source = Source { name: "more".into(), owner: None, contents, parent: None };
        world.sources.insert(Ocid::new("more"), source);
    });
    let offers = async |instance: Option<Ocid>| {
        let seen = cloud.observe(&Scope::Offers(instance, ["bash".into()].into())).await.unwrap();
        let Sighting::Offers(offered, _) = seen else { panic!() };
        offered
    };
    assert_eq!(offers(Some(instance())).await, set(&["bash-2-1.x86_64"]));
    assert_eq!(offers(None).await, set(&["bash-2-1.x86_64", "bash-3-1.x86_64"]));
    cloud.withhold(set(&["bash-3-1.x86_64"]).as_slice());
    assert_eq!(offers(None).await, set(&["bash-2-1.x86_64"]));
}

#[tokio::test(start_paused = true)]
async fn work_for_a_group_fails_on_those_that_are_named() {
    let mut world = cloud().observed();
    let (group, ids) = (Ocid::new("ocid1.osmhmanagedinstancegroup.oc1..g"), ["a", "b", "c"]);
    let ids = ids.map(|name| Ocid::new(&format!("ocid1.instance.oc1..{name}")));
    let mut seen = world.instances[&instance()].clone();
    seen.children.extend(seen.parent.take());
    seen.groups.insert(group.clone());
    let members: BTreeSet<Ocid> = ids.iter().cloned().collect();
    world.instances = ids.iter().map(|id| (id.clone(), seen.clone())).collect();
    let sources = seen.children.clone();
    let of = crate::observed::ServiceGroup { name: "web".into(), members, sources, ..Default::default() };
    world.groups.insert(group.clone(), of);
    let cloud = MemoryCloud::new(world);
    let Op::Update { source, kind, .. } = update() else { unreachable!() };
    let group = GroupRef { group: GroupName::new("web"), id: Some(group) };
    let op = Op::UpdateGroup { group, source, kind, instances: ids.to_vec() };
    let struck: BTreeSet<Ocid> = ids[1..].iter().cloned().collect();
    cloud.on_submit(op.key(), 1, Fault::FailedParts { instances: struck.clone(), message: "full".into() });
    let Submitted::Pending { ticket } = cloud.submit(&op, &token("1")).await.unwrap() else { unreachable!() };
    tokio::time::sleep(Duration::from_secs(11)).await;
    let Progress::Parts { parts, over: true } = cloud.poll(&ticket).await.unwrap() else { unreachable!() };
    let old = set(&["bash-1-1.x86_64"]);
    for id in &ids {
        let failed = matches!(parts[id], crate::cloud::Part::Failed { .. });
        let inventory = cloud.observed().instances[id].inventory.clone().unwrap();
        assert_eq!((failed, inventory.installed == old), (struck.contains(id), struck.contains(id)), "{id}");
        assert!(cloud.observed().instances[id].open_work.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn agents_check_in_where_that_is_asked_for() {
    let cloud = cloud();
    let scope = Scope::Standing(instance());
    let last = async || match cloud.observe(&scope).await.unwrap() {
        Sighting::Instance(_, seen) => seen.unwrap().last_checkin,
        other => unreachable!("{other:?}"),
    };
    assert_eq!(last().await, None);
    let now: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
    cloud.set_checkins(now);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(last().await.unwrap().duration_since(now).as_secs() == 60);
    // Nobody hears of one that does not.
    cloud.set_status(&instance(), InstanceStatus::Unreachable);
    assert_eq!(last().await, None);
}
