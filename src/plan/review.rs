//! How a plan stands to its train's policy: each rule, with what it asks for and what was found. Pure; the train's own
//! rules, in Rego, are evaluated over a rendering of the plan, and are added by whoever has one.
//!
//! A rule is about what the plan does. What rides an old release and is left alone breaks none, or nobody could be
//! moved off it group by group.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::policy::{Approvals, Check, CheckOutcome, PolicyChange, PolicyReview};
use super::{Action, ChangeAction, ChangeDetail, Plan};
use crate::advisory::Advisories;
use crate::name::{Address, GroupName, Ocid, ReleaseName};
use crate::op::{Op, UpdateKind};
use crate::package::{Delta, DeltaKind, Lore, Package, Streams};
use crate::policy::rego::Verdict;
use crate::policy::{Deed, Policy};
use crate::rollout::span_words;
use crate::state::State;
use crate::train::Train;

/// So many single findings of a rule are told.
const TOLD: usize = 20;

/// What a plan is held against its policy with.
#[derive(Clone, Copy, Debug)]
pub struct Reviewed<'a> {
    /// The train, whose policy it is.
    pub train: &'a Train,
    /// The state, with the policy that the last run was made under.
    pub state: &'a State,
    /// The time that freezes and lags are told by.
    pub now: Timestamp,
    /// The advisories that were asked; none where nobody asked any.
    pub book: Option<&'a Advisories>,
}

/// Returns the policy whose approvals count for what the train asks now: that on record, or else the train's own, so that
/// nobody appoints himself by the change that he wants approved.
pub fn governing<'a>(train: &'a Train, state: &'a State) -> Option<&'a Policy> {
    state.policy.as_ref().or(train.policy.as_ref())
}

/// Adds to a plan how it stands to its train's policy. Without one, here and on record, there is nothing to add.
#[must_use]
pub fn reviewed(mut plan: Plan, by: &Reviewed<'_>) -> Plan {
    let (policy, recorded) = (by.train.policy.as_ref(), by.state.policy.as_ref());
    if policy.is_none() && recorded.is_none() {
        return plan;
    }
    let governing = governing(by.train, by.state).filter(|policy| policy.approvals > 0);
    plan.policy = Some(PolicyReview {
        policy: policy.cloned(),
        checks: policy.map_or_else(Vec::new, |policy| checks(&plan, policy, by)),
        approvals: governing.map(|policy| Approvals {
            needed: policy.approvals,
            approvers: policy.approvers.iter().map(|approver| approver.name.clone()).collect(),
            keys: policy.approvers.iter().map(|approver| approver.key).collect(),
            recorded: recorded.is_some() && recorded != by.train.policy.as_ref(),
        }),
        // What is there for the first time changes nothing.
        changed: recorded.map_or_else(Vec::new, |recorded| changed(recorded, policy)),
        binding: [policy, recorded].into_iter().flatten().any(|policy| policy.binding),
        unrecorded: recorded != policy,
    });
    plan.id = plan.content_id();
    plan
}

/// Adds what the train's own rules have found.
#[must_use]
pub fn ruled(mut plan: Plan, verdict: &Verdict) -> Plan {
    let Some(review) = &mut plan.policy else { return plan };
    for (rule, denies) in &verdict.asked {
        let found = verdict.findings.iter().filter(|finding| finding.rule == *rule);
        let details: Vec<String> = found.map(|finding| finding.message.clone()).collect();
        let outcome = match (details.is_empty(), denies) {
            (true, _) => CheckOutcome::Pass,
            (false, true) => CheckOutcome::Fail,
            (false, false) => CheckOutcome::Warn,
        };
        review.checks.push(check(
            rule,
            outcome,
            "",
            match details.len() {
                0 => "nothing".to_owned(),
                1 => details[0].clone(),
                many => format!("{many} findings"),
            },
            if details.len() > 1 { details } else { Vec::new() },
        ));
    }
    let stray = |rule: &str| !verdict.asked.iter().any(|(asked, _)| asked == rule);
    for finding in verdict.findings.iter().filter(|finding| stray(&finding.rule)) {
        review.checks.push(check(&finding.rule, CheckOutcome::Fail, "", finding.message.clone(), Vec::new()));
    }
    plan.id = plan.content_id();
    plan
}

