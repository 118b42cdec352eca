//! What a freeze says to people: what is in the release, what is not and why, and what they should look at before
//! instances ride it.

use std::fmt::Write;

use super::Made;
use crate::name::ReleaseName;
use crate::package::Package;
use crate::package::freeze::{Frozen, Kernel, KeyMoves};
use crate::package::manifest::KernelPolicy;
use crate::render::{Detail, count};
use crate::train::Train;

/// So many lines of a list are shown, unless all are asked for.
const SHOWN: usize = 20;

/// What is reported.
pub(super) struct Report<'a> {
    pub(super) train: &'a Train,
    pub(super) release: &'a ReleaseName,
    pub(super) made: &'a Made,
    /// Whether nothing is written.
    pub(super) dry: bool,
    pub(super) detail: Detail,
}

/// Lays it out.
pub(super) fn text(report: &Report<'_>) -> String {
    let Report { train, release, made, dry, detail } = report;
    let Made { frozen, of, warnings: own, told, changes } = made;
    let manifest = &frozen.manifest;
    let verb = if *dry { "Would freeze" } else { "Froze" };
    let mut text = format!("{verb} release {release} of train {} from {of}.\n", train.name);
    let counts = [
        count(manifest.packages.len(), "package"),
        count(manifest.modules.len(), "module stream"),
        count(manifest.keys.len(), "trust key"),
    ];
    let _ = writeln!(text, "  {}; {}", counts.join(", "), manifest.digest());
    if let Some(policy) = manifest.header("kernel policy") {
        let _ = writeln!(text, "  kernel policy: {policy}");
    }
    for line in told {
        let _ = writeln!(text, "  {line}");
    }
    let mut list = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let _ = writeln!(text, "\n{title}:{}", folded(&lines, *detail));
        }
    };
    list("Changed", changes.clone());
    list("Left out", frozen.left_out.iter().map(ToString::to_string).collect());
    for warning in own.iter().cloned().chain(warnings(report)) {
        let _ = writeln!(text, "\nWarning: {warning}");
    }
    let _ = match dry {
        true => write!(text, "\nNothing was written."),
        false => write!(
            text,
            "\nNothing rides it yet: `patchtrain promote {release} --to GROUP` binds a group to it in {}.",
            train.file.display()
        ),
    };
    text
}

fn warnings(report: &Report<'_>) -> Vec<String> {
    let Report { train, release: _, made, dry: _, detail } = report;
    let Made { frozen, of: name, .. } = made;
    let Frozen { manifest, left_out: _, streamless, several, unmatched, twins, policy, kernel, .. } = frozen;
    let (reboot_required, keys) = (&frozen.reboot_required, &frozen.keys);
    let mut warnings = Vec::new();
    if *reboot_required {
        warnings.push(format!(
            "{name} waits for a reboot: what is frozen has not all run yet\n  hint: reboot and test it before instances ride the release"
        ));
    }
    let taken = match policy {
        KernelPolicy::Running => "the one that runs is taken",
        KernelPolicy::Newest => "the newest is taken (--kernels running takes the other)",
        KernelPolicy::All => "all are taken",
    };
    match kernel {
        Kernel::Unknown | Kernel::Newest => {}
        Kernel::Older { running, newest } => {
            warnings
                .push(format!("{name} runs kernel {running}, and {newest} is the newest it has: {taken}"));
        }
        Kernel::Gone { running } => {
            let taken = if *policy == KernelPolicy::All { taken } else { "the newest is taken" };
            warnings
                .push(format!("{name} runs kernel {running}, and has no package of it any more: {taken}"));
        }
    }
    let mut list = |title: String, lines: Vec<String>| {
        if !lines.is_empty() {
            warnings.push(format!("{title}:{}", folded(&lines, *detail)));
        }
    };
    list(
        "the release holds several versions, and instances get the newest of each".to_owned(),
        several.iter().map(|run| versions(run)).collect(),
    );
    list(
        "of these the newest kernel has none of its version, and the newest that there is are taken: they may not be \
         installable"
            .to_owned(),
        unmatched.iter().map(|(package, kernel)| format!("{package} beside {kernel}")).collect(),
    );
    list(
        "two architectures of one name differ in their versions, and are taken as they are; dnf updates none without the \
         other"
            .to_owned(),
        twins.iter().map(|pair| pair.iter().map(|package| package.as_str()).collect::<Vec<_>>().join(", ")).collect(),
    );
    list(
        format!(
            "the module stream of {} is not known; instances may not be able to install {}",
            count(streamless.len(), "package"),
            if streamless.len() == 1 { "it" } else { "them" }
        ),
        streamless.iter().map(ToString::to_string).collect(),
    );
    if let Some(KeyMoves { previous, new, gone }) = keys {
        let new = new.iter().map(|id| format!("new trust key {id}: {previous} does not have it"));
        let gone = gone.iter().map(|id| format!("trust key gone {id}: {previous} has it"));
        list(
            "trust keys differ; they are recorded, and never installed".to_owned(),
            new.chain(gone).collect(),
        );
    }
    if let Some(same) = train.releases.iter().find(|other| other.digest == manifest.digest()) {
        warnings.push(format!("it holds the same as release {}", same.name));
    }
    warnings
}

/// Lays a list out, a line each, cut short where it is long.
fn folded(lines: &[String], detail: Detail) -> String {
    let shown = match detail {
        Detail::Full => lines.len(),
        Detail::Summary => 0,
        Detail::Default if lines.len() <= SHOWN + 1 => lines.len(),
        Detail::Default => SHOWN,
    };
    let mut text: String = lines.iter().take(shown).map(|line| format!("\n  {line}")).collect();
    let more = lines.len() - shown;
    if more > 0 {
        let and = if shown > 0 { "and " } else { "" };
        let more_word = if shown > 0 { " more" } else { "" };
        let _ = write!(text, "\n  {and}{more}{more_word} (--full shows all)");
    }
    text
}

fn versions(run: &[Package]) -> String {
    let versions: Vec<&str> = run.iter().map(|package| package.evr()).collect();
    format!("{}: {}", run[0].name(), versions.join(", "))
}
