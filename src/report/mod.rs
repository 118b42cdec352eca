//! How a fleet stands: what `status` shows and what the compliance report says, as plain values worked out by pure
//! functions from train, state and what was seen. Laying them out is [`crate::render`]'s business; reading the service
//! and keeping the record of reports is [`crate::cli`]'s.
//!
//! [`Report`] is the compliance report of one train. Security compliant is what the service's administrators have
//! always called it: no security update is outstanding. Only where that can be said: an instance that the service does
//! not know, or that has no software source, is offered nothing, and is neither compliant nor not.

pub mod audit;
mod exposure;
mod finding;
mod fleet;
mod make;
pub mod rollout;
#[cfg(test)]
mod tests;
pub mod watch;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::advisory::Severity;
use crate::conformance::StreamGap;
use crate::name::{GroupName, Ocid, ReleaseName, TrainName};
use crate::observed::InstanceStatus;
use crate::plan::ServiceLabel;
use crate::state::store::ReportRecord;

pub use finding::{Finding, Matter, Standing, Subject, findings, standing};
pub use fleet::{Fleet, FleetStatus, GroupStatus, InstanceLine, ScheduleLine};
pub use make::{Input, make};

/// The format of a report as JSON.
pub const FORMAT_VERSION: u32 = 1;

/// The compliance report of one train.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The train.
    pub train: TrainName,
    /// Its file, as seen from where the command was typed.
    pub file: String,
    /// When the service was asked, by its clock where that is the simulator's.
    pub at: Timestamp,
    /// The version of this program.
    pub tool: &'static str,
    /// The state's serial; 0 before the first apply.
    pub serial: u64,
    /// Where the service is.
    pub service: ServiceLabel,
    /// All members of all groups, counted.
    pub summary: Summary,
    /// The groups, in file order.
    pub groups: Vec<GroupReport>,
    /// The instances, by group and then by label.
    pub instances: Vec<InstanceReport>,
    /// The CVEs that outstanding updates would mend, the worst first, then those on most instances.
    pub cves: Vec<CveReport>,
    /// This report and those before it, oldest first.
    pub trend: Vec<ReportRecord>,
    /// What these figures do not say, and of how many.
    pub limits: Vec<Limit>,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupReport {
    /// Its name.
    pub name: GroupName,
    /// The release it is bound to.
    pub release: ReleaseName,
    /// The line of the train's file that declares it, from 1.
    pub line: usize,
    /// Whether it is at level: all its members are, but for those that may be below.
    pub at_level: bool,
    /// How many members may be below level.
    pub allowed: usize,
    /// Its members, counted.
    pub summary: Summary,
}

/// Instances counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// All of them.
    pub systems: usize,
    /// With security updates outstanding.
    pub not_compliant: usize,
    /// With none.
    pub compliant: usize,
    /// Of which nothing can be said.
    pub unknown: usize,
    /// The compliant ones of all, those of which nothing can be said included; none where there are no systems.
    pub compliant_percent: Option<Percent>,
    /// At the level of their release.
    pub at_level: usize,
    /// The same as a share of all.
    pub at_level_percent: Option<Percent>,
    /// With packages older than the release's.
    pub behind: usize,
    /// With packages newer than the release's.
    pub ahead: usize,
    /// With packages that the release does not have.
    pub extra: usize,
    /// Without packages that the release has.
    pub missing: usize,
    /// That wait for a reboot.
    pub reboot: usize,
    /// That do not check in.
    pub unreachable: usize,
    /// Outstanding updates, summed over the instances.
    pub updates: Outstanding,
    /// Distinct CVEs that outstanding updates would mend.
    pub cves: Exposure,
}

/// Outstanding updates by what they are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outstanding {
    /// In security errata.
    pub security: usize,
    /// In bug errata.
    pub bug: usize,
    /// In enhancement errata.
    pub enhancement: usize,
    /// In none, or the service does not say.
    pub other: usize,
}

/// CVEs by the severity of the errata that mend them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Exposure {
    /// Critical ones.
    pub critical: usize,
    /// Important ones.
    pub important: usize,
    /// Moderate ones.
    pub moderate: usize,
    /// Low ones.
    pub low: usize,
    /// Those whose errata do not say.
    pub not_stated: usize,
}

impl Exposure {
    /// Returns how many there are.
    pub fn total(self) -> usize {
        let Self { critical, important, moderate, low, not_stated } = self;
        critical + important + moderate + low + not_stated
    }

    /// Returns the worst severity that is stated.
    pub fn worst(self) -> Option<Severity> {
        let severities = [
            (self.critical, Severity::Critical),
            (self.important, Severity::Important),
            (self.moderate, Severity::Moderate),
            (self.low, Severity::Low),
        ];
        severities.into_iter().find(|(count, _)| *count > 0).map(|(_, severity)| severity)
    }
}

