//! One step from its first look to its last: what a worker does for an `Act`.
//!
//! A worker owns nothing but its job. What it learns goes to the coordinator, as entries that must be durable before
//! it goes on, or as its report at the end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::Event;
use super::boot::{self, Asked, Earlier};
use super::desk::{ATTEMPTS, Desk, Halt};
use super::look::{look, objection};
use super::series::{self, Series};
use super::verify::{self, Level};
use super::work::{Age, Crew, WorkEnd, fallen, record_end, transient, wait};
use crate::cloud::{Cloud, CloudError, Submitted};
use crate::name::Ocid;
use crate::observed::{Breach, Instance, Observed, Precondition};
use crate::op::{Op, OpKey, RetryToken, Standing, Ticket};
use crate::state::{BootRecord, Entry, FailedBoot, Finish};

/// An op to bring about, with all that the state knows about it.
#[derive(Debug)]
pub(super) struct Act {
    pub(super) key: OpKey,
    /// With its ids.
    pub(super) op: Op,
    /// With its ids.
    pub(super) precondition: Precondition,
    /// For the next call.
    pub(super) token: RetryToken,
    /// For the call after one that is known to be over or whose token the service takes no more.
    pub(super) spare: RetryToken,
    /// When the token was used first, for one that an earlier run left.
    pub(super) since: Option<Timestamp>,
    /// Whether an earlier run made a call of which nobody knows whether it was served.
    pub(super) asked_before: bool,
    /// The work request of that call.
    pub(super) ticket: Option<Ticket>,
    /// Of an update: what it leads to, where this very plan has run before and may have done it.
    pub(super) leads_to: Option<Level>,
    /// Whether this very plan has run before, so that what it asks of a group may be done.
    pub(super) runs_again: bool,
    /// Of a boot: what is on record of one that was asked for before.
    pub(super) boot: Option<BootRecord>,
    /// Open work of other ops on the same instance or group, left by earlier runs.
    pub(super) earlier: Vec<(OpKey, Ticket)>,
}

/// What came of a step.
#[derive(Debug)]
pub(super) enum Report {
    /// It holds now.
    Done {
        /// Whether it held before any call.
        already: bool,
        /// The id of what was made or found.
        id: Option<Ocid>,
        /// The display name of the instance it touched.
        name: Option<Arc<str>>,
    },
    /// It does not.
    Failed {
        /// Why.
        message: String,
        /// Whether the call is known to be over. What is not stays in the state with its token and ticket.
        over: bool,
        /// Whether that is the instance's doing: its work failed, or takes too long. A service that is down is not.
        own: bool,
    },
    /// It must not be tried.
    Refused {
        /// Why.
        message: String,
    },
    /// The instance is at its level.
    AtLevel {
        /// How many managed packages stand beside the release.
        extra: usize,
    },
    /// Nothing is outstanding that an update installs; what keeps the instance below its level is the schedule's.
    Updated,
    /// The instance is below its level.
    BelowLevel {
        /// By what.
        message: String,
    },
    /// The instance was booted, and does not run what it was to run or still waits for a reboot.
    Unbooted {
        /// By what that shows.
        message: String,
        /// The same, for the record.
        failed: FailedBoot,
    },
    /// It was for several instances, and is over on some of them at least.
    Crew {
        /// On whom it is, and on whom it failed or goes on.
        crew: Crew,
        /// The display names of instances that it touched, where they were seen.
        names: BTreeMap<Ocid, Arc<str>>,
    },
    /// Those who went first were asked how they are.
    Asked(super::gate::Asked),
    /// Its group may not be touched any more: what is left of it is for later.
    Kept {
        /// By what, for people.
        message: String,
        /// Until when, where that is known.
        until: Option<Timestamp>,
    },
    /// The run was stopped first.
    Stopped,
}