/// Tells what of a policy another one states otherwise.
fn changed(from: &Policy, to: Option<&Policy>) -> Vec<PolicyChange> {
    let (old, new) = (from.rules(), to.map(Policy::rules).unwrap_or_default());
    let keys: BTreeSet<&str> = old.iter().chain(&new).map(|(key, _)| *key).collect();
    let of = |rules: &[(&'static str, String)], key: &str| {
        rules.iter().find(|(known, _)| *known == key).map(|(_, value)| value.clone())
    };
    let change = |key: &str| PolicyChange { rule: key.to_owned(), from: of(&old, key), to: of(&new, key) };
    keys.into_iter().map(change).filter(|change| change.from != change.to).collect()
}

fn check(
    rule: &str,
    outcome: CheckOutcome,
    limit: impl Into<String>,
    found: impl Into<String>,
    mut details: Vec<String>,
) -> Check {
    if details.len() > TOLD {
        let more = details.len() - TOLD;
        details.truncate(TOLD);
        details.push(format!("... and {more} more"));
    }
    Check { rule: rule.to_owned(), outcome, limit: limit.into(), found: found.into(), details }
}

fn passes(fine: bool) -> CheckOutcome {
    if fine { CheckOutcome::Pass } else { CheckOutcome::Fail }
}

fn checks(plan: &Plan, policy: &Policy, by: &Reviewed<'_>) -> Vec<Check> {
    let touched = touched(plan);
    let mut checks = Vec::new();
    if let Some(limit) = policy.max_instances {
        let fine = touched.len() <= limit;
        let found = instances(touched.len());
        checks.push(check(
            "max_instances",
            passes(fine),
            format!("at most {}", instances(limit)),
            found,
            Vec::new(),
        ));
    }
    checks.extend(policy.max_change.map(|limit| share(plan, by.state, &touched, limit)));
    checks.extend(policy.max_security_lag.map(|limit| security_lag(plan, limit, by)));
    if !policy.forbid.is_empty() {
        checks.push(forbidden(plan, policy, by));
    }
    checks.extend(policy.require_soak.map(|limit| soaks(by.train, limit)));
    checks.extend(
        policy.freeze_periods.as_ref().map(|periods| frozen(plan, policy, &periods.to_string(), by.now)),
    );
    checks.extend(policy.min_conformance_before_next.map(|limit| conformance(plan, by.state, limit)));
    checks
}

/// Returns whom a plan does anything to.
fn touched(plan: &Plan) -> BTreeSet<&Ocid> {
    let mut touched: BTreeSet<&Ocid> = plan.cohorts.iter().flat_map(|cohort| &cohort.instances).collect();
    touched.extend(plan.patches.iter().flat_map(|patch| &patch.instances));
    for change in &plan.changes {
        match &change.detail {
            ChangeDetail::Group { joins, leaves, .. } => touched.extend(joins.iter().chain(leaves)),
            ChangeDetail::DeleteGroup { leaves } => touched.extend(leaves),
            _ => {}
        }
    }
    // What runs counts, whatever is told of it.
    for op in ops(plan) {
        touched.extend(op.instance());
        touched.extend(op.crew().map_or(&[][..], |(_, instances)| instances));
        if let Op::Dismiss { instances, .. } = op {
            touched.extend(instances);
        }
    }
    touched
}

/// Returns what is asked of the service and changes something.
fn ops(plan: &Plan) -> impl Iterator<Item = &Op> {
    plan.steps.iter().filter_map(|step| match &step.action {
        Action::Act { op: Op::Refresh { .. } | Op::RefreshInstance { .. } } => None,
        Action::Act { op } => Some(op),
        Action::Verify { .. } | Action::Gate { .. } => None,
    })
}

/// Returns whom an op takes to a release, and to which.
fn taken(op: &Op) -> Option<(&[Ocid], &ReleaseName)> {
    match op {
        Op::Switch { instance, to, .. } => Some((std::slice::from_ref(instance), &to.release)),
        Op::Attach { source, instances, .. } | Op::Enroll { source, instances, .. } => {
            Some((instances, &source.release))
        }
        _ => None,
    }
}

/// Returns between which releases instances move, as the plan tells and as the state and the steps say, each with how the two
/// differ by their manifests; none where one of them is not declared.
fn deltas<'a>(
    plan: &'a Plan,
    by: &Reviewed<'a>,
) -> BTreeMap<(&'a ReleaseName, &'a ReleaseName), Option<Delta>> {
    let told = plan.moves.iter().map(|step| (&step.from, &step.to));
    let done = ops(plan).filter_map(taken).flat_map(|(instances, to)| {
        let ridden = instances.iter().filter_map(|id| by.state.instances.get(id)?.release.as_ref());
        ridden.filter(move |from| *from != to).map(move |from| (from, to))
    });
    let pairs: BTreeSet<(&ReleaseName, &ReleaseName)> = told.chain(done).collect();
    let delta = |(from, to)| {
        let (old, new) = by.train.release(from).zip(by.train.release(to))?;
        Some(Delta::knowing(old.packages(), new.packages(), &Lore::of(&old.manifest, &new.manifest)))
    };
    pairs.into_iter().map(|pair| (pair, delta(pair))).collect()
}

