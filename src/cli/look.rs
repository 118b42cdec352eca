//! The way from a train and its state to a plan: survey the service, with progress on stderr, and plan in memory.
//! Shared by `plan`, `apply` and, without the plan, `status`; writes nothing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use super::connect::Connection;
use super::context::Context;
use super::signals::unless_interrupted;
use super::{CliError, advisories, args, policy, repositories};
use crate::apply::{Asked, Interrupt, Survey, survey, survey_again, survey_imports, survey_updates};
use crate::cloud::{Cloud, CloudError, Seen};
use crate::name::{Ocid, Spelled, nearest};
use crate::observed::Observed;
use crate::oci::Retry;
use crate::package::{Package, PackageSet};
use crate::plan::{self, Input, Plan, Refusal};
use crate::render::{Repeat, Spinner, count};
use crate::state::State;
use crate::train::Train;

/// How to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Manner<'a> {
    /// API calls in flight.
    pub(super) calls: usize,
    /// Whether a group may lose more than 30 % of its members.
    pub(super) allow_shrink: bool,
    /// Whether nothing is said of how much was read.
    pub(super) quiet: bool,
    /// What alone is planned for; none for everything.
    pub(super) targets: &'a [Spelled],
    /// What time it is taken to be; the service's own without it.
    pub(super) at: Option<jiff::Timestamp>,
    /// Repositories that tell what packages need.
    pub(super) repodata: &'a [String],
}

impl<'a> Manner<'a> {
    /// As the flags say.
    pub(super) fn of(parallelism: &args::Parallelism, planning: &args::Planning) -> Self {
        Self {
            calls: parallelism.calls(),
            allow_shrink: planning.allow_shrink,
            quiet: false,
            targets: &[],
            at: None,
            repodata: &[],
        }
    }

    /// Told by these repositories what packages need.
    pub(super) fn told_by(self, repodata: &'a [String]) -> Self {
        Self { repodata, ..self }
    }

    /// For these things only. They are of one train.
    pub(super) fn aiming(self, targets: &'a args::Targets, trains: &[Train]) -> Result<Self, CliError> {
        let targets = targets.addresses();
        if !targets.is_empty() && trains.len() > 1 {
            let names: Vec<&str> = trains.iter().map(|train| train.name.as_str()).collect();
            return Err(CliError::usage(format!(
                "--target names things of one train, and there are {}",
                trains.len()
            ))
            .hint(format!("pick one with --train: {}", names.join(", "))));
        }
        Ok(Self { targets, ..self })
    }
}

/// Surveys the service and plans.
pub(super) async fn plan<C: Cloud>(
    context: &Context,
    interrupt: &Interrupt,
    connection: &Connection<C>,
    (train, state): (&Train, &State),
    manner: Manner<'_>,
) -> Result<Plan, CliError> {
    Ok(plan_and_world(context, interrupt, connection, (train, state), manner).await?.0)
}

/// The same with what was observed.
pub(super) async fn plan_and_world<C: Cloud>(
    context: &Context,
    interrupt: &Interrupt,
    connection: &Connection<C>,
    (train, state): (&Train, &State),
    manner: Manner<'_>,
) -> Result<(Plan, Observed), CliError> {
    let mut observed = read(context, interrupt, connection, (train, state), manner).await?;
    ask_repositories(context, interrupt, train, &mut observed, manner.repodata).await?;
    let plan = planned(connection, (train, state), &observed, manner)?;
    Ok((plan, observed))
}

/// Reads what repositories tell of the packages of releases and of instances that are made exactly theirs.
pub(super) async fn ask_repositories(
    context: &Context,
    interrupt: &Interrupt,
    train: &Train,
    observed: &mut Observed,
    places: &[String],
) -> Result<(), CliError> {
    if places.is_empty() {
        return Ok(());
    }
    let installed = observed.instances.values().filter_map(|seen| seen.packages());
    let installed: BTreeSet<Package> = installed.flat_map(|inventory| inventory.installed.iter()).collect();
    let releases = train.releases.iter().flat_map(|release| release.packages().iter());
    let wanted: PackageSet = releases.chain(installed).collect();
    observed.repositories = Arc::new(repositories::read(context, interrupt, places, &wanted).await?);
    Ok(())
}

/// Plans what was surveyed, or what an earlier survey has left.
pub(super) fn planned<C>(
    connection: &Connection<C>,
    (train, state): (&Train, &State),
    observed: &Observed,
    manner: Manner<'_>,
) -> Result<Plan, CliError> {
    let input = Input {
        train,
        state,
        observed,
        capabilities: connection.capabilities,
        service: &connection.label,
        now: manner.at.unwrap_or_else(|| (connection.clock)()),
        allow_shrink: manner.allow_shrink,
    };
    let plan = plan::targeted(&input, manner.targets)
        .map_err(|refusals| CliError::refusals(train.name.as_str(), &refusals))?;
    match plan::unknown(&plan, train, state, manner.targets).as_slice() {
        [] if manner.allow_shrink => Ok(plan.allowing_to_shrink()),
        [] => Ok(plan),
        unknown => Err(no_such(&plan, train, unknown)),
    }
}

