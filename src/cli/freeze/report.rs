//! What a freeze says to people: what is in the release, what is not and why, and what they should look at before
//! instances ride it.

use std::fmt::Write;

use super::golden::Reading;
use crate::name::ReleaseName;
use crate::observed::InstanceStatus;
use crate::package::Package;
use crate::package::freeze::{Frozen, Kernel};
use crate::train::Train;

/// What is reported.
pub(super) struct Report<'a> {
    pub(super) train: &'a Train,
    pub(super) release: &'a ReleaseName,
    pub(super) golden: &'a Reading,
    pub(super) frozen: &'a Frozen,
}

/// Lays it out.
pub(super) fn text(report: &Report<'_>) -> String {
    let Report { train, release, golden, frozen } = report;
    let manifest = &frozen.manifest;
    let mut text = format!("Froze release {release} of train {} from {}.\n", train.name, golden.name());
    let counts = [
        count(manifest.packages.len(), "package"),
        count(manifest.modules.len(), "module stream"),
        count(manifest.keys.len(), "trust key"),
    ];
    let _ = writeln!(text, "  {}; {}", counts.join(", "), manifest.digest());
    if !frozen.left_out.is_empty() {
        let _ = writeln!(text, "\nLeft out:");
        for left_out in &frozen.left_out {
            let _ = writeln!(text, "  {left_out}");
        }
    }
    for warning in warnings(report) {
        let _ = writeln!(text, "\nWarning: {warning}");
    }
    let _ = write!(
        text,
        "\nNothing rides it yet: set `release = \"{release}\"` for a group in {}, then `patchtrain plan`.",
        train.file.display()
    );
    text
}

fn warnings(report: &Report<'_>) -> Vec<String> {
    let Report { train, release: _, golden, frozen } = report;
    let name = golden.name();
    let instance = &golden.instance;
    let mut warnings = Vec::new();
    match instance.status {
        InstanceStatus::Normal | InstanceStatus::Warning => {}
        InstanceStatus::Unreachable | InstanceStatus::Error => {
            let since = instance.last_checkin.map(|at| format!(", last at {at}")).unwrap_or_default();
            warnings.push(format!(
                "{name} does not check in{since}: this is what it had then\n  hint: start it, wait for its agent, and freeze anew"
            ));
        }
    }
    if instance.reboot_required {
        warnings.push(format!(
            "{name} waits for a reboot: what is frozen has not run yet\n  hint: reboot and test it before instances ride the release"
        ));
    }
    match &frozen.kernel {
        Kernel::Newest => {}
        Kernel::Older { running, newest } => {
            warnings.push(format!("{name} runs kernel {running}, and {newest} is the newest it has"));
        }
        Kernel::Gone { running } => {
            warnings.push(format!("{name} runs kernel {running}, and has no package of it any more"));
        }
    }
    if !frozen.several.is_empty() {
        let runs: Vec<String> = frozen.several.iter().map(|run| several(run)).collect();
        warnings.push(format!(
            "the release holds several versions, and instances get the newest of each:\n  {}",
            runs.join("\n  ")
        ));
    }
    if !frozen.streamless.is_empty() {
        let packages: Vec<&str> = frozen.streamless.iter().map(|package| package.as_str()).collect();
        warnings.push(format!(
            "the module stream of {} is not known; instances may not be able to install {}:\n  {}",
            count(packages.len(), "package"),
            if packages.len() == 1 { "it" } else { "them" },
            packages.join("\n  ")
        ));
    }
    let same = train.releases.iter().find(|other| other.digest == frozen.manifest.digest());
    if let Some(same) = same {
        warnings.push(format!("it holds the same as release {}", same.name));
    }
    warnings
}

fn several(run: &[Package]) -> String {
    let versions: Vec<&str> = run.iter().map(|package| package.evr()).collect();
    format!("{}: {}", run[0].name(), versions.join(", "))
}

fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}
