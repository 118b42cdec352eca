//! What our resources are before and after, in the few values that a policy asks for. A value that is not known before
//! it is there is left out of `after` and named in `after_unknown`, as Terraform does it.

use serde_json::{Map, Value, json};

use super::super::json::{change_kind, drift_kind};
use crate::name::{Address, GroupName, Ocid, ReleaseName};
use crate::observed::{Job, SourceLink};
use crate::op::Schedule;
use crate::plan::{self, ChangeDetail, Cohort, Drift, DriftKind, Plan, PlannedImport, Takeover};

/// A resource before and after.
pub(super) struct Change {
    pub(super) before: Value,
    pub(super) after: Value,
    pub(super) after_unknown: Value,
}

/// What something is called, and what it is.
fn base(plan: &Plan, address: &Address) -> Value {
    match address {
        Address::Release(release) if release.is_own_parent() => json!({ "train": plan.basis.train }),
        Address::Release(release) => {
            let mut value = json!({ "train": plan.basis.train, "release": release });
            if let Some(planned) = plan.releases.get(release) {
                set(&mut value, "digest", json!(planned.digest));
            }
            value
        }
        Address::Group(group) | Address::Schedule(group) | Address::Profile(group) => {
            json!({ "train": plan.basis.train, "group": group })
        }
        Address::Instance(instance) => json!({
            "train": plan.basis.train,
            "id": instance,
            "name": plan.label(instance),
        }),
    }
}

fn set(value: &mut Value, key: &str, to: Value) {
    if let Value::Object(map) = value {
        map.insert(key.to_owned(), to);
    }
}

fn with<const N: usize>(mut value: Value, entries: [(&str, Value); N]) -> Value {
    for (key, to) in entries {
        set(&mut value, key, to);
    }
    value
}

/// Returns what a change makes of what.
pub(super) fn change(plan: &Plan, change: &plan::Change) -> Change {
    let base = base(plan, &change.address);
    let action = ("action", json!(change_kind(&change.detail)));
    let made = |before: Value, after: Value| Change { before, after, after_unknown: json!({}) };
    match &change.detail {
        ChangeDetail::CreateSource { packages, calls: _, line: _ } => {
            made(Value::Null, with(base, [("packages", json!(packages)), action]))
        }
        ChangeDetail::AdoptSource { id, missing } => {
            let base = with(base, [("source", json!(id))]);
            let packages = held_packages(plan, &change.address);
            let has = packages.map(|all| json!(all.saturating_sub(*missing)));
            made(
                with(base.clone(), [("packages", json!(has))]),
                with(base, [("packages", json!(packages)), action]),
            )
        }
        ChangeDetail::RepairSource { add, remove } => {
            let packages = held_packages(plan, &change.address);
            let found = packages.map(|all| (all + remove.len()).saturating_sub(add.len()));
            made(
                with(
                    base.clone(),
                    [("packages", json!(found)), ("missing", json!(add)), ("foreign", json!(remove))],
                ),
                with(
                    base,
                    [("packages", json!(packages)), ("missing", json!([])), ("foreign", json!([])), action],
                ),
            )
        }
        ChangeDetail::DeleteSource { id, gone: _, leaving, line: _ } => {
            made(with(base, [("source", json!(id)), ("riders", json!(leaving)), action]), Value::Null)
        }
        ChangeDetail::Group { from, joins, leaves, create: _, adopt: _, verifies: _, exchange, line: _ } => {
            let planned = match &change.address {
                Address::Group(name) => plan.group(name),
                _ => None,
            };
            let release = planned.map(|group| &group.release);
            let members = planned.map(|group| group.members);
            let before = members.map(|all| (all + leaves.len()).saturating_sub(joins.len()));
            let mut after =
                with(base.clone(), [("release", json!(release)), ("members", json!(members)), action]);
            set(&mut after, "joins", json!(names(plan, joins)));
            set(&mut after, "leaves", json!(names(plan, leaves)));
            if let Some(exchange) = exchange {
                let gone: Vec<&str> = exchange.detach.iter().map(|link| &*link.name).collect();
                set(&mut after, "attaches", json!(exchange.attach));
                set(&mut after, "detaches", json!(gone));
            }
            let from = from.as_ref().or(release);
            made(with(base, [("release", json!(from)), ("members", json!(before))]), after)
        }
        ChangeDetail::DeleteGroup { leaves } => made(
            with(base, [("members", json!(leaves.len())), ("leaves", json!(names(plan, leaves))), action]),
            Value::Null,
        ),
        ChangeDetail::Instance { cohort } => match plan.cohorts.get(*cohort) {
            Some(cohort) => instance(plan, base, cohort),
            None => made(base.clone(), base),
        },
        ChangeDetail::Patch { patch } => {
            let Some(patch) = plan.patches.get(*patch) else { return made(base.clone(), base) };
            let base = with(base, [("group", json!(patch.group))]);
            let outstanding = ("outstanding", json!(patch.updates.len()));
            let streams: Vec<String> = patch.streams.iter().map(|one| one.to.to_string()).collect();
            made(
                with(base.clone(), [outstanding]),
                with(
                    base,
                    [
                        ("outstanding", json!(0)),
                        ("streams", json!(streams)),
                        ("update", json!(patch.wanted)),
                        action,
                    ],
                ),
            )
        }
        ChangeDetail::Schedule { from, to, next, adopt: _, replace, line: _ } => {
            let before = from.as_ref().map_or(Value::Null, |job| self::job(base.clone(), job));
            let after = to.as_ref().map_or(Value::Null, |to| {
                with(schedule(base, to), [("next", json!(next)), ("replace", json!(replace)), action])
            });
            made(before, after)
        }
        ChangeDetail::Profile { adopt: _, replace, line: _ } => {
            made(base.clone(), with(base, [("replace", json!(replace)), action]))
        }
    }
}

