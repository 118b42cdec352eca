//! Worlds and plans made by hand, as the planner would make them.

use std::collections::{BTreeMap, BTreeSet};

use super::{lineage, train};
use crate::name::{Address, GroupName, Ocid, ReleaseName};
use crate::observed::{Instance, InstanceStatus, Inventory, Observed, Precondition, Source, SourceLink};
use crate::op::{GroupRef, Op, Ownership, PlanId, SourceRef, StepId, Wanted};
use crate::package::{Digest, Package, PackageSet};
use crate::plan::{
    Action, Basis, Condition, FORMAT_VERSION, Plan, PlannedGroup, PlannedRelease, ServiceLabel, Step,
    Verification, Work,
};
use crate::train::{Ahead, Amount};

pub(super) const OLD: &[&str] = &["bash-5.0-1.x86_64", "curl-7.1-1.x86_64", "tar-1.30-1.x86_64"];
pub(super) const NEW: &[&str] = &["bash-5.0-2.x86_64", "curl-7.1-2.x86_64", "tar-1.30-2.x86_64"];

pub(super) fn packages(nevras: &[&str]) -> Vec<Package> {
    nevras.iter().map(|nevra| Package::parse(nevra).unwrap()).collect()
}

pub(super) fn set(nevras: &[&str]) -> PackageSet {
    PackageSet::new(packages(nevras))
}

pub(super) fn release() -> ReleaseName {
    ReleaseName::new("GL1")
}

pub(super) fn group(name: &str) -> GroupName {
    GroupName::new(name)
}

pub(super) fn instance(name: &str) -> Ocid {
    Ocid::new(&format!("ocid1.instance.oc1..{name}"))
}

pub(super) fn vendor() -> SourceLink {
    SourceLink { id: Ocid::new("ocid1.osmssoftwaresource.oc1..vendor"), name: "vendor".into() }
}

pub(super) fn owner() -> Ownership {
    Ownership { train: train(), lineage: lineage(), release: Some((release(), set(NEW).digest())) }
}

pub(super) fn group_owner() -> Ownership {
    Ownership { release: None, ..owner() }
}

/// A world in which nothing of the train exists yet: instances on the vendor's source, behind.
pub(super) fn world(names: &[&str]) -> Observed {
    let vendor = vendor();
    let source = Source { name: vendor.name.clone(), owner: None, contents: Some(set(OLD)), parent: None };
    let mut observed = Observed { sources: [(vendor.id.clone(), source)].into(), ..Observed::default() };
    let inventory = Inventory { installed: set(OLD), unsourced: PackageSet::default() };
    for name in names {
        let seen = Instance {
            name: (*name).into(),
            status: InstanceStatus::Normal,
            os: None,
            parent: Some(vendor.clone()),
            children: Vec::new(),
            groups: BTreeSet::new(),
            inventory: Some(inventory.clone()),
            last_checkin: None,
            last_boot: None,
            running_kernel: None,
            effective_kernel: None,
            reboot_required: false,
            listed: None,
            updates_available: None,
            open_work: Vec::new(),
        };
        observed.instances.insert(instance(name), seen);
    }
    observed
}

pub(super) fn source() -> SourceRef {
    SourceRef { release: release(), id: None, under: None }
}

pub(super) fn create_source() -> Op {
    Op::CreateSource {
        release: release(),
        name: "gl/GL1".into(),
        arch: "x86_64".into(),
        owner: owner(),
        under: None,
        origin: None,
    }
}

pub(super) fn add(nevras: &[&str]) -> Op {
    Op::AddPackages { source: source(), packages: packages(nevras) }
}

pub(super) fn create_group(name: &str) -> Op {
    Op::CreateGroup { group: group(name), owner: group_owner(), outfit: None }
}

pub(super) fn group_ref(name: &str) -> GroupRef {
    GroupRef { group: group(name), id: None }
}

pub(super) fn join(to: &str, name: &str) -> Op {
    Op::Join { group: group_ref(to), instance: instance(name) }
}

pub(super) fn leave(from: &str, name: &str) -> Op {
    Op::Leave { group: group_ref(from), instance: instance(name) }
}

pub(super) fn switch(name: &str) -> Op {
    Op::Switch { instance: instance(name), from: Some(vendor().id), to: source(), drops: Vec::new() }
}

pub(super) fn update(name: &str) -> Op {
    Op::Update { instance: instance(name), source: source(), kind: Wanted::All }
}

/// Collects steps.
pub(super) struct Builder {
    plan: Plan,
}

impl Builder {
    pub(super) fn new() -> Self {
        let release_packages = set(NEW);
        let plan = Plan {
            format_version: FORMAT_VERSION,
            id: PlanId("".into()),
            created: jiff::Timestamp::UNIX_EPOCH,
            tool: "test".to_owned(),
            file: "trains/great-linux.toml".into(),
            basis: Basis {
                train: train(),
                lineage: lineage(),
                serial: 0,
                digest: Digest::of_lines(["train"]),
                state: None,
                allow_shrink: false,
            },
            service: ServiceLabel {
                api: "osms".to_owned(),
                simulator: false,
                place: "memory".to_owned(),
                compartment: Ocid::new("ocid1.compartment.oc1..c"),
            },
            releases: [(
                release(),
                PlannedRelease { digest: release_packages.digest(), packages: release_packages },
            )]
            .into(),
            groups: Vec::new(),
            unmanaged: Vec::new(),
            labels: BTreeMap::new(),
            drift: Vec::new(),
            changes: Vec::new(),
            moves: Vec::new(),
            cohorts: Vec::new(),
            ahead: Vec::new(),
            mismatches: Vec::new(),
            exact: Vec::new(),
            held: Vec::new(),
            notes: Vec::new(),
            steps: Vec::new(),
            cost: Default::default(),
            golden: None,
            partial: None,
            seen: None,
            policy: None,
            patches: Vec::new(),
            imports: Vec::new(),
        };
        Self { plan }
    }