fn instances(number: usize) -> String {
    if number == 1 { "1 instance".to_owned() } else { format!("{number} instances") }
}

/// How many in a hundred, rounded down.
fn percent(part: usize, whole: usize) -> usize {
    part.saturating_mul(100).checked_div(whole).unwrap_or(100)
}

fn share(plan: &Plan, state: &State, touched: &BTreeSet<&Ocid>, limit: u8) -> Check {
    // A plan of a part tells of its own groups only.
    let members = plan.groups.iter().fold(0_usize, |sum, group| sum.saturating_add(group.members));
    let (part, whole) = (touched.len(), members.max(state.instances.len()).max(touched.len()));
    let fine = part.saturating_mul(100) <= whole.saturating_mul(usize::from(limit));
    // Nobody is told that 30 % are more than 30 %.
    let shown = if fine { percent(part, whole) } else { part.saturating_mul(100).div_ceil(whole.max(1)) };
    let found =
        if part == 0 { "nobody".to_owned() } else { format!("{shown}% ({part} of {})", instances(whole)) };
    check("max_change", passes(fine), format!("at most {limit}% of the instances"), found, Vec::new())
}

fn security_lag(plan: &Plan, limit: SignedDuration, by: &Reviewed<'_>) -> Check {
    let rule = "max_security_lag";
    let asked = format!("no security update out for more than {} is lacking", span_words(limit));
    let targets: BTreeSet<&ReleaseName> = plan.cohorts.iter().map(|cohort| &cohort.to).collect();
    if targets.is_empty() {
        return check(rule, CheckOutcome::Pass, asked, "nobody is moved", Vec::new());
    }
    let Some(book) = by.book else {
        let found = "no advisories were asked: --advisories FILE, or --advisories service";
        return check(rule, CheckOutcome::Fail, asked, found, Vec::new());
    };
    let mut oldest: Option<SignedDuration> = None;
    let mut details = Vec::new();
    for release in targets {
        let Some(release) = by.train.release(release) else { continue };
        let open = book.open_in(release.packages(), &Streams::of_manifest(&release.manifest));
        for open in open.iter().filter(|open| open.advisory.kind == UpdateKind::Security) {
            let Some(issued) = open.advisory.issued else { continue };
            let lag = by.now.duration_since(issued);
            oldest = oldest.max(Some(lag));
            if lag > limit {
                let (name, id) = (&release.name, &open.advisory.id);
                details.push((lag, format!("{name} lacks {id}, out for {}", span_words(lag))));
            }
        }
    }
    details.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let found = oldest.map_or_else(
        || "none is lacking".to_owned(),
        |lag| format!("one has been out for {}", span_words(lag)),
    );
    let details: Vec<String> = details.into_iter().map(|(_, text)| text).collect();
    check(rule, passes(details.is_empty()), asked, found, details)
}

