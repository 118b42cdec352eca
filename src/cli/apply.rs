//! `patchtrain apply`: plans, shows, asks and executes, or executes a saved plan.
//!
//! The state is locked before anything is planned, so that what is shown is what runs. Choices are the planner's and
//! safety the executor's; here is who is asked, and what is said afterwards.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::args::Apply as Arguments;
use super::connect::{Connection, Connector};
use super::context::Context;
use super::look::{self, Manner};
use super::notify::Notifier;
use super::policy::{self, By, Word};
use super::prompt;
use super::signals::unless_interrupted;
use super::{CliError, basis, each, exit, health, inventory, lock as locks, own_state, stream, write};
use crate::apply::{ApplyError, Event, Interrupt, Outcome, Run, Settings, apply};
use crate::cloud::Cloud;
use crate::plan::{self, DriftKind, Plan};
use crate::render::{self, Bars, Detail, Lines, Repeat, RunStream};
use crate::seal::Sealing;
use crate::state::store::{Session, StoreError, state_text};
use crate::state::{Consent, State};
use crate::train::{Notify, Train};

/// Applies the saved plan, or each selected train.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    if let Some(file) = &arguments.file {
        return saved(context, arguments, file);
    }
    if !arguments.auto_approve && arguments.json {
        return Err(CliError::usage("--json asks nobody for approval")
            .hint("apply a plan that is saved, `patchtrain apply --json FILE`, or add --auto-approve"));
    }
    if !arguments.auto_approve && !context.terminal.can_ask {
        return Err(CliError::usage("there is no terminal to ask for approval on")
            .hint("save a plan with `patchtrain plan --out FILE`, have it reviewed, and run `patchtrain apply FILE`")
            .hint("or approve whatever the plan will be, with --auto-approve"));
    }
    let trains = context.workspace.trains(&arguments.selection.train)?;
    let manner =
        Manner::of(&arguments.parallelism, &arguments.planning).aiming(&arguments.targets, &trains)?;
    let manner = manner.told_by(&arguments.repodata);
    context.block_on(async |interrupt| {
        let mut connector = Connector::new(context, &arguments.parallelism)?;
        let code = each::train(context, &trains, async |train| {
            fresh(context, arguments, manner, &mut connector, &interrupt, train).await
        })
        .await;
        Ok(code)
    })
}

/// Plans a train under its lock, shows the plan, asks, and executes it.
async fn fresh(
    context: &Context,
    arguments: &Arguments,
    manner: Manner<'_>,
    connector: &mut Connector<'_>,
    interrupt: &Interrupt,
    train: &Train,
) -> Result<u8, CliError> {
    let (session, state) = locks::take(context, interrupt, train, &arguments.locking).await?;
    let state = context.own_state(train, state, interrupt).await?;
    let connection = connector.connect(train, interrupt).await?;
    let seen = (connection.clock)();
    let mut observed = look::observe(context, interrupt, &connection, (train, &state), manner.calls).await?;
    look::ask_repositories(context, interrupt, train, &mut observed, manner.repodata).await?;
    inventory::keep(context, interrupt, (train, &state), &connection, (&observed, seen)).await;
    let plan = look::planned(&connection, (train, &state), &observed, manner)?;
    let (wanted, calls) = (&arguments.advisories, manner.calls);
    let plan = look::judged(context, interrupt, &connection, (train, &state, plan), wanted, calls).await?;
    let style = context.terminal.style(arguments.amount.detail());
    context.terminal.print(&render::plan(&plan, style))?;
    stream::planned(context, &plan)?;
    let reason = arguments.overriding.reason.as_deref();
    let word = Word { reason, waits: arguments.wait, ..Word::default() };
    if !(plan.can_start() || arguments.wait && plan.waits_for_time()) {
        // Levels that were left are recorded all the same, or soaks would go on from them. That changes nothing in
        // the service and takes nobody's approval; without steps nothing else can happen.
        let left = plan.drift.iter().any(|drift| matches!(drift.kind, DriftKind::LeftLevel { .. }));
        let record = plan.recording();
        // Another policy is recorded too, by whoever may.
        let another = plan.policy.as_ref().is_some_and(|review| review.policy != state.policy);
        let consent = match another {
            true => policy::consent(&plan, (train, &state), plan.created, &word).map(Some),
            false => Ok(None),
        };
        let record = match &consent {
            Ok(Some(_)) => Plan { policy: plan.policy.clone(), ..record },
            _ => record,
        };
        if let Err(error) = &consent {
            let error = error.clone().of_train(&train.name);
            context.terminal.note(&error.while_doing("the train file's policy is not on record yet"));
        }
        if left || !record.steps.is_empty() || record.policy.is_some() {
            let run = run_of(context, arguments.parallelism.calls(), interrupt, &connection, &record);
            let run = Run { consent: consent.ok().flatten().unwrap_or_default(), ..run };
            apply(&record, connection.cloud.clone(), session, state, run, |_| ()).await?;
            if let Some(state) = context.state(train, interrupt).await? {
                inventory::keep(context, interrupt, (train, &state), &connection, (&observed, seen)).await;
            }
        }
        context.terminal.say(if plan.held.is_empty() {
            "\nThere is nothing to do."
        } else {
            "\nThere is nothing that could be done now."
        });
        // CI that runs again must not take a rollout that has stopped for one that went well.
        if plan.has_stopped() {
            return Ok(exit::PARTIAL);
        }
        return Ok(held_code(arguments.detailed_exitcode, !plan.held.is_empty()));
    }
    let consent = policy::consent(&plan, (train, &state), plan.created, &word)?;
    // Bars begin with an empty line of their own.
    if !arguments.auto_approve || !context.terminal.can_draw {
        context.terminal.say("");
    }
    if !arguments.auto_approve && !prompt::approved(context, interrupt, &plan).await? {
        return Err(CliError::new(exit::ERROR, "apply was not approved; nothing was changed"));
    }
    let connection = connection.watched();
    let manners = Manners { consent, ..Manners::of(arguments, train) };
    let code = execute(context, &manners, interrupt, &connection, &plan, session, state).await?;
    if code != exit::INTERRUPTED {
        let (of, known) = ((train, &plan), Some((observed, seen)));
        inventory::keep_after(context, interrupt, &connection, of, known, manner.calls).await;
    }
    Ok(code)
}