/// A share in tenths of a percent, rounded down: what is not all never reads as 100.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(u32);

impl Percent {
    /// Returns the share of a part in a whole; none of nothing.
    pub fn of(part: usize, whole: usize) -> Option<Self> {
        let tenths = part.checked_mul(1000)?.checked_div(whole)?;
        u32::try_from(tenths).ok().map(Self)
    }

    /// Returns the number, from 0 to 100.
    pub fn value(self) -> f64 {
        f64::from(self.0) / 10.0
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 10, self.0 % 10)
    }
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.value())
    }
}

/// An instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InstanceReport {
    /// Its id.
    pub id: Ocid,
    /// What people call it: its display name, its OCID where that is not unique.
    pub name: Arc<str>,
    /// Its group.
    pub group: GroupName,
    /// The release that its group is bound to.
    pub release: ReleaseName,
    /// The display name of its parent source; none for no source.
    pub rides: Option<Arc<str>>,
    /// Whether that is its release's.
    pub on_release: bool,
    /// What the service says of its agent; none when the service does not know it.
    pub agent: Option<InstanceStatus>,
    /// Its outstanding updates; none where they could not be read.
    pub updates: Option<Outstanding>,
    /// Whether security updates are outstanding.
    pub security: Compliance,
    /// The CVEs that its outstanding updates would mend; none where they could not be read.
    pub cves: Option<Exposure>,
    /// How it stands to its release; none where its packages could not be read.
    pub conformance: Option<Conformance>,
    /// The module streams of its release that it does not have; only whoever has modular packages at another version was
    /// asked.
    pub streams: Vec<StreamGap>,
    /// Whether it is at its release's level.
    pub at_level: bool,
    /// Since when it is known to be; none when that is not on record.
    pub at_level_since: Option<Timestamp>,
    /// Whether it waits for a reboot.
    pub reboot_required: bool,
    /// When its agent last checked in.
    pub last_checkin: Option<Timestamp>,
    /// The kernel it runs.
    pub running_kernel: Option<Arc<str>>,
    /// The kernel that Ksplice has brought it to without a reboot; none where that is the one it runs.
    pub effective_kernel: Option<Arc<str>>,
}

/// Whether security updates are outstanding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Compliance {
    /// None is.
    Compliant,
    /// Some are.
    NotCompliant,
    /// Nobody can say.
    Unknown {
        /// Why.
        because: Unknown,
    },
}

/// Why nothing can be said of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unknown {
    /// The service does not know it.
    NoSuchInstance,
    /// It has no software source, and so is offered nothing, however old it is.
    NoSource,
    /// Its updates could not be read.
    NotRead,
}

/// How an instance stands to its release, in packages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Conformance {
    /// Older than the release.
    pub behind: usize,
    /// Newer than the release.
    pub ahead: usize,
    /// Installed and not in the release.
    pub extra: usize,
    /// In the release and not installed.
    pub missing: usize,
    /// Exactly as in the release.
    pub exact: usize,
    /// Outside the train's care.
    pub unmanaged: usize,
}

/// A CVE that outstanding updates would mend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CveReport {
    /// Its name.
    pub name: Arc<str>,
    /// The highest severity of the errata that name it; none where none says one.
    pub severity: Option<Severity>,
    /// Those errata, by name.
    pub errata: Vec<Arc<str>>,
    /// The packages whose updates mend it, by name.
    pub packages: Vec<Arc<str>>,
    /// The instances that these updates are outstanding on, by label.
    pub instances: Vec<Arc<str>>,
}

/// What the figures do not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "limit", rename_all = "kebab-case")]
pub enum Limit {
    /// These ride a release: they are offered what it holds, and what was published since does not count.
    OnRelease {
        /// How many.
        instances: usize,
    },
    /// These have no software source, and are offered nothing.
    NoSource {
        /// How many.
        instances: usize,
    },
    /// The service does not know these.
    NoSuchInstance {
        /// How many.
        instances: usize,
    },
    /// The updates of these could not be read.
    NotRead {
        /// How many.
        instances: usize,
    },
    /// These do not check in: what is said of them is as old as their last check-in.
    Silent {
        /// How many.
        instances: usize,
    },
    /// The packages of these were listed before their schedule last ran: what that brought is not in the list.
    ListedBefore {
        /// How many.
        instances: usize,
    },
    /// The severity is the vendor's word for an erratum; the service has no score of a CVE's own.
    SeverityOfErrata {
        /// How many CVEs have a severity.
        cves: usize,
    },
    /// The errata of these CVEs say no severity.
    SeverityNotStated {
        /// How many.
        cves: usize,
    },
}

impl Report {
    /// Returns what is kept of this report, for the trend of later ones.
    pub fn record(&self) -> Option<&ReportRecord> {
        self.trend.last()
    }
}
