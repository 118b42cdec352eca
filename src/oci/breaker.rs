//! The circuit breaker: a service that fails every call is not asked again and again by everybody.
//!
//! It opens when calls have failed one after the other for long enough that no short restart explains it, and the
//! service has given no sign of life meanwhile. From then on one call goes through every few seconds, and a sign of
//! life closes the circuit. The others wait for that at first: a few failures in a row come about by chance where one
//! call in six fails, and cost a moment then and no step. Only when the service has stayed dead through that wait do
//! calls fail at once, with what the last one failed with. Reading and changing calls have a circuit each: a service
//! that can write no more still answers reads. Signs of life are an answer, a refusal that answers the call (404, 409),
//! and 429, which says "later" and not "never": somebody is there to say it.

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
/// For how long an open circuit is waited at: two calls go through meanwhile, and both must fail.
const DOUBT: Duration = Duration::from_secs(8);

/// One circuit.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    state: Mutex<State>,
    /// It has opened or closed.
    turned: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Failures since the last sign of life; none when the last call gave one.
    streak: Option<Streak>,
    /// When the last sign of life came.
    alive: Option<Instant>,
    open: Option<Open>,
}

/// The circuit is open.
#[derive(Debug)]
struct Open {
    since: Instant,
    /// When the next call may go through.
    probe: Instant,
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

/// Why a call is not let through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shut {
    /// The service seems to be down; until then it is not known whether it is. See [`Breaker::hold`].
    Until(Instant),
    /// It is, for the reason given.
    Down(String),
}

impl Breaker {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a call through, named by its path, or says why it is not made.
    pub(super) fn admit(&self, call: &str) -> Result<(), Shut> {
        let state = &mut *self.state();
        let (Some(open), Some(streak)) = (&mut state.open, &state.streak) else { return Ok(()) };
        if !streak.general && streak.first_call != call {
            return Ok(());
        }
        let now = Instant::now();
        if now >= open.probe {
            open.probe = now + PROBE_EVERY;
            return Ok(());
        }
        let certain = open.since + DOUBT;
        if now < certain {
            return Err(Shut::Until(open.probe.min(certain)));
        }
        Err(Shut::Down(format!(
            "its last {} calls failed, for {} s now; the last one with {}",
            streak.failures,
            now.duration_since(streak.since).as_secs(),
            streak.last
        )))
    }

    /// Takes note of a call that the service has answered, if only with a refusal.
    pub(super) fn succeeded(&self) {
        let mut state = self.state();
        state.streak = None;
        state.alive = Some(Instant::now());
        if state.open.take().is_some() {
            self.turned.notify_waiters();
        }
    }

    /// Takes note of an attempt that failed.
    pub(super) fn failed(&self, failed: Failed<'_>) {
        let Failed { call, since, answered, last } = failed;
        let state = &mut *self.state();
        // For as long as others were answered beside it, it says nothing of the service.
        let since = state.alive.map_or(since, |alive| alive.max(since));
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
        if (many || hanging) && state.open.is_none() {
            let now = Instant::now();
            state.open = Some(Open { since: now, probe: now + PROBE_EVERY });
            self.turned.notify_waiters();
        }
    }

    /// Tells whether it is open.
    pub(super) fn is_open(&self) -> bool {
        self.state().open.is_some()
    }

    /// Waits so long, or until the circuit opens.
    pub(super) async fn pause(&self, wait: Duration) {
        let turned = self.turned.notified();
        if self.is_open() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = turned => {}
        }
    }

    /// Waits until then, or until the circuit closes.
    pub(super) async fn hold(&self, until: Instant) {
        let turned = self.turned.notified();
        if !self.is_open() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep_until(until) => {}
            () = turned => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(breaker: &Breaker, call: &str, answered: bool) {
        began(breaker, call, Instant::now(), answered);
    }

    fn began(breaker: &Breaker, call: &str, since: Instant, answered: bool) {
        let last = "503 ServiceUnavailable (opc-request-id X)".to_owned();
        breaker.failed(Failed { call, since, answered, last });
    }

    fn is_down(admitted: &Result<(), Shut>) -> bool {
        matches!(admitted, Err(Shut::Down(_)))
    }

    fn is_doubtful(admitted: &Result<(), Shut>) -> bool {
        matches!(admitted, Err(Shut::Until(_)))
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
        assert_eq!(breaker.admit("a"), Err(Shut::Until(Instant::now() + PROBE_EVERY)));
        for _ in 0..2 {
            sleep(3).await;
            assert_eq!(breaker.admit("a"), Ok(()));
            assert!(is_doubtful(&breaker.admit("a")));
            fail(&breaker, "a", true);
        }
        sleep(2).await;
        let why = "its last 43 calls failed, for 23 s now; the last one with 503 ServiceUnavailable (opc-request-id X)";
        assert_eq!(breaker.admit("a"), Err(Shut::Down(why.to_owned())));
    }

    #[tokio::test(start_paused = true)]
    async fn what_failed_while_others_were_answered_says_nothing_of_the_time_before() {
        let breaker = Breaker::default();
        let long_ago = Instant::now();
        sleep(60).await;
        breaker.succeeded();
        for _ in 0..20 {
            began(&breaker, "a", long_ago, false);
            began(&breaker, "b", Instant::now(), true);
        }
        assert_eq!(breaker.admit("a"), Ok(()), "neither fifteen seconds nor two calls that hung");
        sleep(15).await;
        fail(&breaker, "a", true);
        assert!(breaker.admit("a").is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn who_finds_it_open_waits_until_it_closes_or_is_certainly_dead() {
        let breaker = Breaker::default();
        let begun = Instant::now();
        for _ in 0..5 {
            sleep(4).await;
            fail(&breaker, "a", false);
        }
        let Err(Shut::Until(time)) = breaker.admit("a") else { panic!() };
        breaker.hold(time).await;
        assert_eq!(begun.elapsed().as_secs(), 23, "there is a probe then");
        assert_eq!(breaker.admit("a"), Ok(()));
        let Err(Shut::Until(time)) = breaker.admit("b") else { panic!() };
        let waiting = breaker.hold(time);
        let probing = async {
            sleep(1).await;
            breaker.succeeded();
        };
        let ((), ()) = tokio::join!(waiting, probing);
        assert_eq!((begun.elapsed().as_secs(), breaker.admit("b")), (24, Ok(())), "woken as it closes");
        breaker.hold(Instant::now() + Duration::from_secs(60)).await;
        assert_eq!(begun.elapsed().as_secs(), 24, "and nobody waits while it is closed");
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
        assert!(is_doubtful(&breaker.admit("a")));
        sleep(8).await;
        assert_eq!((breaker.admit("a"), is_down(&breaker.admit("a"))), (Ok(()), true));
        fail(&breaker, "a", false);
        sleep(2).await;
        assert!(is_down(&breaker.admit("a")));
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