/// How a run is carried out and told of.
pub(super) struct Manners {
    /// API calls in flight.
    pub(super) calls: usize,
    /// How much is shown of how it went.
    pub(super) detail: Detail,
    /// Whether the exit code says that something is held.
    pub(super) detailed_exitcode: bool,
    /// Whether it waits for soaks and windows.
    pub(super) wait: bool,
    /// Who is told of the run.
    pub(super) notify: Option<Notify>,
    /// By whose word it goes on.
    pub(super) consent: Consent,
}

impl Manners {
    fn of(arguments: &Arguments, train: &Train) -> Self {
        Self {
            calls: arguments.parallelism.calls(),
            detail: arguments.amount.detail(),
            detailed_exitcode: arguments.detailed_exitcode,
            wait: arguments.wait,
            notify: train.notify.clone(),
            consent: Consent::default(),
        }
    }
}

/// Executes a saved plan, if it still fits.
fn saved(context: &Context, arguments: &Arguments, file: &Path) -> Result<u8, CliError> {
    let stale = |why: String| {
        CliError::new(exit::REFUSED, format!("the plan {} is stale: {why}", file.display()))
            .hint("make a new one with `patchtrain plan --out FILE`")
    };
    let read = plan::read(file)?;
    let sealed_for = read.sealed_for().map(|(train, _)| train.to_owned());
    // What is no plan is told so before it is looked for whom it is.
    let (plain, sealed) = match sealed_for {
        None => (Some(read.open(&Sealing::none())?), None),
        Some(_) => (None, Some(read)),
    };
    let trains = context.workspace.trains(&[])?;
    let of = |name: &str| {
        let train = trains.iter().find(|train| train.name.as_str() == name);
        train.ok_or_else(|| stale(format!("it is for train `{name}`, which is not in trains/")))
    };
    // What a plan says of itself before it is opened decides nothing but with what it is opened.
    let sealed_for = sealed_for.as_deref().map(of).transpose()?;
    let sealing = sealed_for.map_or_else(|| Ok(Sealing::none()), |train| context.sealing(train))?;
    let opened = sealed.map(|read| read.open(&sealing)).transpose()?;
    let Some(plan) = plain.or(opened) else { return Err(stale("it holds nothing".to_owned())) };
    let train = of(plan.basis.train.as_str())?;
    if sealed_for.is_none() && context.sealing(train)?.is_enforced() {
        return Err(plain_plan(file, train).of_train(&train.name));
    }
    let ended = context.block_on(async |interrupt| {
        let (session, state) = locks::take(context, &interrupt, train, &arguments.locking).await?;
        if let Some(why) =
            basis::state_moved(&plan, state.as_ref()).or_else(|| basis::train_changed(&plan, train))
        {
            return Err(stale(why));
        }
        if let Some(why) = plan::contradiction(&plan, train) {
            let message = format!("the plan {} does not say what the train says: {why}", file.display());
            return Err(CliError::new(exit::REFUSED, message).hint(
                "make a new one with `patchtrain plan --out FILE`; if the train file is as it was then, somebody has changed the plan: ask who",
            ));
        }
        let state = match state {
            Some(state) => context.own_state(train, Some(state), &interrupt).await?,
            None => {
                context.never_applied(train, &interrupt).await?;
                own_state::with_lineage(train, plan.basis.lineage.clone())
            }
        };
        let connection = Connector::new(context, &arguments.parallelism)?.connect(train, &interrupt).await?;
        if connection.label != plan.service {
            return Err(stale(format!(
                "it is for {}, and the train is in {}",
                plan.service.place, connection.label.place
            )));
        }
        let word = Word {
            by: By::Apply,
            file: Some(file),
            approvals: &arguments.asked.approvals,
            reason: arguments.overriding.reason.as_deref(),
            max_age: arguments.asked.max_age,
            waits: arguments.wait,
        };
        let consent = policy::consent(&plan, (train, &state), (connection.clock)(), &word)?;
        let name = &train.name;
        context.terminal.say(&format!("Applying the plan {} of {name}, made {:.0}", plan.id.short(), plan.created));
        for approved in &consent.approvals {
            let name = render::clean(&approved.name);
            context.terminal.say(&format!("  approved by {name} at {:.0}", approved.at));
        }
        stream::planned(context, &plan)?;
        let manners = Manners { consent, ..Manners::of(arguments, train) };
        let known = inventory::load(context, &interrupt, (train, &state), &connection).await.ok();
        let connection = connection.watched();
        let code = execute(context, &manners, &interrupt, &connection, &plan, session, state).await?;
        if code != exit::INTERRUPTED {
            let (of, known) = ((train, &plan), known.map(|cached| (cached.observed, cached.seen)));
            inventory::keep_after(context, &interrupt, &connection, of, known, manners.calls).await;
        }
        Ok(code)
    });
    ended.map_err(|error| error.of_train(&train.name))
}

