//! Waiting for work that the service has accepted.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::Event;
use super::desk::{Desk, Halt};
use crate::cloud::{Cloud, CloudError, Part, Progress};
use crate::name::Ocid;
use crate::observed::{Breach, Scope, Sighting};
use crate::op::{Op, OpKey, Ticket};
use crate::state::{Entry, Finish};

/// How accepted work ended for us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WorkEnd {
    /// The service says that it is done.
    Succeeded,
    /// It failed, or the service knows nothing of it.
    Failed(String),
    /// It is not known to be over, and nobody answers that. The ticket stays in the state.
    Open(String),
    /// It goes on for longer than is waited for. The ticket stays in the state.
    Late(String),
    /// It was for several instances, and some of it, or all, is over.
    Crew(Crew),
}

/// How accepted work for several instances ended, for those that were waited for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Crew {
    /// The work request.
    pub(super) ticket: Option<Ticket>,
    /// Those of whom the service says that it is done.
    pub(super) done: Vec<Ocid>,
    /// Those on which it failed, and why.
    pub(super) failed: Vec<(Ocid, String)>,
    /// Those of them that it has no part for, so that there is nothing of it to do again.
    pub(super) partless: Vec<Ocid>,
    /// Those on which it is not over, and for which we wait no longer.
    pub(super) open: Vec<(Ocid, String)>,
    /// Whether the work request is over on all it is for, waited for or not.
    pub(super) over: bool,
}

impl Crew {
    /// Tells whether it is done on nobody of whom it was asked.
    pub(super) fn is_lost(&self) -> bool {
        self.done.is_empty() && !(self.failed.is_empty() && self.open.is_empty())
    }

    /// Says why, of one that is.
    pub(super) fn loss(&self) -> String {
        let many = self.failed.len() + self.open.len();
        let first = self.failed.iter().chain(&self.open).next();
        let message = first.map(|(_, message)| message.clone()).unwrap_or_default();
        if many > 1 { format!("on all {many} instances: {message}") } else { message }
    }

    /// Tells whether it is done on all of these.
    pub(super) fn has_done(&self, instances: &[Ocid]) -> bool {
        instances.iter().all(|id| self.done.contains(id))
    }

    /// Takes in one on which it failed, and for which there is no part of it.
    pub(super) fn miss(&mut self, id: Ocid, message: String) {
        self.partless.push(id.clone());
        self.failed.push((id, message));
    }

    fn of(ticket: &Ticket, (wanted, age): (&[Ocid], Age), parts: &BTreeMap<Ocid, Part>, over: bool) -> Self {
        let mut crew = Self { ticket: Some(ticket.clone()), over, ..Self::default() };
        // Who became a member only after it was asked for has no part in it, however long somebody else keeps it open.
        let complete = age != Age::New && !parts.is_empty();
        for id in wanted {
            match parts.get(id) {
                Some(Part::Succeeded) => crew.done.push(id.clone()),
                Some(Part::Failed { message }) => {
                    crew.failed.push((id.clone(), format!("work request {ticket} failed: {message}")));
                }
                None if complete && age == Age::Other => {}
                None if complete && !over => {
                    crew.miss(id.clone(), format!("work request {ticket} has no part for it"));
                }
                _ if over => {
                    crew.miss(id.clone(), format!("work request {ticket} is over and did nothing for it"));
                }
                _ => crew.open.push((id.clone(), String::new())),
            }
        }
        crew
    }
}

/// Whether a ticket was handed out just now, or earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    /// Just now: there is time before the first question.
    New,
    /// So long ago: it may be over.
    Old(Duration),
    /// Earlier, by another op, so that it may be over, or not be for those who are waited for.
    Other,
}

/// How long the service may say nothing of accepted work before we ask no more: an outage that lasts longer is somebody's
/// to look at, and the work runs on without us.
const DARKNESS: Duration = Duration::from_secs(10 * 60);