fn instance(plan: &Plan, base: Value, cohort: &Cohort) -> Change {
    let Cohort {
        group,
        to,
        from,
        switch,
        drops,
        update,
        exact,
        reboot,
        reason: _,
        verdict,
        instances: _,
        tally,
    } = cohort;
    let wanted = plan.group(group).map(|planned| planned.patching).unwrap_or_default();
    // Of an update of all kinds everything goes; of one kind, as far as it is known before the switch.
    let left = match (update, wanted.is_by_kind(), tally) {
        (false, ..) => Some(verdict.behind.len()),
        (true, true, None) => None,
        (true, _, Some(tally)) => Some(verdict.behind.len().saturating_sub(tally.due)),
        (true, false, None) => Some(0),
    };
    let base = with(base, [("group", json!(group))]);
    let source = from.as_ref().map(|link| &link.name);
    let before = with(
        base.clone(),
        [
            ("source", json!(source)),
            ("release", json!(from.as_ref().and_then(|link| own(plan, link)))),
            ("behind", json!(verdict.behind.len())),
            // What is done stands in `after`: so a reader that shows differences shows that alone.
            ("switch", json!(false)),
            ("update", json!(false)),
            ("exact", json!(false)),
            ("reboot", json!(false)),
            ("drops", json!([])),
        ],
    );
    let mut after = with(
        base,
        [
            ("source", if *switch { json!(format!("{}/{to}", plan.basis.train)) } else { json!(source) }),
            ("release", json!(to)),
            ("action", json!("move")),
            ("switch", json!(switch)),
            ("update", json!(update)),
            ("exact", json!(exact)),
            ("reboot", json!(reboot)),
            ("drops", json!(drops.iter().map(|link| &*link.name).collect::<Vec<_>>())),
        ],
    );
    let mut unknown = Map::new();
    match left {
        Some(left) => set(&mut after, "behind", json!(left)),
        None => {
            unknown.insert("behind".to_owned(), json!(true));
        }
    }
    Change { before, after, after_unknown: Value::Object(unknown) }
}

/// Returns the release of this train that a source holds.
fn own<'a>(plan: &Plan, link: &'a SourceLink) -> Option<&'a str> {
    link.name.strip_prefix(plan.basis.train.as_str())?.strip_prefix('/')
}

