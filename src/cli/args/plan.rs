//! Options of the commands about a plan: `plan`, `apply`, `show`, `drift`.

use std::path::PathBuf;

use clap::Args;

use super::{
    Advisories, Amount, DiffFormat, Identity, Locking, Override, Parallelism, Planning, SavedPlan, Selection,
    Targets,
};
use crate::name::Spelled;
use crate::render;

/// Show what would change, and why; changes nothing
///
/// Reads the train files, the state and the service, compares them, and prints the plan. Nothing changes on disk or
/// in the cloud, but for the file that --out names.
#[derive(Debug, Args)]
pub(in crate::cli) struct Plan {
    #[command(flatten)]
    pub(in crate::cli) selection: Selection,

    /// Save the plan to FILE, for `patchtrain apply FILE`; a plan file holds one train
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,

    /// Exit with 2 if a step can start now, or another policy is to be put on record, and with 0 only if not; with --refresh-only, with 2 if there is drift
    #[arg(long)]
    pub(in crate::cli) detailed_exitcode: bool,

    /// No plan: show only what others changed since the last apply, as `patchtrain drift` does
    #[arg(long, conflicts_with_all = ["out", "allow_shrink", "sources", "target", "refresh", "format"])]
    pub(in crate::cli) refresh_only: bool,

    /// With --refresh=false, ask the service for nothing: plan from the inventory, what the last `apply` or `status`
    /// has seen, and say how old that is. `apply` looks again before each step
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set, require_equals = true,
        hide_default_value = true, hide_possible_values = true)]
    pub(in crate::cli) refresh: bool,

    /// Show the plan as it would be at TIME, if nothing else changed until then: which windows are open and which soaks
    /// are over. TIME has its offset, as in 2026-12-05T22:00:00+01:00. Such a plan cannot be saved
    #[arg(long, value_name = "TIME", conflicts_with_all = ["out", "refresh_only"])]
    pub(in crate::cli) at: Option<jiff::Timestamp>,

    /// Play the plan too, in a simulation on a clock that jumps: who moves when, what holds whom and until when, how long
    /// it takes, and what a failure in the second wave would leave. From what the plan was made of; nothing of it is kept
    /// or reaches the service
    #[arg(long, conflicts_with_all = ["out", "refresh_only"])]
    pub(in crate::cli) rehearse: bool,

    /// With --rehearse: how long each piece of agents' work is assumed to take, as in 12m [default: 5m]
    #[arg(long, value_name = "DURATION", requires = "rehearse", value_parser = crate::rollout::parse_span)]
    pub(in crate::cli) rehearse_update: Option<jiff::SignedDuration>,

    #[command(flatten)]
    pub(in crate::cli) targets: Targets,

    #[command(flatten)]
    pub(in crate::cli) planning: Planning,

    /// A repository of rpm packages, by its folder or its https address (where repodata/repomd.xml lies), which tells what
    /// packages need of each other: groups with enforce = "exact" are changed in that order, and nothing is removed that
    /// something else needs; may be given several times
    #[arg(long, value_name = "DIR|URL", conflicts_with = "refresh_only")]
    pub(in crate::cli) repodata: Vec<String>,

    #[command(flatten)]
    pub(in crate::cli) advisories: Advisories,

    #[command(flatten)]
    pub(in crate::cli) identity: Identity,

    #[command(flatten)]
    pub(in crate::cli) parallelism: Parallelism,

    #[command(flatten)]
    pub(in crate::cli) layout: PlanLayout,

    /// Write what is found as a stream of JSON, a message a line, errors too; docs/plan-formats.md lists the messages
    #[arg(long, conflicts_with_all = ["format", "refresh_only", "summary", "full"])]
    pub(in crate::cli) json: bool,

    #[command(flatten)]
    pub(in crate::cli) amount: Amount,
}

/// How a plan is written.
#[derive(Debug, Args)]
pub(in crate::cli) struct PlanLayout {
    /// How the plan is written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = PlanFormat::Text)]
    pub(in crate::cli) format: PlanFormat,