/// Says which targets nothing has, and what may have been meant.
fn no_such(plan: &Plan, train: &Train, unknown: &[&Spelled]) -> CliError {
    let groups: Vec<String> = train.groups.iter().map(|group| format!("group.{}", group.name)).collect();
    let releases: Vec<String> =
        train.releases.iter().map(|release| format!("release.{}", release.name)).collect();
    let instances: Vec<String> = plan.labels.values().map(|label| format!("instance.{label}")).collect();
    let spelled: Vec<String> = unknown.iter().map(ToString::to_string).collect();
    let error =
        CliError::usage(format!("train `{}` has nothing called {}", train.name, spelled.join(" or ")));
    let known = groups.iter().chain(&releases).chain(&instances).map(String::as_str);
    match spelled.first().and_then(|first| nearest(first, known)) {
        Some(meant) => error.hint(format!("did you mean {meant}?")),
        None => error.hint(format!(
            "the groups are: {}; the releases: {}",
            groups.join(", "),
            releases.join(", ")
        )),
    }
}

/// Adds to a plan what the advisories say that are asked for, and what the train's policy says.
pub(super) async fn judged<C: Cloud>(
    context: &Context,
    interrupt: &Interrupt,
    connection: &Connection<C>,
    (train, state, plan): (&Train, &State, Plan),
    wanted: &args::Advisories,
    calls: usize,
) -> Result<Plan, CliError> {
    if !wanted.are_wanted() {
        return Ok(policy::reviewed(plan, (train, state), None));
    }
    let os_major = advisories::os_major(Some(train), &PackageSet::default());
    let book = advisories::files(context, interrupt, wanted, os_major).await?;
    let book = advisories::and_errata(context, interrupt, connection, wanted, calls, book).await?;
    let book = book.unwrap_or_default();
    Ok(policy::reviewed(plan::judged(plan, train, &book), (train, state), Some(&book)))
}

/// Surveys the service, and shows how far that is.
pub(super) async fn observe<C: Cloud>(
    context: &Context,
    interrupt: &Interrupt,
    connection: &Connection<C>,
    (train, state): (&Train, &State),
    calls: usize,
) -> Result<Observed, CliError> {
    let manner = Manner { calls, allow_shrink: false, quiet: false, targets: &[], at: None, repodata: &[] };
    read(context, interrupt, connection, (train, state), manner).await
}

/// The same without a word of how much was read.
pub(super) async fn observe_quietly<C: Cloud>(
    context: &Context,
    interrupt: &Interrupt,
    connection: &Connection<C>,
    (train, state): (&Train, &State),
    calls: usize,
) -> Result<Observed, CliError> {
    let manner = Manner { calls, allow_shrink: false, quiet: true, targets: &[], at: None, repodata: &[] };
    read(context, interrupt, connection, (train, state), manner).await
}

/// Surveys the service and tells what has drifted, with what stands against telling all of it. Nothing is planned to happen:
/// a group that has lost its members is what is looked for.
pub(super) async fn drifting<C: Cloud>(
    context: &Context,
    interrupt: &Interrupt,
    connection: &Connection<C>,
    (train, state): (&Train, &State),
    calls: usize,
) -> Result<(Plan, Vec<Refusal>), CliError> {
    let observed = observe_quietly(context, interrupt, connection, (train, state), calls).await?;
    Ok(plan::drifting(&Input {
        train,
        state,
        observed: &observed,
        capabilities: connection.capabilities,
        service: &connection.label,
        now: (connection.clock)(),
        allow_shrink: true,
    }))
}

async fn read<C: Cloud>(
    context: &Context,
    interrupt: &Interrupt,
    connection: &Connection<C>,
    (train, state): (&Train, &State),
    Manner { calls, quiet, .. }: Manner<'_>,
) -> Result<Observed, CliError> {
    let name = &train.name;
    let progress = Reading::start(context, &format!("reading the fleet of {name}"), name.to_string());
    let reads = async |progress: &mut Reading| {
        survey(&*connection.cloud, train, state, calls, |reads| progress.at(reads)).await
    };
    watched(context, interrupt, connection, (progress, quiet), reads, "the service could not be read").await
}

/// Reads what imports need, and shows how far that is.
pub(super) async fn observe_imports<C: Cloud>(
    context: &Context,
    interrupt: &Interrupt,
    connection: &Connection<C>,
    (train, state): (&Train, &State),
    calls: usize,
) -> Result<Observed, CliError> {
    let what = "what is to be imported";
    let progress = Reading::start(context, &format!("reading {what}"), what.to_owned());
    let reads = async |progress: &mut Reading| {
        survey_imports(&*connection.cloud, (train, state), calls, |reads| progress.at(reads)).await
    };
    let failed = "what is to be imported could not be read";
    watched(context, interrupt, connection, (progress, false), reads, failed).await
}