fn forbidden(plan: &Plan, policy: &Policy, by: &Reviewed<'_>) -> Check {
    let mut details = BTreeSet::new();
    let about = |deed: Deed, package: &Package| {
        policy.forbid.iter().any(|rule| rule.deed == deed && rule.is_about(package.name()))
    };
    let packages = policy.forbid.iter().any(|rule| rule.deed.has_packages());
    for ((from, to), delta) in deltas(plan, by).into_iter().filter(|_| packages) {
        let Some(delta) = delta else {
            let unknown = if by.train.release(from).is_none() { from } else { to };
            details.insert(format!(
                "{from} -> {to}: nobody knows what differs, since {unknown} is not declared; declare it, with `retired = true`"
            ));
            continue;
        };
        for entry in &delta.entries {
            let (Some(key), Some(deed)) = (entry.key(), deed(entry.kind)) else { continue };
            if about(deed, &key) {
                let packages = entry.old.iter().chain(&entry.new).map(|package| package.as_str());
                let packages: Vec<&str> = packages.collect();
                details.insert(format!("{}: {from} -> {to}: {}", deed.word(), packages.join(", ")));
            }
        }
    }
    for exact in &plan.exact {
        let back = exact.back.iter().map(|lag| (Deed::Downgrade, &lag.installed));
        let gone = exact.remove.iter().map(|package| (Deed::Removal, package));
        let new = exact.add.iter().map(|package| (Deed::Addition, package));
        for (deed, package) in back.chain(gone).chain(new).filter(|(deed, package)| about(*deed, package)) {
            details.insert(format!("{}: group.{}: {}", deed.word(), exact.group, package.as_str()));
        }
    }
    let whole = |deed: Deed| policy.forbid.iter().any(|rule| rule.deed == deed);
    let streams = plan.patches.iter().flat_map(|patch| &patch.streams);
    for step in streams.filter(|step| step.from.is_some()) {
        let module = step.to.to_string();
        let name = module.split(':').next().unwrap_or_default();
        if policy.forbid.iter().any(|rule| rule.deed == Deed::StreamChange && rule.is_about(name)) {
            details.insert(format!("{}: {module}", Deed::StreamChange.word()));
        }
    }
    let boots =
        plan.steps.iter().filter(|step| matches!(&step.action, Action::Act { op: Op::Reboot { .. } }));
    let mut booted: BTreeMap<Option<&GroupName>, usize> = BTreeMap::new();
    for step in boots.filter(|_| whole(Deed::Reboot)) {
        *booted.entry(step.group.as_ref()).or_default() += 1;
    }
    details.extend(booted.into_iter().map(|(group, many)| match group {
        Some(group) => format!("reboot: group.{group}: {}", instances(many)),
        None => format!("reboot: {}", instances(many)),
    }));
    if whole(Deed::Destroy) {
        let destroys = plan.changes.iter().filter(|change| change.action == ChangeAction::Destroy);
        details.extend(destroys.map(|change| format!("destroy: {}", destroyed(&change.address))));
        // What is made anew is deleted, too.
        let deletes = plan.steps.iter().filter(|step| match &step.action {
            Action::Act { op } => matches!(
                op,
                Op::DeleteSource { .. }
                    | Op::DeleteGroup { .. }
                    | Op::DeleteSchedule { .. }
                    | Op::DeleteProfile { .. }
            ),
            Action::Verify { .. } | Action::Gate { .. } => false,
        });
        details.extend(deletes.map(|step| format!("destroy: {}", destroyed(&step.address))));
    }
    let asked: Vec<String> = policy.forbid.iter().map(ToString::to_string).collect();
    let found = match details.len() {
        0 => "none of it".to_owned(),
        1 => details.first().cloned().unwrap_or_default(),
        many => format!("{many} of it"),
    };
    let (fine, single) = (details.is_empty(), details.len() == 1);
    let details = if single { Vec::new() } else { details.into_iter().collect() };
    check("forbid", passes(fine), format!("no {}", asked.join(", no ")), found, details)
}

fn destroyed(address: &Address) -> String {
    match address {
        Address::Release(name) => format!("release.{name}"),
        Address::Group(name) => format!("group.{name}"),
        Address::Schedule(name) => format!("schedule.{name}"),
        Address::Profile(name) => format!("profile.{name}"),
        Address::Instance(id) => format!("instance.{id}"),
    }
}

