//! The circuit breaker: a service that fails every call is not asked again and again by everybody.
//!
//! It opens when calls have failed one after the other for long enough that no short restart explains it, and no call
//! has succeeded meanwhile. From then on calls fail at once, with what the last one failed with; every few seconds one
//! of them goes through all the same, and its success closes the circuit. Reading and changing calls have a circuit
//! each: a service that can write no more still answers reads. A refusal that answers the call (404, 409), and 429,
//! which says "later" and not "never", are no failures here.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// How many attempts must have failed in a row.
const FAILURES: u32 = 5;
/// For how long they must have done so. A server that is restarted is back by then.
const LASTING: Duration = Duration::from_secs(15);
/// A call that hung for so long and was never answered says more than one that failed at once ...
const HANGING: Duration = Duration::from_secs(50);
/// ... and so many of them are enough.
const HANGS: u32 = 2;
/// Between two calls that go through an open circuit.
const PROBE_EVERY: Duration = Duration::from_secs(3);

/// One circuit.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    state: Mutex<State>,
    opened: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Failures since the last success; none when the last call succeeded.
    streak: Option<Streak>,
    /// When the next call may go through, while the circuit is open.
    probe: Option<Instant>,
}

#[derive(Debug)]
struct Streak {
    failures: u32,
    /// Those that were not answered for long.
    hangs: u32,
    since: Instant,
    last: String,
    first_call: String,
    /// Whether more than one call failed, or nobody answered: else it may be this one call that the service fails at,
    /// and the others go through.
    general: bool,
}

/// An attempt that failed.
#[derive(Debug)]
pub(super) struct Failed<'a> {
    /// Its path, which tells calls apart.
    pub(super) call: &'a str,
    /// When it was begun.
    pub(super) since: Instant,
    /// Whether the service answered it.
    pub(super) answered: bool,
    /// With what, for people: status, code, request id.
    pub(super) last: String,
}

impl Breaker {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a call through, named by its path, or says why it is not made.
    pub(super) fn admit(&self, call: &str) -> Result<(), String> {
        let mut state = self.state();
        let (Some(probe), Some(streak)) = (state.probe, &state.streak) else { return Ok(()) };
        if !streak.general && streak.first_call != call {
            return Ok(());
        }
        let now = Instant::now();
        if now >= probe {
            state.probe = Some(now + PROBE_EVERY);
            return Ok(());
        }
        Err(format!(
            "its last {} calls failed, for {} s now; the last one with {}",
            streak.failures,
            now.duration_since(streak.since).as_secs(),
            streak.last
        ))
    }

    /// Takes note of a call that the service has answered, if only with a refusal.
    pub(super) fn succeeded(&self) {
        let mut state = self.state();
        (state.streak, state.probe) = (None, None);
    }

    /// Takes note of an attempt that failed.
    pub(super) fn failed(&self, failed: Failed<'_>) {
        let Failed { call, since, answered, last } = failed;
        let mut state = self.state();
        let streak = state.streak.get_or_insert_with(|| Streak {
            failures: 0,
            hangs: 0,
            since,
            last: String::new(),
            first_call: call.to_owned(),
            general: false,
        });
        streak.failures += 1;
        streak.hangs += u32::from(!answered && since.elapsed() >= HANGING);
        streak.since = streak.since.min(since);
        streak.last = last;
        streak.general |= !answered || streak.first_call != call;
        let many = streak.failures >= FAILURES && streak.since.elapsed() >= LASTING;
        let hanging = streak.hangs >= HANGS;
        if (many || hanging) && state.probe.is_none() {
            state.probe = Some(Instant::now() + PROBE_EVERY);
            self.opened.notify_waiters();
        }
    }

    /// Tells whether it is open.
    pub(super) fn is_open(&self) -> bool {
        self.state().probe.is_some()
    }

    /// Waits so long, or until the circuit opens.
    pub(super) async fn pause(&self, wait: Duration) {
        let opened = self.opened.notified();
        if self.is_open() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = opened => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(breaker: &Breaker, call: &str, answered: bool) {
        let last = "503 ServiceUnavailable (opc-request-id X)".to_owned();
        breaker.failed(Failed { call, since: Instant::now(), answered, last });
    }

    async fn sleep(seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn it_opens_after_enough_failures_that_last_and_says_what_the_last_one_was() {
        let breaker = Breaker::default();
        for _ in 0..20 {
            fail(&breaker, "a", true);
            fail(&breaker, "b", true);
        }
        assert_eq!(breaker.admit("a"), Ok(()), "a short restart opens nothing");
        sleep(15).await;
        fail(&breaker, "a", true);
        assert_eq!(
            breaker.admit("a").unwrap_err(),
            "its last 41 calls failed, for 15 s now; the last one with 503 ServiceUnavailable (opc-request-id X)"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_success_begins_the_count_anew() {
        let breaker = Breaker::default();
        for _ in 0..5 {
            fail(&breaker, "a", false);
        }
        sleep(15).await;
        breaker.succeeded();
        fail(&breaker, "a", false);
        assert_eq!(breaker.admit("a"), Ok(()));
        for _ in 0..3 {
            fail(&breaker, "a", false);
        }
        sleep(20).await;
        assert_eq!(breaker.admit("a"), Ok(()), "four are not five");
        fail(&breaker, "a", false);
        assert!(breaker.admit("a").is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_that_the_service_fails_at_does_not_make_it_dead() {
        let breaker = Breaker::default();
        for _ in 0..4 {
            fail(&breaker, "a", true);
            sleep(4).await;
        }
        fail(&breaker, "a", true);
        assert!(breaker.admit("a").is_err(), "but it is itself given up");
        assert_eq!(breaker.admit("b"), Ok(()));
        fail(&breaker, "b", true);
        assert!(breaker.admit("c").is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn two_that_hang_for_a_minute_are_enough() {
        let breaker = Breaker::default();
        let since = Instant::now();
        sleep(60).await;
        for _ in 0..2 {
            assert_eq!(breaker.admit("a"), Ok(()));
            breaker.failed(Failed { call: "a", since, answered: false, last: String::new() });
        }
        assert!(breaker.admit("a").is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_goes_through_every_few_seconds_and_closes_it_by_its_success() {
        let breaker = Breaker::default();
        for _ in 0..5 {
            sleep(4).await;
            fail(&breaker, "a", false);
        }
        assert!(breaker.admit("a").is_err());
        sleep(3).await;
        assert_eq!((breaker.admit("a"), breaker.admit("a").is_err()), (Ok(()), true));
        fail(&breaker, "a", false);
        sleep(2).await;
        assert!(breaker.admit("a").is_err());
        sleep(1).await;
        assert_eq!(breaker.admit("a"), Ok(()));
        breaker.succeeded();
        assert_eq!((breaker.admit("a"), breaker.admit("a")), (Ok(()), Ok(())));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_to_try_again_is_woken_when_it_opens() {
        let breaker = Breaker::default();
        let begun = Instant::now();
        let waiting = breaker.pause(Duration::from_secs(30));
        let opening = async {
            for _ in 0..5 {
                sleep(4).await;
                fail(&breaker, "a", false);
            }
        };
        let ((), ()) = tokio::join!(waiting, opening);
        assert_eq!(begun.elapsed().as_secs(), 20);
        breaker.pause(Duration::from_secs(30)).await;
        assert_eq!(begun.elapsed().as_secs(), 20, "and nobody waits while it is open");
    }
}