/// Asks after accepted work, at growing intervals, until it ends or the patience for it does.
///
/// Of work for several instances, those of `crew` are waited for; what others have of it may go on.
pub(super) async fn wait<C: Cloud>(
    desk: &mut Desk<C>,
    ticket: &Ticket,
    crew: &[Ocid],
    age: Age,
) -> Result<WorkEnd, Halt> {
    let begun = Instant::now();
    let mut waits = desk.waits();
    let mut percent = 0;
    let mut picked_up = false;
    let (mut asked, waited) = match age {
        Age::New => (false, Duration::ZERO),
        Age::Old(waited) => (true, waited),
        Age::Other => (true, Duration::ZERO),
    };
    let mut dark: Option<Instant> = None;
    let mut so_far: Option<Crew> = None;
    loop {
        let trouble = if asked {
            match poll(desk, ticket, (crew, age)).await? {
                Look::Over(end) => return Ok(end),
                Look::Going(now, parts) => {
                    (percent, dark) = (now.unwrap_or_default(), None);
                    picked_up |= now.is_some();
                    so_far = parts;
                    None
                }
                Look::Dark(reason) if dark.is_some_and(|since| since.elapsed() >= DARKNESS) => {
                    return Ok(WorkEnd::Open(format!(
                        "{reason}; work request {ticket} runs on, and the next run looks it up first"
                    )));
                }
                Look::Dark(reason) => {
                    dark.get_or_insert_with(Instant::now);
                    Some(reason)
                }
            }
        } else {
            None
        };
        asked = true;
        let patience = desk.settings().work_patience;
        if waited + begun.elapsed() >= patience {
            let patience = span(patience);
            let what = match picked_up {
                true => format!("work request {ticket} has not ended in {patience} (`work_timeout`)"),
                false => {
                    format!("no agent has picked up work request {ticket} in {patience} (`work_timeout`)")
                }
            };
            let message =
                format!("{what}; it stays open in the service, and the instance is held until it is over");
            return Ok(match so_far {
                Some(mut crew) => {
                    crew.open.iter_mut().for_each(|(_, why)| why.clone_from(&message));
                    WorkEnd::Crew(crew)
                }
                None => WorkEnd::Late(message),
            });
        }
        // Waiting takes no slot: thousands of instances may be at work at once.
        desk.free_slot();
        let next = waits.next();
        match (trouble, desk.step()) {
            (Some(reason), _) => desk.retry(reason, next).await?,
            (None, Some(step)) => {
                desk.tell(Event::Waiting { step, ticket: ticket.clone(), percent });
                desk.pause(next).await?;
            }
            (None, None) => desk.pause(next).await?,
        }
    }
}

/// Asks once after work of an earlier run that no step of this plan is about, and records it when it is over.
pub(super) async fn settle<C: Cloud>(desk: &Desk<C>, key: OpKey, ticket: &Ticket) -> Result<(), Halt> {
    desk.tell(Event::Resuming { op: key.clone(), ticket: Some(ticket.clone()) });
    match poll(desk, ticket, (&[], Age::Other)).await? {
        Look::Over(end) => record_end(desk, key, end).await,
        Look::Going(..) | Look::Dark(_) => Ok(()),
    }
}

/// Returns on whom of an op its work failed, and how; not those who had no part in it.
pub(super) fn fallen(op: &Op, end: &WorkEnd) -> Vec<(Ocid, String)> {
    let crew = op.crew().map_or(&[][..], |(_, instances)| instances);
    match end {
        WorkEnd::Failed(why) => {
            op.instance().into_iter().chain(crew).map(|id| (id.clone(), why.clone())).collect()
        }
        WorkEnd::Crew(seen) => {
            seen.failed.iter().filter(|(id, _)| !seen.partless.contains(id)).cloned().collect()
        }
        WorkEnd::Succeeded | WorkEnd::Open(_) | WorkEnd::Late(_) => Vec::new(),
    }
}