fn deed(kind: DeltaKind) -> Option<Deed> {
    match kind {
        DeltaKind::Downgraded => Some(Deed::Downgrade),
        DeltaKind::StreamChanged => Some(Deed::StreamChange),
        DeltaKind::Removed => Some(Deed::Removal),
        DeltaKind::Added => Some(Deed::Addition),
        DeltaKind::Renamed | DeltaKind::SetChanged | DeltaKind::Upgraded => None,
    }
}

fn soaks(train: &Train, limit: SignedDuration) -> Check {
    let short = |soak: Option<SignedDuration>| soak.is_none_or(|soak| soak < limit);
    let told = |soak: Option<SignedDuration>| soak.map_or_else(|| "none".to_owned(), span_words);
    let mut details = Vec::new();
    for group in &train.groups {
        if !group.after.is_empty() && short(group.pace.soak) {
            details.push(format!("group.{}: soak is {}", group.name, told(group.pace.soak)));
        }
        if !group.pace.waves.is_empty() && short(group.pace.wave_soak) {
            details.push(format!("group.{}: wave_soak is {}", group.name, told(group.pace.wave_soak)));
        }
    }
    if train.groups.len() > 1 && train.groups.iter().all(|group| group.after.is_empty()) {
        details.push("no group goes after another, so that nobody waits for a soak".to_owned());
    }
    let found = match details.as_slice() {
        [] => "all groups do".to_owned(),
        [one] => one.clone(),
        many => format!("{} do not", many.len()),
    };
    let asked = format!("groups soak for {} behind others, and between waves", span_words(limit));
    let fine = details.is_empty();
    check("require_soak", passes(fine), asked, found, if details.len() > 1 { details } else { Vec::new() })
}

fn frozen(plan: &Plan, policy: &Policy, periods: &str, now: Timestamp) -> Check {
    let frozen = policy.frozen(now).filter(|_| plan.changes_anything());
    let found = match frozen {
        None if plan.changes_anything() => "it is none of them".to_owned(),
        None => "nothing is changed".to_owned(),
        Some(Some(until)) => format!("it is one of them, until {until:.0}"),
        Some(None) => "it is one of them".to_owned(),
    };
    check("freeze_periods", passes(frozen.is_none()), format!("nothing on {periods}"), found, Vec::new())
}

fn conformance(plan: &Plan, state: &State, limit: u8) -> Check {
    let asked = format!("{limit}% at the level of what they ride, before anybody moves on");
    let rule = "min_conformance_before_next";
    // Whoever goes on with a move that his group has begun does not begin another.
    let begun = |group: &GroupName, to: &ReleaseName| {
        state.rollouts.get(group).is_some_and(|rollout| rollout.is_to(to))
            || state
                .groups
                .iter()
                .any(|(name, bound)| name.is_of(group) && bound.release.as_ref() == Some(to))
    };
    let moves_on = |group: Option<&GroupName>, instances: &[Ocid], to: &ReleaseName| {
        let records = instances.iter().filter_map(|id| state.instances.get(id));
        let mut others = records.filter(|record| record.release.as_ref().is_some_and(|rides| rides != to));
        let goes_on = group.filter(|group| begun(group, to));
        others.any(|record| goes_on.is_none_or(|group| !record.group.is_of(group)))
    };
    let told = plan.cohorts.iter().any(|cohort| moves_on(Some(&cohort.group), &cohort.instances, &cohort.to));
    let done = || {
        let mut acts = plan.steps.iter().filter_map(|step| match &step.action {
            Action::Act { op } => taken(op).map(|taken| (step.group.as_ref(), taken)),
            Action::Verify { .. } | Action::Gate { .. } => None,
        });
        acts.any(|(group, (instances, to))| moves_on(group, instances, to))
    };
    if !told && !done() {
        return check(rule, CheckOutcome::Pass, asked, "nobody moves on", Vec::new());
    }
    let riding = state.instances.values().filter_map(|record| Some((record, record.release.as_ref()?)));
    let (mut whole, mut level) = (0_usize, 0_usize);
    for (record, release) in riding {
        whole += 1;
        level += usize::from(record.at_level.as_ref().is_some_and(|level| level.release == *release));
    }
    let fine = level.saturating_mul(100) >= whole.saturating_mul(usize::from(limit));
    let found = format!("{}% ({level} of {})", percent(level, whole), instances(whole));
    check(rule, passes(fine), asked, found, Vec::new())
}