/// Brings an op about, or finds out why not.
pub(super) async fn act<C: Cloud>(desk: &mut Desk<C>, job: Act) -> Result<Report, Halt> {
    let Act { key, mut op, precondition, mut token, spare, mut since, mut asked_before, ticket, .. } = job;
    let mut crew = Crew::default();

    let mut spare = Some(spare);
    let mut earlier = job.earlier;
    // How an earlier call ended that was not done on all.
    let mut before: Option<Crew> = None;
    // Whether the service has said that an earlier boot is over.
    let mut ended = false;
    // Safety rule 6: tickets of earlier runs come first.
    if asked_before {
        desk.tell(Event::Resuming { op: key.clone(), ticket: ticket.clone() });
    }
    if let Some(ticket) = ticket {
        let waited = since.map_or(Duration::ZERO, |since| {
            desk.now().duration_since(since).try_into().unwrap_or(Duration::ZERO)
        });
        match wait(desk, &ticket, instances(&op), Age::Old(waited)).await? {
            // A token of work that failed would be answered with that same work: the new call needs a new one. So does
            // one for instances that the old work was not for.
            // What failed between two runs counts like what fails in one, and may be one too many.
            end @ WorkEnd::Failed(_) => {
                if desk.fell(fallen(&op, &end)).await? {
                    return Ok(worked(end, crew, &Observed::default()));
                }
                record_end(desk, key.clone(), end).await?;
                (token, since, asked_before) = (spare.take().unwrap_or(token), None, false);
            }
            WorkEnd::Crew(seen) if seen.open.is_empty() && !seen.has_done(instances(&op)) => {
                let end = WorkEnd::Crew(seen.clone());
                // Recorded as this step's end: what is asked again would count anew once somebody has resumed.
                if desk.fell(fallen(&op, &end)).await? {
                    return Ok(worked(end, crew, &Observed::default()));
                }
                before = Some(seen);
                (token, since, asked_before) = (spare.take().unwrap_or(token), None, false);
            }
            // Of several calls that one is over; what is left of them is seen then.
            WorkEnd::Succeeded if Series::is_one(&op) => {}
            WorkEnd::Succeeded if is_reboot(&op) => ended = true,
            end => return Ok(worked(end, crew, &Observed::default())),
        }
        desk.take_slot().await?;
    }

    // A boot that an earlier run asked for answers for this one only as long as it goes on.
    let mut stood = None;
    if let (Op::Reboot { instance, kernel }, Some(boot)) = (&op, &job.boot)
        && boot.failed.is_none()
    {
        let open = asked_before.then_some(ended);
        match boot::earlier(desk, (instance, kernel.as_deref()), boot, open).await? {
            Earlier::Open => stood = Some(boot.before.clone()).filter(|_| since.is_some()),
            Earlier::Well => {}
            Earlier::Known(report) => return Ok(report),
            Earlier::Over => {
                let (finish, at) = (Finish::Done, desk.now());
                desk.record(Entry::Finished { key: key.clone(), finish, effect: None, at }).await?;
                (token, since, asked_before) = (spare.take().unwrap_or(token), None, false);
            }
        }
        desk.take_slot().await?;
    }

    let mut waits = desk.waits();
    let mut journaled = false;
    let mut calls = 0;
    let mut last_error = None;
    let mut series = Series::default();
    let begun = Instant::now();
    loop {
        let called = calls > 0;
        // Safety rule 2: look again at what the step touches; skip it when it already holds.
        let seen = look(desk, &op).await?;
        // A call for a group whose answer was lost is made again with its token, which has the service name the work
        // that is to be waited for.
        let unheard = op.crew().is_some() && (called || (asked_before && since.is_some()));
        if !unheard && seen.satisfies(&op) {
            // A group has what it was to have; not so the members on whom it failed, and they are not to be forgotten.
            return Ok(match before {
                Some(crew) => worked(WorkEnd::Crew(crew), Crew::default(), &seen),
                None => done(&seen, &op, !called && !series.has_begun(), None),
            });
        }
        // Work of another op on the instance is waited for, so that no repository is changed under a running update
        // and no second update stands beside it.
        if let Some((other, ticket)) = earlier.pop() {
            desk.tell(Event::Resuming { op: other.clone(), ticket: Some(ticket.clone()) });
            match wait(desk, &ticket, instances(&op), Age::Other).await? {
                WorkEnd::Open(message) => return Ok(Report::Failed { message, over: false, own: false }),
                WorkEnd::Late(message) => return Ok(Report::Failed { message, over: false, own: true }),
                WorkEnd::Crew(Crew { open, .. }) if !open.is_empty() => {
                    let message = open.into_iter().next().map(|(_, message)| message).unwrap_or_default();
                    return Ok(Report::Failed { message, over: false, own: false });
                }
                // It goes on for others, who are waited for by the plan.
                WorkEnd::Crew(Crew { over: false, .. }) => {}
                end => record_end(desk, other, end).await?,
            }
            desk.take_slot().await?;
            continue;
        }
        // An update of ours whose answer was lost shows as open work of the instance (safety rules 4 and 6).
        if (called || asked_before)
            && let Some(ticket) = open_work(&seen, &op)
        {
            desk.record(Entry::Ticketed { key: key.clone(), ticket: ticket.clone() }).await?;
            match wait(desk, &ticket, &[], Age::Old(Duration::ZERO)).await? {
                WorkEnd::Succeeded if Series::is_one(&op) => {
                    series.over();
                    calls = 0;
                    desk.take_slot().await?;
                    continue;
                }
                end => return Ok(worked(end, crew, &seen)),
            }
        }
        // No call that the journal knows as done is made again: an update shows only in what it led to.
        if !called
            && let Some(level) = &job.leads_to
            && verify::are_updated(desk, op.installs(), level).await?
        {
            return Ok(done(&seen, &op, true, None));
        }
        if let (Op::EnforceGroup { instances, adjusts, .. }, true, false) = (&op, job.runs_again, called)
            && series::are_adjusted(desk, instances, adjusts).await?
        {
            return Ok(done(&seen, &op, true, None));
        }
        if let Some(message) = last_error.take_if(|_| calls == ATTEMPTS) {
            return Ok(Report::Failed {
                message: format!(
                    "{message}; asked {ATTEMPTS} times, whether it was served is not known, the next run asks with \
                     the same token"
                ),
                over: false,
                own: false,
            });
        }
        // Who cannot join does not keep the others from it.
        if let (Op::Enroll { instances, .. }, false) = (&mut op, unheard) {
            let barred = instances.iter().filter_map(|id| Some((id.clone(), barred(&seen, id)?)));
            crew.failed.extend(barred.collect::<Vec<_>>());
            instances.retain(|id| !crew.failed.iter().any(|(failed, _)| failed == id));
            if instances.is_empty() {
                let message = crew.failed.first().map(|(_, why)| why.clone()).unwrap_or_default();
                return Ok(Report::Refused { message });
            }
        }
        if let Some(message) = objection(&seen, &op, &precondition, unheard) {
            // Whoever goes amid what takes several calls has begun it: that is his own failure.
            let own = Series::is_one(&op) && (series.has_begun() || asked_before) && is_lost(&seen, &op);
            return Ok(if called || series.has_begun() || own {
                Report::Failed { message, over: false, own }
            } else {
                Report::Refused { message }
            });
        }
        // Nobody is booted into a kernel that is not there; right after an update the list of what is may be of before it.
        if let Some(message) = boot::lacks_kernel(&seen, &op) {
            if begun.elapsed() >= desk.settings().verify_patience {
                return Ok(Report::Failed { message, over: true, own: true });
            }
            desk.free_slot();
            desk.retry(message, waits.next()).await?;
            desk.take_slot().await?;
            continue;
        }
        if let Some(message) = boot::stands(&seen, &op, job.boot.as_ref()) {
            return Ok(Report::Refused { message });
        }
        // What is left of it was asked for in this run: reading back in the end shows whether it is there.
        let Some(call) = series.next(&op, &token, &seen) else {
            return Ok(done(&seen, &op, false, None));
        };
        // The hours of a group, a pause and a stop are asked for again before each call: there may have been a long wait.
        if let Some((message, until)) = desk.kept().await? {
            return Ok(Report::Kept { message, until });
        }
        // Safety rule 6: after a signal nothing more is submitted, nor journaled as if it were.
        desk.go_on()?;
        // Safety rules 3 and 4: *started*, with the token, is durable before the call. One that is used again keeps
        // the time of its first use, from which its 24 hours run.
        if !journaled {
            if let Some(crew) = before.take() {
                record_end(desk, key.clone(), WorkEnd::Crew(crew)).await?;
            }
            let at = since.unwrap_or_else(|| desk.now());
            let unproves = op.unproves().to_vec();
            if let Op::Reboot { instance, .. } = &op {
                let now = seen.instances.get(instance).map(Instance::standing);
                stood = stood.take().filter(|_| since.is_some()).or(now);
            }
            let (key, token, boots) = (key.clone(), token.clone(), stood.clone());
            desk.record(Entry::Started { key, token, unproves, boots, at }).await?;
            journaled = true;
        }
        let answer = {
            let (op, token) = (&*call.op, &call.token);
            desk.call(|cloud| async move { cloud.submit(op, token).await }).await
        };
        calls += 1;
        match answer {
            Ok(Submitted::Done { created: None }) if makes_something(&op) => return made(desk, &op).await,
            Ok(Submitted::Done { .. }) if is_reboot(&op) => {
                return up(desk, &op, stood.as_ref(), false).await;
            }
            Ok(Submitted::Done { created }) => return Ok(done(&seen, &op, false, created)),
            // Safety rule 3: the ticket is durable as soon as it is known.
            Ok(Submitted::Pending { ticket }) => {
                desk.record(Entry::Ticketed { key: key.clone(), ticket: ticket.clone() }).await?;
                match wait(desk, &ticket, instances(&op), Age::New).await? {
                    WorkEnd::Succeeded if Series::is_one(&op) => {
                        series.over();
                        (calls, last_error) = (0, None);
                        desk.take_slot().await?;
                    }
                    WorkEnd::Succeeded if is_reboot(&op) => return up(desk, &op, stood.as_ref(), true).await,
                    end => return Ok(worked(end, crew, &seen)),
                }
            }
            // Safety rule 4: read back, then ask again with the same token.
            Err(Halt::Cloud(error)) if transient(&error) => {
                last_error = Some(error.to_string());
                desk.retry(error.to_string(), waits.next()).await?;
            }
            Err(Halt::Cloud(error)) => {
                if is_token_refused(&error)
                    && let Some(fresh) = spare.take()
                {
                    (token, since, journaled) = (fresh, None, false);
                    last_error = Some(error.to_string());
                    continue;
                }
                return refused(desk, &op, &error).await;
            }
            Err(stopped) => return Err(stopped),
        }
    }
}

