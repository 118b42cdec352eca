//! The coordinator: sole owner of state, journal and ready queue. It starts workers, makes what they report durable
//! in batches, opens or shuts gates, and stops the run when told to.

mod asleep;
mod books;
mod equipment;
mod rollout;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use self::asleep::Asleep;
use self::books::subject;
use self::rollout::Paces;
use super::desk::{Desk, Halt, Kept, Message, Shared};
use super::job::{self, Job};
use super::ledger::{Close, Ledger};
use super::schedule::Schedule;
use super::signal::{LAST_ANSWERS, signal, sleep_until, unless_hung};
use super::token::Tokens;
use super::worker::{Report, act};
use super::{ApplyError, Event, Outcome, Run, StepEnd, boot, verify, work};
use crate::cloud::Cloud;
use crate::name::{GroupName, Ocid};
use crate::op::{OpKey, StepId, Subject, Ticket};
use crate::plan::{Action, Plan};
use crate::state::store::{Session, StoreError};

/// How long a run that waits for a time sleeps at most before it looks at the clock.
const LONGEST_NAP: Duration = Duration::from_secs(30);

/// A run of a plan.
pub(super) struct Coordinator<'a, C, S, F> {
    plan: &'a Plan,
    ledger: Ledger<S>,
    schedule: Schedule<'a>,
    shared: Arc<Shared<C>>,
    stop: watch::Sender<bool>,
    line: mpsc::UnboundedReceiver<Message>,
    workers: JoinSet<(Option<StepId>, Report)>,
    running: HashSet<StepId>,
    run: Run,
    tokens: Tokens,
    /// Open work of earlier runs, by instance or group: the first step on either that has agents work looks it up.
    open: HashMap<Subject, Vec<(OpKey, Ticket)>>,
    /// By group: who has not got the sources that the group has.
    without: HashMap<GroupName, BTreeSet<Ocid>>,
    /// On whom work for a group has failed, or goes on for longer than is waited for, and why.
    fallen: HashMap<Ocid, String>,
    /// What is to be told once it is kept.
    late: Vec<Event>,
    /// Open work of earlier runs that no step is about.
    orphans: Vec<(OpKey, Ticket)>,
    asleep: Asleep,
    /// What has been told of what they wait for.
    held: HashSet<(String, Timestamp)>,
    paces: Paces<'a>,
    interrupted: Interrupted,
    on_event: F,
}

/// Whether signals have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Interrupted {
    No,
    /// A first one; answers may come in until then.
    Until(Instant),
    /// A second one.
    AtOnce,
}

impl<'a, C: Cloud, S: Session, F: FnMut(Event) + Send> Coordinator<'a, C, S, F> {
    pub(super) fn new(
        plan: &'a Plan,
        cloud: Arc<C>,
        ledger: Ledger<S>,
        (run, tokens): (Run, Tokens),
        on_event: F,
    ) -> Result<Self, ApplyError> {
        let (stop, stopped) = watch::channel(false);
        let (sender, line) = mpsc::unbounded_channel();
        let bound = run.settings.parallelism.clamp(1, Semaphore::MAX_PERMITS);
        let shared = Shared {
            cloud,
            settings: run.settings,
            clock: run.clock.clone(),
            unmanaged: plan.unmanaged.as_slice().into(),
            calls: Semaphore::new(bound),
            slots: Arc::new(Semaphore::new(bound)),
            down: AtomicBool::new(false),
            stop: stopped,
            line: sender,
        };
        Ok(Self {
            plan,
            ledger,
            schedule: Schedule::of(plan)?,
            shared: Arc::new(shared),
            stop,
            line,
            workers: JoinSet::new(),
            running: HashSet::new(),
            run,
            tokens,
            open: HashMap::new(),
            fallen: HashMap::new(),
            late: Vec::new(),
            without: HashMap::new(),
            orphans: Vec::new(),
            asleep: Asleep::default(),
            held: HashSet::new(),
            paces: rollout::paces(plan),
            interrupted: Interrupted::No,
            on_event,
        })
    }

    /// Runs the plan to its end, to a signal, or to an error of the store, after which nothing more is submitted.
    pub(super) async fn run(mut self) -> Result<Outcome, ApplyError> {
        let interrupt = self.run.interrupt.clone();
        let dropped = match unless_hung(interrupt, self.drive()).await {
            Some(Ok(dropped)) => dropped,
            Some(Err(ApplyError::Store(source))) => return Err(self.salvage(source).await),
            Some(Err(error)) => return Err(error),
            None => {
                self.workers.shutdown().await;
                self.leave();
                Some(Dropped::AtOnce)
            }
        };
        if dropped != Some(Dropped::AtOnce) {
            return self.finish().await;
        }
        self.give_up();
        let stopped = self.has_stopped();
        let (ends, counts) = self.schedule.into_ends();
        Ok(Outcome { ends, counts, interrupted: true, stopped, serial: self.ledger.abandon() })
    }

