//! Options about whose word a plan goes by: `approve`, and those of `apply` and `update`.

use std::path::PathBuf;

use clap::Args;

use crate::rollout::parse_span;

/// Approve a saved plan: sign it
///
/// Adds a signature over the plan to FILE.approvals, beside the plan: who, when, and an Ed25519 signature over these, the
/// train and the whole SHA-256 of what the plan says. Where the train's `[policy]` asks for approvals, `apply FILE` counts those of
/// its approvers, each once. Look at what you sign with `patchtrain show FILE`. Nothing but the plan is read: no train files,
/// no credentials, no network.
///
/// A key is made by `openssl genpkey -algorithm ed25519 -out KEY` or `ssh-keygen -t ed25519 -f KEY`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Approve {
    /// A plan saved by `patchtrain plan --out FILE`
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: PathBuf,

    /// Your private key: Ed25519 in PEM, of OpenSSL or OpenSSH, without a pass phrase
    #[arg(long, value_name = "KEY")]
    pub(in crate::cli) key: PathBuf,

    /// The name that stands beside the signature; what counts is the key [default: as the policy calls the key's owner, or
    /// your user name]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) name: Option<String>,
}

/// Setting the policy's word aside.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct Override {
    /// Apply although the train's policy denies it, for this REASON, which is written down with your name. Approvals that the
    /// policy asks for are asked for all the same
    #[arg(long = "override", value_name = "REASON", value_parser = reason)]
    pub(in crate::cli) reason: Option<String>,
}

/// What is asked of a saved plan.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct SavedPlan {
    /// Refuse a saved plan that is older than this when it is first applied: 12h, 7d; the train's `max_age` counts too
    #[arg(long, value_name = "DURATION", requires = "file", value_parser = parse_span)]
    pub(in crate::cli) max_age: Option<jiff::SignedDuration>,

    /// Count the approvals in this file too, besides those of FILE.approvals; may be given several times
    #[arg(long = "approvals", value_name = "FILE", requires = "file")]
    pub(in crate::cli) approvals: Vec<PathBuf>,
}

/// Reads why.
fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned()).ok_or_else(|| "a reason says something".to_owned())
}