fn held_packages(plan: &Plan, address: &Address) -> Option<usize> {
    match address {
        Address::Release(release) if release.is_own_parent() => Some(0),
        Address::Release(release) => plan.releases.get(release).map(|planned| planned.packages.len()),
        _ => None,
    }
}

fn names<'a>(plan: &'a Plan, instances: &'a [Ocid]) -> Vec<&'a str> {
    instances.iter().map(|instance| plan.label(instance)).collect()
}

fn job(base: Value, job: &Job) -> Value {
    let every = job.every.map(|every| every.to_string());
    with(base, [("update", json!(job.update)), ("every", json!(every)), ("next", json!(job.next))])
}

fn schedule(base: Value, schedule: &Schedule) -> Value {
    let Schedule { update, every, start } = schedule;
    with(base, [("update", json!(update)), ("every", json!(every.to_string())), ("start", json!(start))])
}

/// Returns what is taken over as it is.
pub(super) fn import(plan: &Plan, import: &PlannedImport) -> Value {
    let named = [("id", json!(import.id)), ("display_name", json!(import.name))];
    let mut value = with(base(plan, &import.address), named);
    if let Some(owner) = &import.owner {
        set(&mut value, "owner", json!(owner));
    }
    match &import.with {
        Takeover::Source { packages } => with(value, [("packages", json!(packages))]),
        Takeover::Group { members, sources } => {
            let sources: Vec<Option<&str>> =
                sources.iter().map(|one| one.source.as_ref().map(|link| &*link.name)).collect();
            with(value, [("members", json!(members.len())), ("sources", json!(sources))])
        }
    }
}

/// Says whose something is before it is taken over and changed at once.
pub(super) fn owned(before: &mut Value, import: &PlannedImport) {
    if let Some(owner) = &import.owner {
        set(before, "owner", json!(owner));
    }
}

/// Returns what an address was by what is on record, and what it is.
pub(super) fn drift(plan: &Plan, address: &Address, drifts: &[&Drift]) -> (Value, Value) {
    let base = base(plan, address);
    let (mut before, mut after) = (base.clone(), base);
    let kinds: Vec<&str> = drifts.iter().map(|drift| drift_kind(&drift.kind)).collect();
    set(&mut after, "drift", json!(kinds));
    for one in drifts {
        let mut told = |key: &str, was: Value, is: Value| {
            set(&mut before, key, was);
            set(&mut after, key, is);
        };
        let group = |name: &GroupName| json!(name);
        let release = |name: &ReleaseName| json!(name);
        match &one.kind {
            DriftKind::Parent { expected, found } => {
                told("release", release(expected), json!(found.as_ref().and_then(|link| own(plan, link))));
                told("source", source(plan, expected), json!(found.as_ref().map(|link| &link.name)));
            }
            DriftKind::Sources { expected, found } => {
                let names: Vec<&str> = found.iter().map(|link| &*link.name).collect();
                told("sources", json!([source(plan, expected)]), json!(names));
            }
            DriftKind::Children { children } => {
                let names: Vec<&str> = children.iter().map(|link| &*link.name).collect();
                told("children", json!([]), json!(names));
            }
            DriftKind::Joined { group: of } => told("group", Value::Null, group(of)),
            DriftKind::Left { group: of } => told("group", group(of), Value::Null),
            DriftKind::Contents { missing, foreign } => {
                told("missing", json!([]), json!(missing));
                told("foreign", json!([]), json!(foreign));
            }
            DriftKind::LeftLevel { release: of, behind, ahead } => {
                told("release", release(of), release(of));
                told("at_level", json!(true), json!(false));
                told("behind", json!(0), json!(behind.len()));
                told("ahead", json!(0), json!(ahead.len()));
            }
            DriftKind::Beside { before, now } => told("beside", json!(before), json!(now.len())),
            DriftKind::Renamed { found } => told("display_name", Value::Null, json!(found)),
            DriftKind::Schedule { expected, found } => {
                before = schedule(before.clone(), expected);
                after = job(after.clone(), found);
            }
            DriftKind::Gone => {}
        }
    }
    (before, after)
}

fn source(plan: &Plan, release: &ReleaseName) -> Value {
    json!(format!("{}/{release}", plan.basis.train))
}