    /// With --format markdown: keep to so many bytes for each plan, at least 2000; what is folded for that is said [default:
    /// 65536, which is what GitHub takes]
    #[arg(long, value_name = "BYTES", value_parser = limit)]
    pub(in crate::cli) comment_limit: Option<usize>,

    /// With --format markdown: where the whole plan is, told where something is folded
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) link: Option<String>,

    /// With --format markdown: the commit that the plan is of, in hexadecimal digits; told in its head
    #[arg(long, value_parser = commit)]
    pub(in crate::cli) commit: Option<String>,

    /// With --format markdown: say what has changed since the plan before, which is a saved plan, or the text of the comment
    /// that told it
    #[arg(long = "since", value_name = "FILE")]
    pub(in crate::cli) before: Option<PathBuf>,
}

/// Reads the budget of a comment.
fn limit(word: &str) -> Result<usize, String> {
    match word.parse() {
        Ok(bytes) if bytes >= render::LEAST_COMMENT => Ok(bytes),
        _ => Err(format!("a number of bytes, {} or more", render::LEAST_COMMENT)),
    }
}

/// Reads a commit: a digest, or the beginning of one, so that it stands in a comment as it is and forges link it.
fn commit(word: &str) -> Result<String, String> {
    match (7..=64).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true => Ok(word.to_owned()),
        false => Err("a commit is 7 to 64 hexadecimal digits".to_owned()),
    }
}