/// Tells whether the service does not know the instance that an op is for any more, or does not reach it.
fn is_lost(seen: &Observed, op: &Op) -> bool {
    let seen = op.instance().map(|id| seen.instances.get(id));
    seen.is_some_and(|seen| seen.is_none_or(|seen| !seen.status.takes_work()))
}

/// Waits until an instance is up again that was just asked to boot.
async fn up<C: Cloud>(
    desk: &mut Desk<C>,
    op: &Op,
    before: Option<&Standing>,
    ended: bool,
) -> Result<Report, Halt> {
    let (Some(instance), Some(before)) = (op.instance(), before) else {
        return Ok(Report::Done { already: false, id: None, name: None });
    };
    let asked = Asked { before, at: desk.now(), ended };
    boot::awaited(desk, instance, asked).await
}

/// The service has made something and not said what: it is found by its tags.
async fn made<C: Cloud>(desk: &Desk<C>, op: &Op) -> Result<Report, Halt> {
    let seen = look(desk, op).await?;
    if seen.satisfies(op) {
        return Ok(done(&seen, op, false, None));
    }
    let message = "the service says that it is made and does not list it; the next run looks for its tags";
    Ok(Report::Failed { message: message.to_owned(), over: false, own: false })
}

/// The service said no. It may say so because the thing is done ("already attached"), so look before believing it.
async fn refused<C: Cloud>(desk: &Desk<C>, op: &Op, error: &CloudError) -> Result<Report, Halt> {
    let mut message = error.to_string();
    // A look that fails adds nothing; what the service said stands.
    if let Ok(seen) = look(desk, op).await {
        if seen.satisfies(op) {
            return Ok(done(&seen, op, false, None));
        }
        if let Op::Switch { instance, .. } = op
            && seen.instances.get(instance).is_some_and(|seen| seen.parent.is_none())
        {
            message.push_str("; the instance has no software source now, applying again attaches it");
        }
    }
    // What it says of this very instance, or of what is asked of it, is not that it is down or that nobody may ask.
    let own = matches!(error, CloudError::Service { status: 400 | 404 | 409 | 412 | 422, .. });
    Ok(Report::Failed { message, over: true, own })
}

