//! Having an instance's agent tell anew what is installed, for a service that shows what it was told last until it is
//! asked: what was patched since then, by hand or by work of the service, would be missing from the release.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::cli::{CliError, exit, random};
use crate::cloud::{Cloud, Part, Progress, Submitted};
use crate::name::Ocid;
use crate::op::{Op, RetryToken, Ticket};

/// How often an agent's work is asked after, and for how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// The first wait; each is twice the one before.
    pub(super) first: Duration,
    /// The longest.
    pub(super) longest: Duration,
    /// All together.
    pub(super) patience: Duration,
}

/// Asks for it, and waits until the agent has done it.
pub(super) async fn list<C: Cloud>(cloud: &C, id: &Ocid, name: &str, pace: Pace) -> Result<(), CliError> {
    let failed =
        |error| CliError::from(error).while_doing(format!("`{name}` could not list its packages anew"));
    let op = Op::RefreshInstance { instance: id.clone() };
    let token = RetryToken(random::hex()?);
    let ticket = match cloud.submit(&op, &token).await.map_err(failed)? {
        Submitted::Done { .. } => return Ok(()),
        Submitted::Pending { ticket } => ticket,
    };
    let begun = Instant::now();
    let mut wait = pace.first;
    loop {
        sleep(wait).await;
        match end(cloud.poll(&ticket).await.map_err(failed)?, id) {
            End::Done => return Ok(()),
            End::Failed(why) => return Err(refused(name, &ticket, &why)),
            End::Open if begun.elapsed() >= pace.patience => {
                return Err(refused(name, &ticket, "it has not ended in the train's `work_timeout`"));
            }
            End::Open => wait = (wait * 2).min(pace.longest),
        }
    }
}

enum End {
    Done,
    Failed(String),
    Open,
}

fn end(progress: Progress, id: &Ocid) -> End {
    match progress {
        Progress::Succeeded => End::Done,
        Progress::Failed { message } => End::Failed(message),
        Progress::Accepted { .. } | Progress::Running { .. } => End::Open,
        Progress::Parts { mut parts, over } => match parts.remove(id) {
            Some(Part::Succeeded) => End::Done,
            Some(Part::Failed { message }) => End::Failed(message),
            _ if over => End::Failed("it is over and did nothing".to_owned()),
            _ => End::Open,
        },
    }
}

fn refused(name: &str, ticket: &Ticket, why: &str) -> CliError {
    let message = format!("`{name}` could not list its packages anew (work request {ticket}): {why}");
    CliError::new(exit::ERROR, message).hint(
        "what the service knows of it may be older than what it has: look at its agent, and freeze again",
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::{Mutex, PoisonError};

    use super::*;
    use crate::cloud::CloudError;
    use crate::observed::{Scope, Sighting};

    /// A service that accepts the work and then tells this of it, the last for ever.
    struct Scripted(Mutex<Vec<Progress>>);

    impl Cloud for Scripted {
        async fn observe(&self, _: &Scope) -> Result<Sighting, CloudError> {
            panic!("nothing is looked at")
        }

        async fn submit(&self, op: &Op, _: &RetryToken) -> Result<Submitted, CloudError> {
            assert!(matches!(op, Op::RefreshInstance { .. }), "{op:?}");
            Ok(Submitted::Pending { ticket: Ticket("ocid1.work".to_owned()) })
        }

        async fn poll(&self, _: &Ticket) -> Result<Progress, CloudError> {
            let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(if told.len() > 1 { told.remove(0) } else { told[0].clone() })
        }
    }

    /// Returns how it ended and how long that took, in seconds.
    async fn listed(told: Vec<Progress>) -> (Result<(), String>, u64) {
        let pace = Pace {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(3),
            patience: Duration::from_secs(20),
        };
        let begun = Instant::now();
        let listed = list(&Scripted(Mutex::new(told)), &Ocid::new("a"), "golden", pace).await;
        (listed.map_err(|error| error.text(false)), begun.elapsed().as_secs())
    }

    fn parts(parts: &[(&str, Part)], over: bool) -> Progress {
        let parts: BTreeMap<Ocid, Part> =
            parts.iter().map(|(id, part)| (Ocid::new(id), part.clone())).collect();
        Progress::Parts { parts, over }
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_waited_for_at_growing_intervals() {
        let open = || [Progress::Accepted { since: None }, Progress::Running { percent: 5 }];
        let told = open().into_iter().chain(open()).chain([Progress::Succeeded]).collect();
        assert_eq!(listed(told).await, (Ok(()), 1 + 2 + 3 + 3 + 3));
        let told = vec![
            parts(&[], false),
            parts(&[("a", Part::Running)], false),
            parts(&[("a", Part::Succeeded)], false),
        ];
        assert_eq!(listed(told).await, (Ok(()), 1 + 2 + 3));
    }

    #[tokio::test(start_paused = true)]
    async fn packages_that_may_be_old_are_not_frozen() {
        let failed = |message: &str| Part::Failed { message: message.to_owned() };
        let table = [
            (Progress::Failed { message: "no agent".to_owned() }, "(work request ocid1.work): no agent", 1),
            (parts(&[("a", failed("no space"))], true), "no space", 1),
            (parts(&[("b", Part::Succeeded)], true), "did nothing", 1),
            (Progress::Running { percent: 1 }, "`work_timeout`", 1 + 2 + 6 * 3),
        ];
        for (told, why, after) in table {
            let (error, seconds) = listed(vec![told]).await;
            let error = error.unwrap_err();
            assert!(error.contains(why) && error.contains("look at its agent"), "{error}");
            assert_eq!(seconds, after, "{error}");
        }
    }
}