    /// Runs the plan until no worker is left. Tells how, where some were dropped with calls in flight.
    async fn drive(&mut self) -> Result<Option<Dropped>, ApplyError> {
        let mut interrupt = self.run.interrupt.clone();
        if *interrupt.borrow_and_update() > 0 {
            self.hear(1);
        } else {
            self.open_books()?;
        }
        loop {
            let now = (self.run.clock)();
            self.wake(now);
            self.start()?;
            self.ledger.commit().await?;
            std::mem::take(&mut self.late).into_iter().for_each(&mut self.on_event);
            let wakes = self.asleep.next().filter(|_| self.interrupted == Interrupted::No);
            if self.workers.is_empty() && wakes.is_none() {
                break;
            }
            // Never for long: clocks are set, and that of a simulator goes as it likes.
            let nap = wakes.map(|until| {
                let left = Duration::try_from(until.duration_since(now)).unwrap_or_default();
                Instant::now() + left.clamp(Duration::from_millis(1), LONGEST_NAP)
            });
            let deadline = match self.interrupted {
                Interrupted::Until(deadline) => Some(deadline),
                _ => None,
            };
            let mut reports = Vec::new();
            let mut messages = Vec::new();
            let next_signal = u8::from(deadline.is_some());
            tokio::select! {
                biased;
                level = signal(&mut interrupt, next_signal) => self.hear(level),
                () = sleep_until(deadline) => self.interrupted = Interrupted::AtOnce,
                Some(message) = self.line.recv() => messages.push(message),
                Some(joined) = self.workers.join_next() => reports.push(joined),
                () = sleep_until(nap) => {}
            }
            if self.interrupted == Interrupted::AtOnce {
                let waited = deadline.is_some_and(|at| at <= Instant::now());
                self.drop_everything().await?;
                return Ok(Some(if waited { Dropped::InOrder } else { Dropped::AtOnce }));
            }
            self.take_in(messages, reports).await?;
        }
        Ok(None)
    }

