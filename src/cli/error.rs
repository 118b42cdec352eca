//! What ends a command badly: an exit code, a message with its causes, and the way out. Printed once, here.

use std::error::Error;
use std::fmt::Write;

use super::exit;
use super::sealing::hinted;
use crate::apply::ApplyError;
use crate::cloud::CloudError;
use crate::name::TrainName;
use crate::plan::{PlanFileError, Refusal};
use crate::state::store::StoreError;
use crate::train::Problems;

/// An error as a command returns it: laid out, with nothing left to look up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CliError {
    /// One of [`exit`].
    pub(super) code: u8,
    /// What went wrong.
    message: String,
    /// Why, outermost cause first.
    causes: Vec<String>,
    /// What to do about it.
    hints: Vec<String>,
    /// Problems of files, which are shown with their excerpts before the message.
    problems: Option<Box<Problems>>,
    /// The train that it is about, where it is about one.
    pub(super) train: Option<TrainName>,
}

impl CliError {
    /// An error of our own wording.
    pub(super) fn new(code: u8, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            problems: None,
            train: None,
        }
    }

    /// A wrong command line that only the workspace or the terminal shows to be wrong.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(exit::USAGE, message)
    }

    /// A signal came before anything was done that would have to be reported.
    pub(super) fn interrupted() -> Self {
        Self::new(exit::INTERRUPTED, "interrupted")
    }

    /// An error with the chain of its sources.
    pub(super) fn of(code: u8, error: &dyn Error) -> Self {
        let mut made = Self::new(code, error.to_string());
        let mut source = error.source();
        while let Some(cause) = source {
            made.causes.push(cause.to_string());
            source = cause.source();
        }
        made
    }

    /// Says what was being done, which makes the message so far its first cause.
    pub(super) fn while_doing(mut self, what: impl Into<String>) -> Self {
        let cause = std::mem::replace(&mut self.message, what.into());
        self.causes.insert(0, cause);
        self
    }

    /// Says which train it is about, for programs; people read it in the message.
    pub(super) fn of_train(self, train: &TrainName) -> Self {
        Self { train: Some(train.clone()), ..self }
    }

    /// Adds one of several causes that stand side by side.
    pub(super) fn cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Adds a way out.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Wraps problems of files, which come with excerpts of their own.
    pub(super) fn problems(problems: Problems) -> Self {
        let made = Self::new(exit::ERROR, problems.to_string());
        Self { problems: Some(Box::new(problems)), ..made }
    }

    /// Wraps why no plan can be made: policy, where a flag lifts every one of the reasons.
    pub(super) fn refusals(train: &str, refusals: &[Refusal]) -> Self {
        let policy = !refusals.is_empty() && refusals.iter().all(Refusal::is_policy);
        let code = if policy { exit::REFUSED } else { exit::ERROR };
        let mut made = Self::new(code, format!("no plan can be made for train `{train}`"));
        made.causes = refusals.iter().map(Refusal::to_string).collect();
        made
    }

    /// Returns what went wrong, and all that is said besides, for programs.
    pub(super) fn parts(&self) -> (&str, String) {
        let problems = self.problems.iter().map(|problems| problems.render(false));
        let hints = self.hints.iter().map(|hint| format!("hint: {hint}"));
        let lines: Vec<String> = problems.chain(self.causes.iter().cloned()).chain(hints).collect();
        (&self.message, lines.join("\n"))
    }

    /// Lays the error out for stderr.
    pub(super) fn text(&self, colour: bool) -> String {
        self.laid_out(("Error:", console::Style::new().red().bold()), colour)
    }

    /// Lays out what ends nothing.
    pub(super) fn note(&self, colour: bool) -> String {
        self.laid_out(("Note:", console::Style::new().yellow()), colour)
    }

    fn laid_out(&self, (head, look): (&str, console::Style), colour: bool) -> String {
        let style =
            |text: &str, style: console::Style| style.force_styling(colour).apply_to(text).to_string();
        let head = style(head, look);
        let mut text = String::new();
        if let Some(problems) = &self.problems {
            text.push_str(&problems.render(colour));
            text.push('\n');
        }
        let _ = writeln!(text, "{head} {}", self.message);
        for cause in &self.causes {
            let _ = writeln!(text, "  - {}", indent(cause, 4));
        }
        for hint in &self.hints {
            let _ = writeln!(text, "  {} {}", style("hint:", console::Style::new().cyan()), indent(hint, 8));
        }
        text
    }
}