/// Returns the instances that an op for several is waited for on.
fn instances(op: &Op) -> &[Ocid] {
    op.crew().map_or(&[], |(_, instances)| instances)
}

/// Tells why an instance cannot be taken into a group now, if it cannot.
fn barred(seen: &Observed, id: &Ocid) -> Option<String> {
    let Some(known) = seen.instances.get(id) else { return Some(Breach::InstanceGone.to_string()) };
    let ticket = known.open_work.first()?;
    Some(Breach::OpenWork { ticket: ticket.to_string() }.to_string())
}

/// Reports how work ended; `before` is what of it failed before it was asked for.
fn worked(end: WorkEnd, before: Crew, seen: &Observed) -> Report {
    match end {
        WorkEnd::Crew(mut crew) => {
            before.failed.into_iter().for_each(|(id, message)| crew.miss(id, message));
            let names = seen.instances.iter().map(|(id, seen)| (id.clone(), seen.name.clone())).collect();
            Report::Crew { crew, names }
        }
        WorkEnd::Succeeded => Report::Done { already: false, id: None, name: None },
        WorkEnd::Failed(message) => Report::Failed { message, over: true, own: true },
        WorkEnd::Open(message) => Report::Failed { message, over: false, own: false },
        WorkEnd::Late(message) => Report::Failed { message, over: false, own: true },
    }
}

