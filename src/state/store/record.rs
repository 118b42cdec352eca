//! What is written down beside the state: who holds the lock, who did what when, and the figures of reports.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::medium::Place;
use crate::name::TrainName;
use crate::op::{Lineage, PlanId};
use crate::state::{Ancestor, Consent};

/// What tells one taking of a lock from every other.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LockId(pub String);

impl fmt::Display for LockId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Who holds a lock. Where the lock is the operating system's or a database's it only informs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Tells this taking of the lock from every other; random. Empty where an older build has written it.
    #[serde(default)]
    pub id: LockId,
    /// The train whose state is locked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<TrainName>,
    /// The user's name.
    pub who: String,
    /// The machine.
    pub host: String,
    /// The process.
    pub pid: u32,
    /// The command line, without secrets (flags carry none).
    pub command: String,
    /// Since when.
    pub since: Timestamp,
}

/// A lock, as whoever does not hold it sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// Who holds it.
    #[serde(flatten)]
    pub holder: Holder,
    /// When its holder last gave a sign of life, by the holder's clock or the database's; none where that is not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heartbeat: Option<Timestamp>,
    /// Whether it stays when its holder dies, so that only `force-unlock` takes it away then.
    #[serde(skip)]
    pub stays: bool,
}

/// One line of the history: who applied which plan when, and how it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRecord {
    /// When the run ended.
    pub at: Timestamp,
    /// Who ran it.
    pub who: String,
    /// Where.
    pub host: String,
    /// The plan.
    pub plan: PlanId,
    /// The serial it was planned on.
    pub basis: u64,
    /// The serial it left.
    pub serial: u64,
    /// How many steps were done, found done, failed, and not started.
    pub steps: StepCounts,
    /// Whether it was interrupted.
    pub interrupted: bool,
    /// Of a run that only took a state over: the state that it took over from. The plan is what it showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ancestor: Option<Ancestor>,
    /// The flags by which it went on without a question, or past a refusal: `--auto-approve`, `--allow-shrink`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<String>,
    /// By whose word it went on, where anybody's was needed.
    #[serde(flatten)]
    pub consent: Consent,
}

/// One line of the history that is of no run: somebody changed the state by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRecord {
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub who: String,
    /// Where.
    pub host: String,
    /// What was done, as it was typed: "state rm group.web".
    pub change: String,
    /// The serial that it followed.
    pub basis: u64,
    /// The serial it left.
    pub serial: u64,
    /// The lineage it left.
    pub lineage: Lineage,
    /// The flags by which it went on without a question.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<String>,
}

/// One line of the history that is of no serial: somebody took a lock away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnlockRecord {
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub who: String,
    /// Where.
    pub host: String,
    /// Whose lock it was.
    pub unlocked: Holder,
}

/// One line of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum HistoryLine {
    /// A change by hand.
    Change(ChangeRecord),
    /// A run.
    Run(HistoryRecord),
    /// A lock that was taken away.
    Unlock(UnlockRecord),
}

/// The flags that are told of in the history.
const OVERRIDES: [&str; 2] = ["--auto-approve", "--allow-shrink"];

impl Holder {
    /// Returns those of its command's flags by which it goes on without a question, or past a refusal.
    pub(super) fn overrides(&self) -> Vec<String> {
        let words: Vec<&str> = self.command.split_whitespace().collect();
        OVERRIDES.iter().filter(|flag| words.contains(flag)).map(|flag| (*flag).to_owned()).collect()
    }
}

impl HistoryLine {
    /// Adds to the flags that it tells of.
    pub(super) fn overriding(mut self, flags: &[String]) -> Self {
        let told = match &mut self {
            Self::Run(HistoryRecord { overrides, .. }) | Self::Change(ChangeRecord { overrides, .. }) => {
                overrides
            }
            Self::Unlock(_) => return self,
        };
        let more: Vec<String> = flags.iter().filter(|flag| !told.contains(flag)).cloned().collect();
        told.extend(more);
        self
    }

    /// Tells whether both were noted of the same thing, perhaps at different times.
    pub(super) fn is_of_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Run(one), Self::Run(other)) => (&one.plan, one.serial) == (&other.plan, other.serial),
            (Self::Change(one), Self::Change(other)) => {
                (&one.change, one.basis, one.serial) == (&other.change, other.basis, other.serial)
            }
            _ => false,
        }
    }
}

/// The lines of something that is appended to, as far as they can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines<T> {
    /// Where.
    pub place: Place,
    /// The records, in the order they were kept.
    pub records: Vec<T>,
    /// The lines, from 1, that could not be read.
    pub unreadable: Vec<usize>,
    /// Whether there is a last line without its end, which a crash cut short: no record, and not counted as unreadable.
    pub cut_short: bool,
}

/// What is kept of a compliance report, for the trend of later ones. Figures only: nothing is decided by them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRecord {
    /// When the service was asked.
    pub at: Timestamp,
    /// The state's serial then.
    pub serial: u64,
    /// Instances in all groups.
    pub systems: usize,
    /// Those without security updates outstanding.
    pub compliant: usize,
    /// Those with.
    pub not_compliant: usize,
    /// Those at the level of their release.
    pub at_level: usize,
    /// Outstanding security updates, summed over the instances.
    pub security: usize,
    /// The same for bugs.
    pub bug: usize,
    /// The same for enhancements.
    pub enhancement: usize,
    /// The same for what is in no erratum.
    pub other: usize,
    /// Distinct CVEs that outstanding updates would mend.
    pub cves: usize,
    /// Instances that wait for a reboot.
    pub reboot: usize,
}

/// Steps of a run by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepCounts {
    /// Done by this run.
    pub done: usize,
    /// Found done.
    pub already: usize,
    /// Failed or refused.
    pub failed: usize,
    /// Not started: behind a failure, a shut gate or an interrupt.
    pub not_started: usize,
}
