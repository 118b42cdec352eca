//! The train's policy at work: a plan is held against it when it is made, and once more before it is applied, with the
//! approvals that it takes. What a saved plan says of itself is not believed: whoever can write the file could write that
//! all is well.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use super::{CliError, exit};
use crate::advisory::Advisories;
use crate::plan::{self, Check, CheckOutcome, Plan, Reviewed};
use crate::policy::{Approval, Policy, rego};
use crate::render::{self, PlanFormat};
use crate::rollout::span_words;
use crate::state::{Approved, Consent, Overridden, State};
use crate::train::Train;

/// The rule that only advisories can judge, which are not asked again when a saved plan is applied.
const LAG: &str = "max_security_lag";

/// The rule that is asked of the day on which a plan is applied.
const FREEZE: &str = "freeze_periods";

/// How far the clocks of two machines may be apart.
const CLOCKS: SignedDuration = SignedDuration::from_mins(10);

/// Holds a plan against its train's policy, its own rules in Rego included.
pub(super) fn reviewed(plan: Plan, of: (&Train, &State), book: Option<&Advisories>) -> Plan {
    judged(plan, of, book, None)
}

/// As [`reviewed`], by what is known of the lag behind advisories already.
fn judged(
    plan: Plan,
    (train, state): (&Train, &State),
    book: Option<&Advisories>,
    lag: Option<&Check>,
) -> Plan {
    let now = plan.created;
    let mut plan = plan::reviewed(plan, &Reviewed { train, state, now, book });
    for check in plan.policy.iter_mut().flat_map(|review| &mut review.checks) {
        if let Some(lag) = lag.filter(|lag| lag.rule == check.rule) {
            check.clone_from(lag);
        }
    }
    match train.policy.as_ref().map(|policy| &policy.rego) {
        Some(modules) if !modules.is_empty() => {
            let document = render::plan_as(&plan, &PlanFormat::Json);
            plan::ruled(plan, &rego::evaluate(modules, &document))
        }
        _ => plan,
    }
}

/// Says that a plan breaks rules, and which.
pub(super) fn denied(plan: &Plan) -> CliError {
    let review = plan.policy.iter();
    let failures: Vec<&Check> = review.flat_map(plan::PolicyReview::failures).collect();
    let binding = plan.policy.as_ref().is_some_and(|review| review.binding);
    refusal(plan, &failures, binding, By::Apply)
}

fn refusal(plan: &Plan, failures: &[&Check], binding: bool, by: By) -> CliError {
    let rules = match failures.len() {
        1 => "a rule".to_owned(),
        many => format!("{many} rules"),
    };
    let message = format!("the plan breaks {rules} of the policy of train `{}`", plan.basis.train);
    let told = failures.iter().fold(CliError::new(exit::REFUSED, message), |error, failure| {
        let asked = if failure.limit.is_empty() { String::new() } else { format!("{}; ", failure.limit) };
        let details = failure.details.iter().map(|detail| format!("\n{detail}")).collect::<String>();
        let found = &failure.found;
        let told = format!("{}: {asked}found: {found}{details}", failure.rule);
        error.cause(told.lines().map(render::clean).collect::<Vec<_>>().join("\n"))
    });
    let told =
        told.hint("change the train file so that a plan keeps to its policy: in smaller steps, for instance");
    // Nobody but `apply` waits.
    let told = match by == By::Apply && failures.iter().any(|failure| failure.rule == FREEZE) {
        true => told.hint("or wait for the end of the freeze, as `patchtrain apply --wait` does"),
        false => told,
    };
    match (binding, by) {
        (true, _) => told.hint("the policy says `override = false`: nothing sets it aside"),
        (false, By::Apply) => told.hint("or `patchtrain apply --override REASON`, which is written down"),
        (false, By::Update) => told.hint("or `patchtrain update --override REASON`, which is written down"),
        (false, By::Import) => told.hint(
            "or declare it as `[[import]]` in the train file, and `patchtrain apply --override REASON`, which is written down",
        ),
    }
}

/// The command by which a plan is to be applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum By {
    /// What the train declares.
    #[default]
    Apply,
    /// Updates by hand.
    Update,
    /// Something is taken over by hand.
    Import,
}