fn plain_plan(file: &Path, train: &Train) -> CliError {
    let message = format!("the plan {} is not encrypted", file.display());
    CliError::new(exit::REFUSED, message)
        .cause(format!("with `enforced = true` in {} nothing plain is taken", train.file.display()))
        .hint("make a new one with `patchtrain plan --out FILE`")
}

/// Runs a plan to its end, shows how it went, and says so by the exit code.
pub(super) async fn execute<C: Cloud, S: Session>(
    context: &Context,
    manners: &Manners,
    interrupt: &Interrupt,
    connection: &Connection<C>,
    plan: &Plan,
    session: S,
    state: State,
) -> Result<u8, CliError> {
    // Up to here nothing was called that changes anything.
    unless_interrupted(interrupt, std::future::ready(())).await?;
    let run = run_of(context, manners.calls, interrupt, connection, plan);
    let run = Run { wait: manners.wait, consent: manners.consent.clone(), ..run };
    let notifier = Notifier::new(context, manners.notify.as_ref(), plan);
    notifier.started(plan);
    let watcher = Arc::new(Mutex::new(Watcher::new(context, plan)));
    let told = Arc::clone(&watcher);
    connection.retries.watch(move |retry| lock(&told).repeat(&look::repeat(retry)));
    let events = |event| {
        notifier.event(plan, &event);
        lock(&watcher).event(&event);
    };
    let outcome = apply(plan, connection.cloud.clone(), session, state, run, events).await;
    connection.retries.unwatch();
    drop(watcher);
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(error) => {
            let why = error.to_string();
            let error = match error {
                ApplyError::Unsaved { state, source } => unsaved(context, &state, source),
                error => error.into(),
            };
            notifier.failed(&why, error.code);
            notifier.finish(context).await;
            return Err(error);
        }
    };
    let text = render::outcome(plan, &outcome, context.terminal.style(manners.detail));
    context.terminal.print(&format!("\n{text}"))?;
    stream::outcome(context, plan, &outcome)?;
    let code = code(&outcome).unwrap_or_else(|| {
        held_code(manners.detailed_exitcode, !plan.held.is_empty() || outcome.counts.not_started > 0)
    });
    notifier.done(&outcome, code);
    notifier.finish(context).await;
    Ok(code)
}

/// Puts what the run knew where it can be had from: beside the state, or else on the terminal.
fn unsaved(context: &Context, state: &State, source: StoreError) -> CliError {
    let train = &state.train;
    let sealing = context.known_sealing(train);
    let json = render::state_json(state);
    // Sealed as the state is that it stands for; only a system without random numbers cannot, and gets none.
    let sealed = state_text(&json, train, &sealing).ok().and_then(|text| String::from_utf8(text).ok());
    let text = sealed.unwrap_or_else(|| "(it could not be encrypted)".to_owned());
    // Elsewhere than in the folder the store stands, and somebody else may be at work on it: nothing is to be pushed.
    let here = matches!(source, StoreError::Io { .. });
    let error = match here {
        true => CliError::of(exit::ERROR, &source).hint(
            "make room there, or let this user write there, and run the command again: what the journal holds is read, and what came after is found by reading the service",
        ),
        false => CliError::from(source),
    };
    let error = error.while_doing("the state could not be kept");
    for path in context.workspace.errored(train, state.serial) {
        if write::create_private(&path, &text).is_ok() {
            let file = path.display();
            let error = error.hint(format!("what the run knew at its end is in {file}"));
            if !here {
                return error;
            }
            return error
                .hint(format!(
                    "if what is in state/ is lost instead: `patchtrain state push {file} --train {train}`, then apply again"
                ));
        }
    }
    context.terminal.say(&format!("The state of train {train} as the run knew it at its end:\n{text}"));
    if !here {
        return error;
    }
    error.hint(format!(
        "if what is in state/ is lost instead: keep the JSON above in a file, `patchtrain state push FILE --train {train}`, \
         then apply again"
    ))
}