fn done(seen: &Observed, op: &Op, already: bool, created: Option<Ocid>) -> Report {
    // Safety rule 5: one that a crash left unrecorded is found by its tags and adopted.
    let by_tags = || match op {
        Op::CreateSource { owner, .. } => {
            let ours = seen.sources.iter().find(|(_, source)| source.owner.as_ref() == Some(owner));
            ours.map(|(id, _)| id.clone())
        }
        Op::CreateGroup { owner, .. } => {
            let ours = seen.groups.iter().find(|(_, group)| group.owner.as_ref() == Some(owner));
            ours.map(|(id, _)| id.clone())
        }
        Op::CreateSchedule { group, owner, .. } => {
            let ours = seen.schedules.iter().find(|(_, schedule)| {
                schedule.owner.as_ref() == Some(owner) && schedule.group.as_ref() == Some(&group.group)
            });
            ours.map(|(id, _)| id.clone())
        }
        Op::CreateProfile { group, owner, .. } => {
            let target = seen.group_id(group);
            let ours = seen
                .profiles
                .iter()
                .find(|(_, profile)| profile.owner.as_ref() == Some(owner) && profile.group == target);
            ours.map(|(id, _)| id.clone())
        }
        _ => None,
    };
    let instance = op.instance().and_then(|id| seen.instances.get(id));
    Report::Done { already, id: created.or_else(by_tags), name: instance.map(|seen| seen.name.clone()) }
}

fn open_work(seen: &Observed, op: &Op) -> Option<Ticket> {
    match op {
        Op::Update { instance, .. }
        | Op::Patch { instance, .. }
        | Op::Enforce { instance, .. }
        | Op::EnableStreams { instance, .. } => seen.instances.get(instance)?.open_work.first().cloned(),
        _ => None,
    }
}

fn is_reboot(op: &Op) -> bool {
    matches!(op, Op::Reboot { .. })
}

fn makes_something(op: &Op) -> bool {
    matches!(
        op,
        Op::CreateSource { .. }
            | Op::CreateGroup { .. }
            | Op::CreateSchedule { .. }
            | Op::CreateProfile { .. }
    )
}

/// The service may drop tokens before their time; what it knew of the call is gone with them.
fn is_token_refused(error: &CloudError) -> bool {
    matches!(error, CloudError::Service { code, .. } if code == "InvalidatedRetryToken")
}