/// Reads, and shows how far that is: until a signal comes, with what is tried again told.
async fn watched<C>(
    context: &Context,
    interrupt: &Interrupt,
    connection: &Connection<C>,
    (mut progress, quiet): (Reading, bool),
    reads: impl AsyncFnOnce(&mut Reading) -> Result<Observed, CloudError>,
    failed: &'static str,
) -> Result<Observed, CliError> {
    connection.retries.watch(progress.retries(context));
    let observed = unless_interrupted(interrupt, reads(&mut progress)).await;
    connection.retries.unwatch();
    progress.finish(context, !quiet && matches!(observed, Ok(Ok(_))));
    observed?.map_err(|error| CliError::from(error).while_doing(failed))
}

/// Reads what a run may have changed, and shows how far that is.
pub(super) async fn observe_again<C: Cloud>(
    context: &Context,
    interrupt: &Interrupt,
    connection: &Connection<C>,
    (train, state): (&Train, &State),
    known: (&Plan, Observed, Seen),
    calls: usize,
) -> Result<Observed, CliError> {
    let mut progress = Reading::start(context, "reading what is there now", String::new());
    connection.retries.watch(progress.retries(context));
    let reads = survey_again(&*connection.cloud, (train, state), known, calls, |reads| progress.at(reads));
    let observed = unless_interrupted(interrupt, reads).await;
    connection.retries.unwatch();
    progress.vanish();
    Ok(observed??)
}

/// Reads what updates by hand need, and shows how far that is.
pub(super) async fn observe_updates<C: Cloud>(
    context: &Context,
    interrupt: &Interrupt,
    connection: &Connection<C>,
    (train, state): (&Train, &State),
    (targets, asked): (impl FnOnce(&Observed) -> BTreeSet<Ocid> + Send, Asked),
    calls: usize,
) -> Result<Observed, CliError> {
    let (what, done) = match asked {
        Asked::Updates => ("reading outstanding updates", format!("the updates of {}", train.name)),
        Asked::Streams => ("reading module streams", format!("the module streams of {}", train.name)),
    };
    let mut progress = Reading::start(context, what, done);
    connection.retries.watch(progress.retries(context));
    let golden = train.golden.as_ref();
    let reads =
        survey_updates(&*connection.cloud, (train, state), (golden, asked), targets, calls, |reads| {
            progress.at(reads);
        });
    let observed = unless_interrupted(interrupt, reads).await;
    connection.retries.unwatch();
    progress.finish(context, matches!(observed, Ok(Ok(_))));
    observed?.map_err(|error| CliError::from(error).while_doing("what is to be changed could not be read"))
}

/// Puts a client's retry as progress shows it.
pub(super) fn repeat(retry: &Retry) -> Repeat<'_> {
    Repeat { operation: retry.operation, reason: &retry.reason, attempts: retry.attempt, wait: retry.wait }
}

/// Progress of many reads: a moving line on a terminal, one line at the end elsewhere.
pub(super) struct Reading {
    spinner: Option<Arc<Spinner>>,
    done: String,
    since: Instant,
    reads: usize,
}

impl Reading {
    /// Starts it: what goes on, and what will have been read.
    pub(super) fn start(context: &Context, what: &str, done: String) -> Self {
        let spinner = context.terminal.can_draw.then(|| Arc::new(Spinner::new(what)));
        Self { spinner, done, since: Instant::now(), reads: 0 }
    }

    /// Says which calls are tried again, so that a wait is not a riddle.
    pub(super) fn retries(&self, context: &Context) -> impl Fn(&Retry) + Send + 'static {
        let (spinner, terminal) = (self.spinner.clone(), context.terminal.clone());
        move |retry| {
            let line = repeat(retry).text();
            match &spinner {
                Some(spinner) => spinner.say(&line),
                None => terminal.say(&line),
            }
        }
    }

    fn at(&mut self, survey: Survey) {
        self.reads = survey.done;
        if let Some(spinner) = &self.spinner {
            spinner.survey(survey);
        }
    }

    /// Says how many reads there have been.
    pub(super) fn count(&mut self, what: &str, done: usize, total: usize) {
        self.reads = done;
        if let Some(spinner) = &self.spinner {
            spinner.say(&format!("{what}: {done} of {total} reads"));
        }
    }

    /// Ends it without a word.
    pub(super) fn vanish(self) {}

    /// Ends it; nothing is said of what was not read whole.
    pub(super) fn finish(self, context: &Context, whole: bool) {
        if self.spinner.is_none() && whole {
            let seconds = self.since.elapsed().as_secs_f64();
            let answers = count(self.reads, "answer");
            context.terminal.say(&format!("Read {}: {answers} in {seconds:.1} s", self.done));
        }
    }
}
