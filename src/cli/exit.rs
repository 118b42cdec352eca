//! The exit codes, all of them. README and `--help` show the same table; a test compares them.

/// Done, or nothing to do.
pub const DONE: u8 = 0;
/// An error.
pub const ERROR: u8 = 1;
/// There is a difference. Only where it is asked for.
pub const DIFFERENT: u8 = 2;
/// Some steps of an apply failed, or a threshold stopped it; the state says which are done.
pub const PARTIAL: u8 = 3;
/// Somebody else holds the lock on the state.
pub const LOCKED: u8 = 4;
/// Refused: a plan that cannot be trusted or no longer fits, or a rule that takes a flag to lift.
pub const REFUSED: u8 = 5;
/// The command line is wrong (`EX_USAGE` of sysexits.h). clap would say 2, which a gate reads as "changes present".
pub const USAGE: u8 = 64;
/// A signal ended it; the state is saved (128 + SIGINT, as shells say).
pub const INTERRUPTED: u8 = 130;

/// Every exit code with what it means.
pub const TABLE: &[(u8, &str)] = &[
    (DONE, "done, or nothing to do"),
    (ERROR, "an error; also invalid files, and a prompt answered with anything but `yes`"),
    (
        DIFFERENT,
        "different: `diff`, `state diff`, `freeze --diff`, `release verify`, `promote --check`; `drift` found some; with `--detailed-exitcode` `plan` could start a step, or another policy is to be put on record, `plan --refresh-only` found drift, `apply` left something held",
    ),
    (
        PARTIAL,
        "partial: some steps failed, or a threshold stopped the rollout; the state says which are done",
    ),
    (LOCKED, "the state is locked by somebody else"),
    (
        REFUSED,
        "refused: the plan is stale, used up, too old, damaged or not approved, or the policy or a rule denies it that a flag may lift",
    ),
    (USAGE, "a usage error"),
    (INTERRUPTED, "interrupted by a signal; the state is saved"),
];

/// Returns the word for a code, which stays.
pub(super) fn name(code: u8) -> &'static str {
    match code {
        DONE => "done",
        DIFFERENT => "different",
        PARTIAL => "partial",
        LOCKED => "locked",
        REFUSED => "refused",
        USAGE => "usage",
        INTERRUPTED => "interrupted",
        _ => "error",
    }
}

/// Returns the one of two codes that says more about what somebody has to do, for commands that go through several
/// trains: the order is by urgency, not by number.
pub(super) fn worse(one: u8, other: u8) -> u8 {
    const URGENCY: [u8; 8] = [DONE, DIFFERENT, LOCKED, REFUSED, USAGE, ERROR, PARTIAL, INTERRUPTED];
    let rank = |code| URGENCY.iter().position(|known| *known == code);
    if rank(other) > rank(one) { other } else { one }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_code_has_an_urgency() {
        assert!(TABLE.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (code, _) in TABLE {
            assert_eq!(worse(DONE, *code), *code);
            assert_eq!(worse(*code, DONE), *code);
            assert_eq!(worse(*code, INTERRUPTED), INTERRUPTED);
        }
        let names: Vec<&str> = TABLE.iter().map(|(code, _)| name(*code)).collect();
        assert_eq!(
            names,
            ["done", "error", "different", "partial", "locked", "refused", "usage", "interrupted"]
        );
        assert_eq!(worse(REFUSED, PARTIAL), PARTIAL);
        assert_eq!(worse(ERROR, DIFFERENT), ERROR);
    }
}