fn run_of<C>(
    context: &Context,
    calls: usize,
    interrupt: &Interrupt,
    connection: &Connection<C>,
    plan: &Plan,
) -> Run {
    Run {
        settings: settings(calls, plan.service.simulator, connection.work_timeout),
        clock: connection.clock.clone(),
        interrupt: interrupt.clone(),
        who: context.who().to_owned(),
        host: context.host().to_owned(),
        wait: false,
        checker: Some(Arc::new(health::Prober::new(context))),
        consent: Consent::default(),
    }
}

/// Returns what a run's end alone decides of the exit code.
fn code(outcome: &Outcome) -> Option<u8> {
    if outcome.interrupted {
        Some(exit::INTERRUPTED)
    } else if outcome.counts.failed > 0 || outcome.stopped {
        Some(exit::PARTIAL)
    } else {
        None
    }
}

/// Returns the code of a run that went well.
pub(super) fn held_code(detailed_exitcode: bool, held: bool) -> u8 {
    if held && detailed_exitcode { exit::DIFFERENT } else { exit::DONE }
}

/// Returns how patient a run is. An agent of the real service checks in every few minutes and an update of several
/// hundred packages takes it long; the simulator answers within seconds. However many wait, one list answers them.
pub(super) fn settings(parallelism: usize, simulator: bool, work_timeout: Duration) -> Settings {
    let (first, longest) = waits(simulator);
    Settings {
        parallelism,
        first_wait: first,
        longest_wait: longest,
        verify_patience: Duration::from_secs(30 * 60),
        work_patience: work_timeout,
    }
}

/// Returns the first and the longest wait between two questions after accepted work.
pub(super) fn waits(simulator: bool) -> (Duration, Duration) {
    match simulator {
        true => (Duration::from_millis(100), Duration::from_secs(2)),
        false => (Duration::from_millis(500), Duration::from_secs(30)),
    }
}

/// Whoever shows what goes on: bars on a terminal, lines elsewhere; with `--json` a stream of messages.
enum Watcher {
    Stream(Box<RunStream<io::Stdout>>),
    Bars(Bars),
    Lines(Lines<io::Stderr>),
}

impl Watcher {
    fn new(context: &Context, plan: &Plan) -> Self {
        if context.terminal.streams {
            Self::Stream(Box::new(stream::watcher(plan)))
        } else if context.terminal.can_draw {
            Self::Bars(Bars::new(plan))
        } else {
            Self::Lines(Lines::new(plan, io::stderr()))
        }
    }

    fn event(&mut self, event: &Event) {
        match self {
            Self::Stream(stream) => stream.event(event),
            Self::Bars(bars) => bars.event(event),
            Self::Lines(lines) => lines.event(event),
        }
    }

    fn repeat(&mut self, repeat: &Repeat<'_>) {
        match self {
            Self::Stream(stream) => stream.repeat(repeat),
            Self::Bars(bars) => bars.repeat(repeat),
            Self::Lines(lines) => lines.repeat(repeat),
        }
    }
}

/// Locks whoever shows; one who panicked there has shown what he could.
fn lock(watcher: &Mutex<Watcher>) -> MutexGuard<'_, Watcher> {
    watcher.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::store::StepCounts;

    #[test]
    fn an_interrupt_says_more_than_a_failure_and_a_failure_more_than_the_rest() {
        let outcome = |failed, interrupted| Outcome {
            counts: StepCounts { done: 3, failed, not_started: 2, ..StepCounts::default() },
            interrupted,
            ..Outcome::default()
        };
        assert_eq!(code(&outcome(1, true)), Some(exit::INTERRUPTED));
        assert_eq!(code(&outcome(1, false)), Some(exit::PARTIAL));
        assert_eq!(code(&outcome(0, false)), None);
        assert_eq!(code(&Outcome { stopped: true, ..outcome(0, false) }), Some(exit::PARTIAL));
        assert_eq!(code(&Outcome { stopped: true, ..outcome(0, true) }), Some(exit::INTERRUPTED));
    }
}