/// What somebody says who wants a plan applied.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Word<'a> {
    /// What they run.
    pub(super) by: By,
    /// The file of a saved plan.
    pub(super) file: Option<&'a Path>,
    /// Files of approvals besides the one beside it.
    pub(super) approvals: &'a [PathBuf],
    /// Why the policy is to be set aside.
    pub(super) reason: Option<&'a str>,
    /// How old a saved plan may be.
    pub(super) max_age: Option<SignedDuration>,
    /// Whether they wait for what ends by itself.
    pub(super) waits: bool,
}

/// Says by whose word a plan may be applied now, or why it may not be.
///
/// A plan that has begun goes on by the word that it began by, as often as its gates need; only a freeze stops it.
pub(super) fn consent(
    plan: &Plan,
    (train, state): (&Train, &State),
    now: Timestamp,
    word: &Word<'_>,
) -> Result<Consent, CliError> {
    as_the_train_says(plan, (train, state), word)?;
    let begun = state.last_plan.as_ref().is_some_and(|run| run.id == plan.id);
    let policy = train.policy.as_ref();
    if !begun {
        fresh_enough(plan, policy, now, word)?;
    }
    let failures = if begun { Vec::new() } else { failures(plan, (train, state)) };
    let frozen = policy.and_then(|policy| policy.frozen(now)).filter(|_| plan.changes_anything());
    // Whoever waits for its end does nothing until then: each step is asked for once more.
    let frozen = frozen.filter(|until| !word.waits || until.is_none() || word.reason.is_some());
    let periods = policy.and_then(|policy| policy.freeze_periods.as_ref());
    let frozen = frozen.map(|until| Check {
        rule: FREEZE.to_owned(),
        outcome: CheckOutcome::Fail,
        limit: periods.map_or_else(String::new, |periods| format!("nothing on {periods}")),
        found: until.map_or_else(
            || "it is one of them".to_owned(),
            |until| format!("it is one of them, until {until:.0}"),
        ),
        details: Vec::new(),
    });
    let broken: Vec<&Check> = failures.iter().chain(&frozen).collect();
    let overridden = match (broken.is_empty(), word.reason) {
        (true, _) => None,
        (false, reason) => {
            let binding = [policy, state.policy.as_ref()].into_iter().flatten().any(|policy| policy.binding);
            match reason.filter(|_| !binding) {
                None => return Err(refusal(plan, &broken, binding, word.by)),
                Some(reason) => Some(Overridden {
                    reason: reason.to_owned(),
                    broken: broken.iter().map(|failure| failure.rule.clone()).collect(),
                }),
            }
        }
    };
    let approvals = if begun { Vec::new() } else { approvals(plan, (train, state), word)? };
    Ok(Consent { approvals, overridden })
}

/// Refuses a saved plan that tells of another policy than the train has: that one would be put on record.
fn as_the_train_says(plan: &Plan, (train, state): (&Train, &State), word: &Word<'_>) -> Result<(), CliError> {
    let Some(file) = word.file else { return Ok(()) };
    let stated = plan.policy.as_ref().and_then(|review| review.policy.as_ref());
    let reviewed = plan.policy.is_some() || (train.policy.is_none() && state.policy.is_none());
    if reviewed && stated == train.policy.as_ref() {
        return Ok(());
    }
    let message = format!("the plan {} tells of another policy than the train file has", file.display());
    Err(CliError::new(exit::REFUSED, message).hint("make a new one with `patchtrain plan --out FILE`"))
}

fn fresh_enough(
    plan: &Plan,
    policy: Option<&Policy>,
    now: Timestamp,
    word: &Word<'_>,
) -> Result<(), CliError> {
    let Some(file) = word.file else { return Ok(()) };
    if plan.created.duration_since(now) > CLOCKS {
        let message =
            format!("the plan {} is of {:.0}, which is still to come", file.display(), plan.created);
        return Err(CliError::new(exit::REFUSED, message).hint(
            "make a new one with `patchtrain plan --out FILE`, and compare the clocks of the machines",
        ));
    }
    let limits = [word.max_age, policy.and_then(|policy| policy.max_age)];
    let Some(limit) = limits.into_iter().flatten().min() else { return Ok(()) };
    let age = now.duration_since(plan.created);
    if age <= limit {
        return Ok(());
    }
    let message = format!(
        "the plan {} is too old: made {} ago, and {} is what it may be",
        file.display(),
        span_words(age),
        span_words(limit)
    );
    Err(CliError::new(exit::REFUSED, message).hint("make a new one with `patchtrain plan --out FILE`"))
}

