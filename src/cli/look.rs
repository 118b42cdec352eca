//! The way from a train and its state to a plan: survey the service, with progress on stderr, and plan in memory.
//! Shared by `plan`, `apply` and, without the
//! plan, `status`; writes nothing.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ring::rand::{SecureRandom, SystemRandom};

use super::connect::Connection;
use super::context::Context;
use super::exit;
use super::signals::unless_interrupted;
use super::{CliError, args};
use crate::apply::{Interrupt, Survey, survey};
use crate::cloud::Cloud;
use crate::name::TrainName;
use crate::observed::Observed;
use crate::oci::Retry;
use crate::op::Lineage;
use crate::plan::{self, Input, Plan};
use crate::state::State;
use crate::train::Train;

/// How to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Manner {
    /// API calls in flight.
    pub(super) calls: usize,
    /// Whether a group may lose more than 30 % of its members.
    pub(super) allow_shrink: bool,
}

impl Manner {
    /// As the flags say.
    pub(super) fn of(parallelism: &args::Parallelism, planning: &args::Planning) -> Self {
        Self { calls: parallelism.calls(), allow_shrink: planning.allow_shrink }
    }
}

/// Surveys the service and plans.
pub(super) async fn plan<C: Cloud>(
    context: &Context,
    interrupt: &Interrupt,
    connection: &Connection<C>,
    (train, state): (&Train, &State),
    manner: Manner,
) -> Result<Plan, CliError> {
    let observed = observe(context, interrupt, connection, (train, state), manner.calls).await?;
    let input = Input {
        train,
        state,
        observed: &observed,
        capabilities: connection.capabilities,
        service: &connection.label,
        now: (connection.clock)(),
        allow_shrink: manner.allow_shrink,
    };
    plan::plan(&input).map_err(|refusals| CliError::refusals(train.name.as_str(), &refusals))
}

/// Surveys the service, and shows how far that is.
pub(super) async fn observe<C: Cloud>(
    context: &Context,
    interrupt: &Interrupt,
    connection: &Connection<C>,
    (train, state): (&Train, &State),
    calls: usize,
) -> Result<Observed, CliError> {
    let mut progress = Reading::start(context, train);
    connection.retries.watch(progress.retries(context));
    let reads = survey(&*connection.cloud, train, state, calls, |reads| progress.at(reads));
    let observed = unless_interrupted(interrupt, reads).await;
    connection.retries.unwatch();
    progress.finish(context, matches!(observed, Ok(Ok(_))));
    observed?.map_err(|error| CliError::from(error).while_doing("the service could not be read"))
}

/// Makes the state of a train that has never been applied, with a line of descent of its own.
pub(super) fn unapplied(train: &TrainName) -> Result<State, CliError> {
    let mut random = [0_u8; 16];
    SystemRandom::new()
        .fill(&mut random)
        .map_err(|_| CliError::new(exit::ERROR, "the system gives no random numbers"))?;
    let hex: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(State::new(train.clone(), Lineage(hex.into())))
}

/// Progress of a survey: a bar on a terminal, one line at the end elsewhere.
struct Reading {
    bar: ProgressBar,
    train: TrainName,
    since: Instant,
    reads: usize,
}

impl Reading {
    fn start(context: &Context, train: &Train) -> Self {
        // The design's limit: redrawn at most 15 times a second.
        let target = if context.terminal.can_draw {
            ProgressDrawTarget::stderr_with_hz(15)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let style =
            ProgressStyle::with_template("{spinner} Reading {prefix}: {pos} of {len} answers, {elapsed}");
        bar.set_style(style.expect("the template is a constant that indicatif accepts"));
        bar.set_prefix(train.name.to_string());
        if context.terminal.can_draw {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Self { bar, train: train.name.clone(), since: Instant::now(), reads: 0 }
    }

    /// Says which calls are tried again, so that a wait is not a riddle.
    fn retries(&self, context: &Context) -> impl Fn(&Retry) + Send + 'static {
        let (bar, terminal) = (self.bar.clone(), context.terminal.clone());
        move |retry| {
            let Retry { operation, reason, attempt, wait } = retry;
            let seconds = wait.as_secs_f64();
            let line = format!("{operation}: {reason}; attempt {} in {seconds:.1} s", attempt + 1);
            if terminal.can_draw { bar.println(line) } else { terminal.say(&line) }
        }
    }

    fn at(&mut self, survey: Survey) {
        self.reads = survey.done;
        self.bar.set_length(survey.total as u64);
        self.bar.set_position(survey.done as u64);
    }

    fn finish(self, context: &Context, whole: bool) {
        self.bar.finish_and_clear();
        if whole && !context.terminal.can_draw {
            let seconds = self.since.elapsed().as_secs_f64();
            context.terminal.say(&format!("Read {}: {} answers in {seconds:.1} s", self.train, self.reads));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_new_state_has_a_lineage_of_its_own() {
        let name = TrainName::new("t");
        let (one, other) = (unapplied(&name).unwrap(), unapplied(&name).unwrap());
        assert_eq!(one.lineage.0.len(), 32);
        assert_ne!(one.lineage, other.lineage);
        assert_eq!(one.serial, 0);
    }
}
