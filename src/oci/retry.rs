//! Whether and when a call is tried again: a pure function of what went wrong, how often, for how long, and a random
//! number. Sleeping is the client's.
//!
//! The rules are those of Oracle's SDKs (eight attempts in ten minutes; 429, 5xx but 501, 409 `IncorrectState`
//! and `LockConflict`, connection errors), with Object Storage's 409 for two writes at once, plus one: a call that the service cannot recognize as a repetition is only repeated where the
//! first one has certainly not been served. Whoever made it reads back first.

use std::time::Duration;

use jiff::Timestamp;

/// How patient a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How often a call is made at most, the first time included.
    pub attempts: u32,
    /// After how long no further attempt starts.
    pub total: Duration,
    /// The longest wait of its own choice; a service may ask for a longer one.
    pub longest: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self { attempts: 8, total: Duration::from_secs(600), longest: Duration::from_secs(30) }
    }
}

/// What went wrong with one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble<'a> {
    /// The service answered with an error.
    Status {
        /// The HTTP status.
        status: u16,
        /// The service's code.
        code: &'a str,
        /// What its `retry-after` asks for; see [`retry_after`].
        after: Option<Duration>,
    },
    /// No connection; nothing was sent.
    NotSent,
    /// No answer, and the request may have been served.
    Broken,
    /// Nothing was sent, and nothing will be.
    Hopeless,
}

impl Trouble<'_> {
    /// Tells whether the service may have done what it was asked for all the same.
    pub fn may_be_served(self) -> bool {
        match self {
            Self::Status { status, .. } => status >= 500 && status != 501 && status != 507,
            Self::Broken => true,
            Self::NotSent | Self::Hopeless => false,
        }
    }
}

/// What to do after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Wait so long and try again.
    Wait(Duration),
    /// Give up.
    Stop,
}

impl Policy {
    /// Decides. `attempt` counts from 1; `elapsed` is since the first attempt began; `jitter` is at least 0 and
    /// below 1; `repeatable` tells whether serving the call twice does no harm.
    pub fn next(
        &self,
        trouble: Trouble<'_>,
        repeatable: bool,
        attempt: u32,
        elapsed: Duration,
        jitter: f64,
    ) -> Next {
        let passes = match trouble {
            Trouble::Status { status: 429, .. } | Trouble::NotSent => true,
            Trouble::Status { status: 409, code, .. } => {
                matches!(code, "IncorrectState" | "LockConflict" | "ConcurrentObjectUpdate")
            }
            // What is not there, and a disk that is full (ours, of the simulator), are not there in 30 s either.
            Trouble::Status { status: 501 | 507, .. } => false,
            Trouble::Status { status, .. } => status >= 500 && repeatable,
            Trouble::Broken => repeatable,
            Trouble::Hopeless => false,
        };
        if !passes || attempt >= self.attempts {
            return Next::Stop;
        }
        let jitter = Duration::from_secs_f64(jitter.clamp(0.0, 1.0));
        let grown = Duration::from_secs(1 << (attempt.max(1) - 1).min(16));
        let wait = match trouble {
            // Jitter on top, or all that were refused together come back together.
            Trouble::Status { after: Some(asked), .. } => asked.saturating_add(jitter),
            _ => (grown + jitter).min(self.longest),
        };
        if elapsed.saturating_add(wait) > self.total {
            return Next::Stop;
        }
        Next::Wait(wait)
    }
}

/// Reads a `retry-after` header: seconds, or an HTTP date seen from `now`. A date that has passed is no wait.
pub fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    Some(Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16, code: &str) -> Trouble<'_> {
        Trouble::Status { status, code, after: None }
    }

    fn first(trouble: Trouble<'_>, repeatable: bool) -> bool {
        Policy::default().next(trouble, repeatable, 1, Duration::ZERO, 0.0) != Next::Stop
    }

    #[test]
    fn what_is_tried_again() {
        for (trouble, if_repeatable, if_not) in [
            (status(429, "TooManyRequests"), true, true),
            (status(409, "IncorrectState"), true, true),
            (status(409, "LockConflict"), true, true),
            (status(409, "ConcurrentObjectUpdate"), true, true),
            (status(409, "Conflict"), false, false),
            (status(409, "InvalidatedRetryToken"), false, false),
            (status(500, "InternalServerError"), true, false),
            (status(502, ""), true, false),
            (status(503, "ServiceUnavailable"), true, false),
            (status(501, "MethodNotImplemented"), false, false),
            (status(507, "InsufficientStorage"), false, false),
            (status(400, "InvalidParameter"), false, false),
            (status(401, "NotAuthenticated"), false, false),
            (status(404, "NotAuthorizedOrNotFound"), false, false),
            (status(412, "NoEtagMatch"), false, false),
            (Trouble::NotSent, true, true),
            (Trouble::Broken, true, false),
            (Trouble::Hopeless, false, false),
        ] {
            assert_eq!((first(trouble, true), first(trouble, false)), (if_repeatable, if_not), "{trouble:?}");
        }
    }

    #[test]
    fn waits_double_up_to_the_longest_and_then_stop() {
        let policy = Policy::default();
        let waits: Vec<Next> = (1..=8)
            .map(|attempt| policy.next(Trouble::NotSent, true, attempt, Duration::ZERO, 0.5))
            .collect();
        let wait = |millis| Next::Wait(Duration::from_millis(millis));
        let expected =
            [1500, 2500, 4500, 8500, 16_500, 30_000, 30_000].map(wait).into_iter().chain([Next::Stop]);
        assert_eq!(waits, expected.collect::<Vec<_>>());
    }

    #[test]
    fn no_attempt_starts_after_the_total() {
        let policy = Policy::default();
        let after = |seconds| policy.next(Trouble::NotSent, true, 1, Duration::from_secs(seconds), 0.0);
        assert_eq!(after(599), Next::Wait(Duration::from_secs(1)));
        assert_eq!(after(600), Next::Stop);
    }

    #[test]
    fn the_service_says_how_long_it_wants() {
        let policy = Policy::default();
        let asked =
            |seconds| Trouble::Status { status: 429, code: "", after: Some(Duration::from_secs(seconds)) };
        let next = |seconds| policy.next(asked(seconds), false, 3, Duration::ZERO, 0.25);
        assert_eq!(next(3), Next::Wait(Duration::from_millis(3250)));
        assert_eq!(next(45), Next::Wait(Duration::from_millis(45_250)));
        assert_eq!(next(601), Next::Stop);
        assert_eq!(next(u64::MAX), Next::Stop);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2026-11-22T14:00:00Z".parse().unwrap();
        for (value, wait) in [
            ("3", Some(3)),
            (" 120 ", Some(120)),
            ("Sun, 22 Nov 2026 14:00:30 GMT", Some(30)),
            ("Sun, 22 Nov 2026 13:59:30 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(retry_after(value, now), wait.map(Duration::from_secs), "{value}");
        }
    }
}