/// Returns the rules that a plan breaks by what is known here. What only advisories tell is taken from the plan.
fn failures(plan: &Plan, of: (&Train, &State)) -> Vec<Check> {
    let lag = plan.policy.iter().flat_map(|review| &review.checks).find(|check| check.rule == LAG);
    let again = judged(Plan { policy: None, ..plan.clone() }, of, None, lag);
    let checks = again.policy.into_iter().flat_map(|review| review.checks);
    checks.filter(|check| check.outcome == CheckOutcome::Fail && check.rule != FREEZE).collect()
}

/// Collects the approvals that a plan has, if they are as many as the policy on record asks for.
fn approvals(
    plan: &Plan,
    (train, state): (&Train, &State),
    word: &Word<'_>,
) -> Result<Vec<Approved>, CliError> {
    let Some(policy) = plan::governing(train, state).filter(|policy| policy.approvals > 0) else {
        return Ok(Vec::new());
    };
    let needed = match policy.approvals {
        1 => "1 approval".to_owned(),
        many => format!("{many} approvals"),
    };
    let names: Vec<&str> = policy.approvers.iter().map(|approver| approver.name.as_str()).collect();
    let under = match state.policy.as_ref() {
        Some(recorded) if train.policy.as_ref() != Some(recorded) => {
            "under the policy on record, which the train file's is to replace, "
        }
        _ => "",
    };
    let Some(file) = word.file else {
        let message = format!("{under}{needed} are needed, and only a saved plan can have them");
        return Err(CliError::new(exit::REFUSED, message)
            .cause(format!("approvers are {}", render::clean(&names.join(", "))))
            .hint(match word.by {
                By::Apply => "save it with `patchtrain plan --out FILE`, have it approved with `patchtrain approve FILE --key KEY`, and run `patchtrain apply FILE`",
                By::Update => "updates by hand cannot be approved: declare in the train file what they are to bring, and have its plan approved",
                By::Import => "declare it as `[[import]]` in the train file, and have its plan approved: `patchtrain plan --out FILE`",
            }));
    };
    let beside = beside(file);
    let mut found: Vec<Approved> = Vec::new();
    let mut useless = Vec::new();
    let own = beside.exists().then_some(&beside);
    for path in own.into_iter().chain(word.approvals) {
        for approval in read(path)? {
            let Approval { name, at, key, .. } = &approval;
            let approver = policy.approver(key);
            match (approval.check(train.name.as_str(), &plan.id.0), approver) {
                (Err(error), _) => useless.push(format!("the approval by {name} {error}")),
                (Ok(()), None) => {
                    useless.push(format!("the approval by {name} ({key}) is of nobody who is an approver"));
                }
                (Ok(()), Some(approver)) if !found.iter().any(|known| known.key == *key) => {
                    found.push(Approved { name: approver.name.clone(), at: *at, key: *key });
                }
                // Whoever signs twice is one.
                (Ok(()), Some(_)) => {}
            }
        }
    }
    if found.len() >= policy.approvals {
        return Ok(found);
    }
    let missing: Vec<&str> = policy
        .approvers
        .iter()
        .filter(|approver| !found.iter().any(|known| known.key == approver.key))
        .map(|approver| approver.name.as_str())
        .collect();
    let message = format!(
        "the plan {} is not approved: {under}{needed} are needed, and it has {}",
        file.display(),
        found.len()
    );
    let error = CliError::new(exit::REFUSED, message)
        .cause(format!("who can approve it yet: {}", render::clean(&missing.join(", "))));
    // What others wrote is shown as it is safe to.
    let useless = useless.iter().map(|told| render::clean(told));
    let error = useless.fold(error, CliError::cause);
    Err(error.hint(format!(
        "they run `patchtrain approve {} --key KEY`, having looked at `patchtrain show {0}`",
        file.display()
    )))
}

/// Returns where the approvals of a plan are kept.
pub(super) fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".approvals");
    PathBuf::from(name)
}

/// Reads a file of approvals, one a line.
pub(super) fn read(path: &Path) -> Result<Vec<Approval>, CliError> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        CliError::of(exit::ERROR, &error)
            .while_doing(format!("the approvals {} cannot be read", path.display()))
    })?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let parsed = lines.map(|(index, line)| {
        serde_json::from_str(line).map_err(|error| {
            let message = format!("{}:{}: this is no approval: {error}", path.display(), index + 1);
            CliError::new(exit::REFUSED, message)
                .hint("take the line out, and have the plan approved again by whoever it was of")
        })
    });
    parsed.collect()
}