/// Records that work of an earlier run is over.
pub(super) async fn record_end<C: Cloud>(desk: &Desk<C>, key: OpKey, end: WorkEnd) -> Result<(), Halt> {
    let finish = match end {
        WorkEnd::Succeeded => Finish::Done,
        WorkEnd::Crew(crew) if !crew.open.is_empty() => return Ok(()),
        WorkEnd::Crew(crew) => match crew.failed.into_iter().next() {
            Some((_, message)) => Finish::Failed { message },
            None => Finish::Done,
        },
        WorkEnd::Failed(message) => Finish::Failed { message },
        WorkEnd::Open(_) | WorkEnd::Late(_) => return Ok(()),
    };
    desk.record(Entry::Finished { key, finish, effect: None, at: desk.now() }).await
}

/// Writes a length of time in the largest unit that it is whole in.
fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => format!("{seconds} s"),
        _ if seconds.is_multiple_of(3_600) => format!("{} h", seconds / 3_600),
        _ if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}

/// What one question brought.
enum Look {
    Over(WorkEnd),
    /// How far it is, of 100; none before an agent has picked it up. And on whom it has ended, where it is for several.
    Going(Option<u8>, Option<Crew>),
    /// No answer that says anything about the work.
    Dark(String),
}

async fn poll<C: Cloud>(desk: &Desk<C>, ticket: &Ticket, (crew, age): (&[Ocid], Age)) -> Result<Look, Halt> {
    desk.go_on()?;
    let asked = desk.ask(|cloud| async move { cloud.poll(ticket).await }).await;
    Ok(match asked {
        Ok(Progress::Succeeded) => Look::Over(WorkEnd::Succeeded),
        Ok(Progress::Failed { message }) => {
            Look::Over(WorkEnd::Failed(format!("work request {ticket} failed: {message}")))
        }
        Ok(Progress::Accepted { .. }) => Look::Going(None, None),
        Ok(Progress::Running { percent }) => Look::Going(Some(percent), None),
        Ok(Progress::Parts { parts, over }) => {
            let mut seen = Crew::of(ticket, (crew, age), &parts, over);
            give_up_the_gone(desk, &parts, &mut seen).await;
            if over || (seen.open.is_empty() && !crew.is_empty()) {
                return Ok(Look::Over(WorkEnd::Crew(seen)));
            }
            let picked_up = parts.values().any(|part| !matches!(part, Part::Accepted));
            let ended = crew.len() - seen.open.len();
            let percent = u8::try_from(ended * 100 / crew.len().max(1)).unwrap_or(100);
            Look::Going(picked_up.then_some(percent), Some(seen))
        }
        Err(Halt::Cloud(error)) if transient(&error) => Look::Dark(error.to_string()),
        Err(Halt::Cloud(CloudError::Service { status: 404, .. })) => {
            Look::Over(WorkEnd::Failed(format!("the service no longer knows work request {ticket}")))
        }
        // The question was refused, which says nothing about the work.
        Err(Halt::Cloud(error)) => Look::Over(WorkEnd::Open(error.to_string())),
        Err(stopped) => return Err(stopped),
    })
}

/// Waits no longer for whoever is gone. No part comes for one that was gone before the work was accepted, and the whole
/// may stay open for a day because of another whom the service does not reach. Looked at only where all that have a
/// part are done: until then there may be parts to come.
async fn give_up_the_gone<C: Cloud>(desk: &Desk<C>, parts: &BTreeMap<Ocid, Part>, crew: &mut Crew) {
    if (crew.done.is_empty() && crew.failed.is_empty())
        || crew.open.iter().any(|(id, _)| parts.contains_key(id))
    {
        return;
    }
    for (id, message) in std::mem::take(&mut crew.open) {
        match desk.read(&Scope::Standing(id.clone())).await {
            Ok(Sighting::Instance(_, None)) => crew.miss(id, Breach::InstanceGone.to_string()),
            _ => crew.open.push((id, message)),
        }
    }
}

/// Tells whether the same call may well be answered a little later.
pub(super) fn transient(error: &CloudError) -> bool {
    error.is_ambiguous() || matches!(error, CloudError::Service { status: 429, .. } | CloudError::Down { .. })
}