    /// The state cannot be written any more: nothing more is submitted, and answers in flight are still taken in, to be
    /// handed to whoever can keep them.
    async fn salvage(mut self, source: StoreError) -> ApplyError {
        self.stop.send_replace(true);
        let deadline = Instant::now() + LAST_ANSWERS;
        while !self.workers.is_empty() {
            let (mut messages, mut reports) = (Vec::new(), Vec::new());
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(deadline) => break,
                Some(message) = self.line.recv() => messages.push(message),
                Some(joined) = self.workers.join_next() => reports.push(joined),
            }
            // A worker whose entry is not acknowledged goes no further. An entry that does not fit is one that nobody can
            // keep; the others still can be.
            let _ = self.note(messages, reports);
        }
        let _ = self.note(Vec::new(), Vec::new());
        self.workers.shutdown().await;
        let _ = self.note(Vec::new(), Vec::new());
        self.ledger.unsaved(source)
    }

    /// Opens or shuts gates, and starts steps while there are slots for them.
    fn start(&mut self) -> Result<(), ApplyError> {
        if self.interrupted != Interrupted::No {
            return Ok(());
        }
        while let Some((key, ticket)) = self.orphans.pop() {
            self.ledger.begin((self.run.clock)())?;
            self.spawn(None, Job::Settle { key, ticket });
        }
        loop {
            while let Some(step) = self.schedule.next_gate() {
                self.try_gate(step, None)?;
            }
            // While the service is down those at work find out when it is back; once they all have failed, the run ends.
            if !self.schedule.has_ready() || self.shared.down.load(Ordering::Relaxed) {
                return Ok(());
            }
            let Ok(slot) = self.shared.slots.clone().try_acquire_owned() else { return Ok(()) };
            let Some(step) = self.schedule.next() else { return Ok(()) };
            let now = (self.run.clock)();
            if let Some((message, until)) = self.kept(step, now) {
                self.shut(step, message, until);
                continue;
            }
            let subject = match &step.action {
                Action::Act { op } => subject(op),
                _ => None,
            };
            if let Some(message) = self.unequipped(step) {
                self.count_unequipped(step, now)?;
                (self.on_event)(Event::Started { step: step.id });
                self.end(step.id, StepEnd::Refused { message });
                continue;
            }
            let open = subject.and_then(|subject| self.open.get(&subject)).into_iter().flatten();
            let still = |(key, _): &&(OpKey, Ticket)| self.ledger.state().unfinished.contains_key(key);
            let open = open.filter(still).cloned().collect();
            let plan = (self.plan, self.ledger.runs_again());
            let known = (open, &self.fallen);
            let job = Job::of(step, plan, self.ledger.state(), known, (&self.tokens, now));
            (self.on_event)(Event::Started { step: step.id });
            match job {
                Ok(Some(job)) => {
                    self.begin_rollout(step, now)?;
                    self.ledger.begin(now)?;
                    self.running.insert(step.id);
                    self.spawn(Some((step.id, slot)), job);
                }
                Ok(None) => {}
                Err(message) => self.end(step.id, StepEnd::Refused { message }),
            }
        }
    }

    fn spawn(&mut self, step: Option<(StepId, tokio::sync::OwnedSemaphorePermit)>, job: Job) {
        let (id, slot) = step.unzip();
        let mut desk = Desk::new(self.shared.clone(), slot, id);
        self.workers.spawn(async move {
            let report = match work_on(&mut desk, job).await {
                Ok(report) => report,
                Err(Halt::Stopped) => Report::Stopped,
                Err(Halt::Cloud(error)) => {
                    Report::Failed { message: error.to_string(), over: false, own: false }
                }
            };
            (id, report)
        });
    }

    /// Takes in everything that has been said by now, in one batch: safety rule 3 makes each worker wait for
    /// durability, and waiting together costs as much as waiting alone.
    async fn take_in(&mut self, messages: Vec<Message>, reports: Vec<Joined>) -> Result<(), ApplyError> {
        let Noted { acks, events, ends, asked, kept } = self.note(messages, reports)?;
        self.ledger.commit().await?;
        for ack in acks {
            // A worker that does not wait any more has ended.
            let _ = ack.send(());
        }
        for event in events {
            (self.on_event)(event);
        }
        for (id, end) in ends {
            // Only now: of a step whose end did not become durable it is said what goes on.
            self.running.remove(&id);
            self.end(id, end);
        }
        for (id, (message, until)) in kept {
            self.running.remove(&id);
            self.shut(self.schedule.step(id), message, until);
        }
        for (id, report) in asked {
            self.running.remove(&id);
            let step = self.schedule.step(id);
            self.try_gate(step, Some(report))?;
        }
        Ok(())
    }

    /// Takes everything that has been said by now into the state, of which nothing is durable yet.
    fn note(&mut self, mut messages: Vec<Message>, mut reports: Vec<Joined>) -> Result<Noted, ApplyError> {
        // Reports first: whatever a worker said before its report is on the line by then.
        while let Some(joined) = self.workers.try_join_next() {
            reports.push(joined);
        }
        while let Ok(message) = self.line.try_recv() {
            messages.push(message);
        }
        let mut acks: Vec<oneshot::Sender<()>> = Vec::new();
        let (mut events, mut falls, mut questions) = (Vec::new(), Vec::new(), Vec::new());
        for message in messages {
            match message {
                Message::Record { entry, ack } => {
                    self.ledger.record(entry)?;
                    acks.push(ack);
                }
                Message::MayGoOn { step, answer } => questions.push((step, answer)),
                Message::Fell { step, failed } => falls.push((step, failed)),
                Message::Tell(event) => events.push(event),
            }
        }
        let at = (self.run.clock)();
        for (step, failed) in falls {
            let step = self.schedule.step(step);
            for (instance, why) in failed.into_iter().filter(|_| rollout::counts_at_once(step)) {
                events.extend(self.count_failure(step, instance, why, at)?);
            }
        }
        let (mut ends, mut asked, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        for joined in reports {
            let (id, report) = joined.unwrap_or_else(|error| match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => (None, Report::Stopped),
            });
            let Some(id) = id else { continue };
            let step = self.schedule.step(id);
            if matches!(step.action, Action::Gate { .. }) {
                asked.push((id, report));
                continue;
            }
            if let Report::Kept { message, until } = report {
                kept.push((id, (message, until)));
                continue;
            }
            if let Report::Crew { crew, .. } = &report {
                self.fallen.extend(crew.failed.iter().chain(&crew.open).cloned());
                self.equipped(step, crew);
            }
            let counts = rollout::counts(step, &report);
            let (entry, end) = job::book(step, self.plan, self.ledger.state(), report, at);
            // First: who is gone with the entry still has his wave.
            for (instance, why) in counts {
                events.extend(self.count_failure(step, instance, why, at)?);
            }
            if let Some(entry) = entry {
                if let Some(binding) = job::binding(&entry, self.plan, self.ledger.state()) {
                    self.ledger.record(binding)?;
                }
                self.ledger.record(entry)?;
            }
            ends.push((id, end));
        }
        // Last: what has just failed may have stopped the rollout.
        for (step, answer) in questions {
            // A worker that does not wait any more has ended.
            let _ = answer.send(self.kept(self.schedule.step(step), at));
        }
        Ok(Noted { acks, events, ends, asked, kept })
    }

    fn end(&mut self, step: StepId, end: StepEnd) {
        (self.on_event)(Event::Ended { step, end: end.clone() });
        for step in self.schedule.end(step, end) {
            (self.on_event)(Event::Ended { step, end: StepEnd::NotStarted });
        }
    }

    /// Safety rule 6: the first signal lets answers in flight come in, the second ends at once.
    fn hear(&mut self, level: u8) {
        if self.interrupted == Interrupted::No {
            (self.on_event)(Event::Interrupted);
        }
        // Every worker that waits wakes from this; one that is in a call finishes it first.
        self.stop.send_replace(true);
        self.interrupted =
            if level > 1 { Interrupted::AtOnce } else { Interrupted::Until(Instant::now() + LAST_ANSWERS) };
    }

    /// Ends with calls in flight: their answers are lost, which the journal is made for.
    async fn drop_everything(&mut self) -> Result<(), ApplyError> {
        let mut reports = Vec::new();
        while let Some(joined) = self.workers.try_join_next() {
            reports.push(joined);
        }
        self.workers.shutdown().await;
        self.take_in(Vec::new(), reports).await?;
        self.leave();
        Ok(())
    }

    /// Says of the steps whose workers are gone what goes on.
    fn leave(&mut self) {
        let mut cut: Vec<StepId> = self.running.drain().collect();
        cut.sort_unstable();
        for id in cut {
            let end = job::left(&self.schedule.step(id).action, self.ledger.state());
            self.end(id, end);
        }
    }

    fn give_up(&mut self) {
        for step in self.schedule.give_up() {
            (self.on_event)(Event::Ended { step, end: StepEnd::NotStarted });
        }
    }

    async fn finish(mut self) -> Result<Outcome, ApplyError> {
        let interrupted = self.interrupted != Interrupted::No;
        self.give_up();
        let stopped = self.has_stopped();
        let (ends, steps) = self.schedule.into_ends();
        let used_up = ends.iter().all(|(_, end)| end.lets_on());
        let Run { clock, who, host, interrupt, .. } = self.run;
        let close = Close { at: clock(), who, host, steps, interrupted, used_up };
        match unless_hung(interrupt, self.ledger.close(close)).await {
            Some(Ok(serial)) => Ok(Outcome { ends, counts: steps, interrupted, stopped, serial }),
            Some(Err(ApplyError::Store(source))) => Err(self.ledger.unsaved(source)),
            Some(Err(error)) => Err(error),
            None => {
                Ok(Outcome { ends, counts: steps, interrupted: true, stopped, serial: self.ledger.abandon() })
            }
        }
    }
}