    pub(super) fn group(&mut self, name: &str, members: usize) {
        self.plan.groups.push(PlannedGroup {
            name: group(name),
            id: None,
            release: release(),
            ahead: Ahead::Report,
            after: Vec::new(),
            max_failures: Amount::Number(0),
            members,
            rides: BTreeMap::new(),
            at_level: 0,
            work: Work::default(),
            held: 0,
            ahead_count: 0,
            gated: false,
            patching: crate::train::Patching::EVERYTHING,
            rollout: None,
            reboot: Default::default(),
        });
    }

    fn step(
        &mut self,
        address: Address,
        of: Option<&str>,
        action: Action,
        after: &[StepId],
        precondition: Precondition,
    ) -> StepId {
        let id = StepId(u32::try_from(self.plan.steps.len()).unwrap());
        let group = of.map(group);
        self.plan.steps.push(Step {
            id,
            address,
            group,
            action,
            after: after.to_vec(),
            precondition,
            wave: None,
        });
        id
    }

    pub(super) fn act(&mut self, of: Option<&str>, op: Op, after: &[StepId]) -> StepId {
        let precondition = match &op {
            Op::AddPackages { source, .. } => Precondition::Owned { source: source.clone(), owner: owner() },
            Op::Switch { instance, from, .. } => {
                Precondition::ParentOrNone { instance: instance.clone(), parent: from.clone() }
            }
            Op::Update { instance, source, .. } => {
                Precondition::Rides { instance: instance.clone(), source: source.clone() }
            }
            _ => Precondition::Nothing,
        };
        let address = op.instance().map_or(Address::Release(release()), |id| Address::Instance(id.clone()));
        self.step(address, of, Action::Act { op }, after, precondition)
    }

    pub(super) fn verify_contents(&mut self, after: &[StepId]) -> StepId {
        let action = Action::Verify { what: Verification::Contents { source: source() } };
        self.step(Address::Release(release()), None, action, after, Precondition::Nothing)
    }

    pub(super) fn verify_level(&mut self, of: &str, name: &str, after: &[StepId]) -> StepId {
        let what = Verification::Level { instance: instance(name), group: group(of), stays: Vec::new() };
        let address = Address::Instance(instance(name));
        self.step(address, Some(of), Action::Verify { what }, after, Precondition::Nothing)
    }

    pub(super) fn gate(
        &mut self,
        (waiting, first): (&str, &str),
        candidates: &[&str],
        allowed: usize,
        after: &[StepId],
    ) -> StepId {
        let condition = Condition::GroupAtLevel {
            waiting: group(waiting),
            group: group(first),
            release: release(),
            candidates: candidates.iter().map(|name| instance(name)).collect(),
            members: candidates.len(),
            allowed,
            behind: None,
            health: None,
            soak: None,
            wave: None,
        };
        let address = Address::Group(group(waiting));
        self.step(address, Some(waiting), Action::Gate { condition }, after, Precondition::Nothing)
    }

    /// Source, packages in two batches, read back.
    pub(super) fn release_steps(&mut self) -> StepId {
        let create = self.act(None, create_source(), &[]);
        let first = self.act(None, add(&NEW[..2]), &[create]);
        let second = self.act(None, add(&NEW[2..]), &[create]);
        self.verify_contents(&[first, second])
    }

    /// Group and members: join, switch, update, read back. Returns the read-backs.
    pub(super) fn group_steps(&mut self, name: &str, members: &[&str], after: &[StepId]) -> Vec<StepId> {
        self.group(name, members.len());
        let made = self.act(Some(name), create_group(name), &[]);
        let mut read_back = Vec::new();
        for member in members {
            let joined = self.act(Some(name), join(name, member), &[made]);
            let before: Vec<StepId> = after.iter().copied().chain([joined]).collect();
            let switched = self.act(Some(name), switch(member), &before);
            let updated = self.act(Some(name), update(member), &[switched]);
            read_back.push(self.verify_level(name, member, &[updated]));
        }
        read_back
    }

    pub(super) fn edit(&mut self) -> &mut Plan {
        &mut self.plan
    }

    pub(super) fn done(mut self) -> Plan {
        self.plan.id = self.plan.content_id();
        self.plan
    }
}

/// The whole story: a release; canary with one member; web with two behind a gate.
pub(super) fn story(allowed: usize) -> Plan {
    let mut builder = Builder::new();
    let contents = builder.release_steps();
    let canary = builder.group_steps("canary", &["canary-1"], &[contents]);
    let gate = builder.gate(("web", "canary"), &["canary-1"], allowed, &canary);
    builder.group_steps("web", &["web-1", "web-2"], &[gate]);
    builder.done()
}

pub(super) fn story_world() -> Observed {
    world(&["canary-1", "web-1", "web-2"])
}