impl PlanLayout {
    /// Tells whether what is written is one document, which has no second one beside it.
    pub(in crate::cli) fn is_document(&self) -> bool {
        !matches!(self.format, PlanFormat::Text | PlanFormat::Markdown)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum PlanFormat {
    /// For a terminal
    Text,
    /// For a comment on a pull request
    Markdown,
    /// A page that needs nothing else
    Html,
    /// For programs: a versioned document, of which `patchtrain schema plan` prints the schema
    Json,
    /// For what reads Terraform's plans: policies, summarisers
    TerraformJson,
    /// For the widget of GitLab's merge requests: {"create": ..., "update": ..., "delete": ...}
    Gitlab,
}

/// Show what runs after what: a plan's step graph, as DOT or Mermaid
///
/// With FILE of a saved plan, which needs no train files, no credentials and no network; else it plans, as `patchtrain plan`
/// does. What one group or wave does in one phase is one node; edges that others imply are left out.
#[derive(Debug, Args)]
pub(in crate::cli) struct Graph {
    /// A plan saved by `patchtrain plan --out FILE`
    #[arg(value_name = "FILE", conflicts_with_all = ["train", "target", "allow_shrink"])]
    pub(in crate::cli) file: Option<PathBuf>,

    #[command(flatten)]
    pub(in crate::cli) selection: Selection,

    /// How it is written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = GraphFormat::Dot)]
    pub(in crate::cli) format: GraphFormat,

    /// Draw each step
    #[arg(long)]
    pub(in crate::cli) full: bool,

    #[command(flatten)]
    pub(in crate::cli) targets: Targets,

    #[command(flatten)]
    pub(in crate::cli) planning: Planning,

    #[command(flatten)]
    pub(in crate::cli) identity: Identity,

    #[command(flatten)]
    pub(in crate::cli) parallelism: Parallelism,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum GraphFormat {
    /// For graphviz
    Dot,
    /// For Markdown; a large graph ends with a number
    Mermaid,
}

/// Make it so: execute a saved plan, or plan, show and ask
///
/// Locks the state, plans, shows the plan and asks. With FILE it executes exactly the plan that `patchtrain plan
/// --out FILE` saved, without asking, if nothing that it was made on has changed since. Without a terminal to ask on
/// it takes FILE or --auto-approve.
///
/// Ctrl-C (or SIGTERM) ends it in order: nothing new is started, answers on their way are taken in, the state is
/// saved; the next apply goes on from there. A second one ends it at once.
#[derive(Debug, Args)]
pub(in crate::cli) struct Apply {
    /// A plan saved by `patchtrain plan --out FILE`
    #[arg(value_name = "FILE", conflicts_with_all = ["train", "allow_shrink", "sources", "target"])]
    pub(in crate::cli) file: Option<PathBuf>,

    #[command(flatten)]
    pub(in crate::cli) selection: Selection,

    /// Do not ask
    #[arg(long)]
    pub(in crate::cli) auto_approve: bool,

    /// Exit with 2 if all went well and something is still held
    #[arg(long)]
    pub(in crate::cli) detailed_exitcode: bool,

    /// Stay until soaks are over and windows open, and go on then, with the state locked all the time. Without it the run
    /// ends, and the next apply goes on. Waits neither for people nor for instances that are not well
    #[arg(long)]
    pub(in crate::cli) wait: bool,

    /// Write the plan and the run as a stream of JSON, a message a line, errors too; docs/plan-formats.md lists the
    /// messages. Asks nobody: it takes FILE or --auto-approve
    #[arg(long, conflicts_with_all = ["summary", "full"])]
    pub(in crate::cli) json: bool,

    #[command(flatten)]
    pub(in crate::cli) asked: SavedPlan,

    #[command(flatten)]
    pub(in crate::cli) overriding: Override,

    #[command(flatten)]
    pub(in crate::cli) targets: Targets,

    #[command(flatten)]
    pub(in crate::cli) locking: Locking,

    #[command(flatten)]
    pub(in crate::cli) planning: Planning,

    /// A repository of rpm packages, by its folder or its https address (where repodata/repomd.xml lies), which tells what
    /// packages need of each other: groups with enforce = "exact" are changed in that order, and nothing is removed that
    /// something else needs; may be given several times
    #[arg(long, value_name = "DIR|URL", conflicts_with = "file")]
    pub(in crate::cli) repodata: Vec<String>,

    #[command(flatten)]
    pub(in crate::cli) advisories: Advisories,

    #[command(flatten)]
    pub(in crate::cli) identity: Identity,

    #[command(flatten)]
    pub(in crate::cli) parallelism: Parallelism,

    #[command(flatten)]
    pub(in crate::cli) amount: Amount,
}

/// Show the state, or a saved plan
///
/// Without FILE it shows what was applied last, from the state alone. With FILE it shows a saved plan: that needs no
/// train files, no credentials and no network; where the state is at hand and has moved on since, it says so.
#[derive(Debug, Args)]
pub(in crate::cli) struct Show {
    /// A plan saved by `patchtrain plan --out FILE`
    #[arg(value_name = "FILE", conflicts_with = "train")]
    pub(in crate::cli) file: Option<PathBuf>,

    #[command(flatten)]
    pub(in crate::cli) selection: Selection,

    #[command(flatten)]
    pub(in crate::cli) layout: PlanLayout,

    #[command(flatten)]
    pub(in crate::cli) amount: Amount,
}

/// Show what others changed since the last apply; changes nothing
///
/// Compares what the service says with what was applied last: attachments, memberships, the content of software
/// sources, groups, scheduled jobs and registration profiles that somebody changed, renamed or deleted; instances that left
/// a level that they were proven to be at; packages installed beside it. Each is told by address, with when it was last
/// known to be right. Who it was, neither service says. What moves towards the release that it is bound to is no drift,
/// and what the train file says now is another matter: that is `plan`'s.
///
/// Nothing is written: no plan, no state, nothing in the cloud. Where there is no drift nothing is printed on stdout (but
/// for the document that --format json always is) and one line on stderr.
///
/// Exits with 0 if there is no drift and with 2 if there is.
#[derive(Debug, Args)]
pub(in crate::cli) struct Drift {
    #[command(flatten)]
    pub(in crate::cli) selection: Selection,

    /// Pass over what happened to ADDRESS: release.GL1, instance.web-01 (a display name or an OCID), schedule.web,
    /// profile.web, or group.web with all that is the group's: its instances, schedule and profile; may be given more
    /// than once
    #[arg(long = "ignore", value_name = "ADDRESS", value_parser = Spelled::parse)]
    pub(in crate::cli) ignored: Vec<Spelled>,

    /// How it is written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = DiffFormat::Text)]
    pub(in crate::cli) format: DiffFormat,

    #[command(flatten)]
    pub(in crate::cli) identity: Identity,

    #[command(flatten)]
    pub(in crate::cli) parallelism: Parallelism,

    #[command(flatten)]
    pub(in crate::cli) amount: Amount,
}