/// What a worker's end comes as.
type Joined = Result<(Option<StepId>, Report), JoinError>;

/// How a run ended that did not wait for calls in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dropped {
    /// They were given their time.
    InOrder,
    /// They were not: nothing more is written.
    AtOnce,
}

/// What is to follow once all that was noted is durable.
struct Noted {
    acks: Vec<oneshot::Sender<()>>,
    events: Vec<Event>,
    ends: Vec<(StepId, StepEnd)>,
    /// Gates for which somebody was asked, and what came of it.
    asked: Vec<(StepId, Report)>,
    /// Steps whose group may not be touched any more, and until when.
    kept: Vec<(StepId, Kept)>,
}

async fn work_on<C: Cloud>(desk: &mut Desk<C>, job: Job) -> Result<Report, Halt> {
    match job {
        Job::Act(job) => act(desk, *job).await,
        Job::Contents { source, release, packages } => {
            verify::contents(desk, &source, &release, &packages).await
        }
        Job::Level { instance, level, precondition, fallen } => {
            verify::level(desk, &instance, &level, (&precondition, fallen.as_deref())).await
        }
        Job::Patched { instance, wanted, packages, fallen } => {
            verify::patched(desk, &instance, wanted, &packages, fallen.as_deref()).await
        }
        Job::Streams { instance, streams, fallen } => {
            verify::streams(desk, &instance, &streams, fallen.as_deref()).await
        }
        Job::Booted { instance, kernel } => boot::booted(desk, &instance, kernel.as_deref()).await,
        Job::Settle { key, ticket } => {
            work::settle(desk, key, &ticket).await?;
            Ok(Report::Stopped)
        }
    }
}