fn indent(text: &str, columns: usize) -> String {
    text.replace('\n', &format!("\n{}", " ".repeat(columns)))
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Locked { lock } => {
                let made = Self::of(exit::LOCKED, &error);
                match lock {
                    Some(lock) if lock.stays => made
                        .hint("wait until that command has ended, for instance with --lock-timeout 5m")
                        .hint(format!(
                            "the lock stays when its process dies: where you know that it is dead, `patchtrain force-unlock {}{}` takes it away",
                            lock.holder.id,
                            lock.holder.train.as_ref().map(|train| format!(" --train {train}")).unwrap_or_default()
                        )),
                    Some(_) => made.hint("wait until that command has ended, for instance with --lock-timeout 5m; the lock goes with its process"),
                    None => made.hint("another patchtrain is at work on this state; wait until it has ended, for instance with --lock-timeout 5m"),
                }
            }
            StoreError::Conflict { .. } | StoreError::Parted { .. } => Self::of(exit::REFUSED, &error),
            StoreError::LockLost { .. } => Self::of(exit::ERROR, &error).hint(
                "run the command again: what was recorded stands, what was not is found by reading the service, and apply goes on from there",
            ),
            StoreError::Remote { way_out, .. } | StoreError::Unfit { way_out, .. } => {
                Self::of(exit::ERROR, &error).hint(way_out.clone())
            }
            StoreError::Moved { .. } => Self::of(exit::ERROR, &error)
                .hint("take the train file that says where it is now: `[state]` there names the store")
                .hint("or move it back: `patchtrain init --migrate-state --from FILE`, FILE being that train file"),
            StoreError::Unbreakable { .. } => Self::of(exit::REFUSED, &error),
            StoreError::Io { path, .. } => {
                let folder = path.parent().unwrap_or(path).display();
                Self::of(exit::ERROR, &error)
                    .hint(format!("make room in {folder}, or let this user read and write there"))
                    .hint(
                        "then run the command again: what was recorded stands, and apply goes on from there",
                    )
            }
            StoreError::Sealed { source, .. } => hinted(Self::of(exit::ERROR, &error), source),
            StoreError::Damaged { .. } | StoreError::Newer { .. } | StoreError::OtherTrain { .. } => {
                Self::of(exit::ERROR, &error)
            }
        }
    }
}

impl From<PlanFileError> for CliError {
    fn from(error: PlanFileError) -> Self {
        let code = match &error {
            PlanFileError::Damaged { .. } | PlanFileError::Older { .. } => exit::REFUSED,
            PlanFileError::Io { .. } | PlanFileError::Newer { .. } | PlanFileError::Sealed { .. } => {
                exit::ERROR
            }
        };
        let made = Self::of(code, &error);
        match &error {
            PlanFileError::Sealed { source, .. } => hinted(made, source),
            _ => made,
        }
    }
}

impl From<ApplyError> for CliError {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Store(source) | ApplyError::Unsaved { source, .. } => {
                Self::from(source).while_doing("the state could not be kept")
            }
            ApplyError::Stale(_) | ApplyError::UsedUp | ApplyError::Order(_) => {
                Self::of(exit::REFUSED, &error)
            }
            ApplyError::State(_) => Self::of(exit::ERROR, &error),
        }
    }
}

impl From<CloudError> for CliError {
    fn from(error: CloudError) -> Self {
        let made = Self::of(exit::ERROR, &error);
        match &error {
            CloudError::Service { status: 401, .. } => made.hint(
                "the service does not accept the signature: compare user, fingerprint, key_file and tenancy of the \
                 profile with the API keys in the console, and this machine's clock with the real time; a session token \
                 is renewed with `oci session authenticate`",
            ),
            CloudError::Service { status: 404, operation: "ListInstances" | "ListCompartments", .. } => made.hint(
                "the service says the same for what is not there and for what a policy does not let you see: check the \
                 compartments that the train's groups select from, and that your group may `read instances` and `inspect \
                 compartments` there",
            ),
            CloudError::Service { status: 404, .. } => made.hint(
                "the service says the same for what is not there and for what a policy does not let you see: check \
                 the OCIDs in the train file, and that your group may `manage osms-family` (with `api = \"osmh\"`: \
                 `osmh-family`) in the compartment",
            ),
            CloudError::Service { status: 429, .. } => {
                made.hint("the service is throttling: wait a little, or use a smaller --parallelism")
            }
            CloudError::NoAnswer { .. } => {
                made.hint("check the region or endpoint in the train file's [service] table, and the network")
            }
            CloudError::Down { .. } => made.hint(
                "check the region or endpoint in the train file's [service] table, and the network; where those are right, \
                 try again when the service works: its state is published at https://ocistatus.oraclecloud.com",
            ),
            CloudError::Service { .. }
            | CloudError::Answer { .. }
            | CloudError::UnknownPackages { .. }
            | CloudError::LeftOut { .. }
            | CloudError::Failed { .. }
            | CloudError::Unaskable { .. }
            | CloudError::Credentials { .. } => made,
        }
    }
}

#[cfg(test)]
mod tests;
