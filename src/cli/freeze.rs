//! `patchtrain freeze`: a release made of what a golden instance has installed, of a list of packages, or of an older
//! release. Writes the manifest, whole or not at all, and declares the release in the train file, with every comment
//! kept; or, asked for a dry run, shows what it would change.

mod anew;
mod as_of;
mod golden;
mod hotfix;
mod list;
mod offers;
mod report;
mod save;

use super::args::Freeze as Arguments;
use super::connect::Connector;
use super::context::Context;
use super::{CliError, exit, own_state, workspace};
use crate::apply::Interrupt;
use crate::name::ReleaseName;
use crate::observed::InstanceStatus;
use crate::package::freeze::{self, Choices, Frozen, Kernel, Previous};
use crate::package::manifest::{KernelPolicy, Origin, Provenance};
use crate::package::{Lore, Manifest, Package};
use crate::release::{self, Comparison};
use crate::render::{self, DiffFormat};
use crate::state::State;
use crate::train::{Release, Train};
use save::Target;

/// What every way to make a release needs.
struct Desk<'a> {
    context: &'a Context,
    arguments: &'a Arguments,
    /// All of the workspace: an instance must ride none of them.
    trains: &'a [Train],
    train: &'a Train,
    /// The train's state, if it was ever applied.
    state: Option<&'a State>,
    interrupt: &'a Interrupt,
}

/// A release, and what is to be said of it.
struct Made {
    frozen: Frozen,
    /// What it was made of.
    of: String,
    /// What should be looked at, besides what the release itself shows.
    warnings: Vec<String>,
    /// What whoever reads it should know.
    told: Vec<String>,
    /// What is not as it is in the release that it was made of.
    changes: Vec<String>,
}

impl<'a> Desk<'a> {
    fn choices(&self) -> Choices<'a> {
        let previous = self.train.releases.last();
        let previous =
            previous.map(|release| Previous { release: release.name.as_str(), keys: &release.manifest.keys });
        Choices { unmanaged: &self.train.unmanaged, kernels: self.arguments.kernels, previous }
    }
}

/// Makes the release, then writes both files. Nothing is written before everything is known to be good.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    if arguments.as_of.is_some() && arguments.kernels == KernelPolicy::Running {
        return Err(CliError::usage(
            "--as-of takes kernels by their day, and --kernels running whatever runs now",
        )
        .hint("leave one of them out"));
    }
    let trains = context.workspace.trains(&[])?;
    let why = "a release belongs to one train, and there are several";
    let train = workspace::one_of(&trains, arguments.train.as_deref(), why)?;
    let target = Target::of(train, &arguments.release);
    target.refuse_known()?;
    let base = arguments.base.as_ref().map(|name| hotfix::base(train, name)).transpose()?;
    context.block_on(async |interrupt| {
        let state = context.state(train, &interrupt).await?;
        if let Some(state) = &state {
            own_state::fits(train, state)?;
            target.refuse_recorded(state)?;
        }
        let desk =
            Desk { context, arguments, trains: &trains, train, state: state.as_ref(), interrupt: &interrupt };
        let made = match (base, arguments.from.as_deref()) {
            (Some(base), _) => hotfix::make(&desk, base).await?,
            (None, Some(from)) if list::is_file(from) => list::make(&desk, from).await?,
            (None, _) => of_instance(&desk).await?,
        };
        let content = target.content(context, &made.frozen.manifest)?;
        let report = report::Report {
            train,
            release: &arguments.release,
            made: &made,
            dry: arguments.diff,
            detail: arguments.amount.detail(),
        };
        if arguments.diff {
            context.terminal.say(&report::text(&report));
            return show(&desk, base.or(train.releases.last()), &made.frozen.manifest);
        }
        target.save(&content)?;
        context.terminal.say(&report::text(&report));
        context.terminal.print(&format!("{}\n", target.path.display()))?;
        Ok(exit::DONE)
    })
}

/// Shows how the release would differ from the one before it.
fn show(desk: &Desk<'_>, before: Option<&Release>, manifest: &Manifest) -> Result<u8, CliError> {
    let content = |label: &str, manifest: &Manifest| {
        release::Content::of_manifest(label.to_owned(), release::Origin::Release, manifest)
    };
    let old = match before {
        Some(release) => content(release.name.as_str(), &release.manifest),
        None => content("nothing", &Manifest::default()),
    };
    let new = content(desk.arguments.release.as_str(), manifest);
    let comparison = Comparison::between(&old, &new, Lore::default());
    let format = DiffFormat::Text(desk.context.terminal.style(desk.arguments.amount.detail()));
    desk.context.terminal.print(&render::diff(&comparison, format))?;
    Ok(if comparison.is_same() { exit::DONE } else { exit::DIFFERENT })
}

/// Makes a release of what an instance has.
async fn of_instance(desk: &Desk<'_>) -> Result<Made, CliError> {
    let Desk { context, arguments, trains, train, state, interrupt } = desk;
    let mut connector = Connector::new(context, &arguments.parallelism)?;
    let connection = connector.connect(train, interrupt).await?;
    let wanted = golden::Wanted { trains, train, state: *state, from: arguments.from.as_deref() };
    let mut golden = golden::read(context, interrupt, &connection, &wanted).await?;
    let calls = arguments.parallelism.calls();
    let moved = match arguments.as_of {
        None => None,
        Some(day) => {
            Some(as_of::apply(context, interrupt, &connection, train, (day, calls), &mut golden).await?)
        }
    };
    let origin = Origin::Instance(golden.id.to_string());
    let mut provenance = provenance(&arguments.release, (connection.clock)(), origin);
    let (mut told, mut changes) = (Vec::new(), Vec::new());
    let mut warnings = Vec::new();
    if let (Some(as_of::Moved { decided, errata, earlier, unread }), Some(day)) = (moved, arguments.as_of) {
        told.push(format!(
            "as of {day}: {errata} errata were issued since; what was published without one cannot be told"
        ));
        if earlier > 0 {
            told.push(format!("{earlier} errata from before were read for what they had named already"));
        }
        warnings.extend(offers::unread_warning(&unread));
        provenance.notes.extend(offers::unread_note(&unread));
        changes = decided.iter().map(ToString::to_string).collect();
        provenance.notes.push(format!("as of {day}, by the errata that were issued since"));
        provenance.notes.extend(changes.iter().cloned());
    }
    let frozen = freeze::freeze(&golden.as_golden(), &desk.choices(), provenance);
    if frozen.manifest.packages.is_empty() {
        return Err(CliError::new(
            exit::ERROR,
            format!("`{}` has no package that a release could hold", golden.name()),
        )
        .hint(
            "`patchtrain status` shows what the service knows of it; its agent may not have reported yet",
        ));
    }
    refuse_untold_kernel(&golden, &frozen)?;
    if matches!(golden.instance.status, InstanceStatus::Unreachable | InstanceStatus::Error) {
        let since = golden.instance.last_checkin.map(|at| format!(", last at {at}")).unwrap_or_default();
        warnings.push(format!(
            "{} does not check in{since}: this is what it had then\n  hint: start it, wait for its agent, and freeze anew",
            golden.name()
        ));
    }
    Ok(Made { frozen, of: golden.name().to_owned(), warnings, told, changes })
}

/// Refuses to take the kernel that runs where nobody can tell which packages that is.
fn refuse_untold_kernel(golden: &golden::Reading, frozen: &Frozen) -> Result<(), CliError> {
    let has_kernels = golden.inventory.installed.iter().any(Package::is_install_only);
    if frozen.policy != KernelPolicy::Running || !has_kernels {
        return Ok(());
    }
    let message = match &frozen.kernel {
        Kernel::Newest | Kernel::Older { .. } => return Ok(()),
        Kernel::Unknown => format!("the service does not say which kernel `{}` runs", golden.name()),
        Kernel::Gone { running } => {
            format!("`{}` runs kernel {running}, and has no package of it any more", golden.name())
        }
    };
    Err(CliError::new(exit::ERROR, message).hint(
        "reboot it into a kernel that it has, and freeze again; or take the newest (--kernels newest) or all",
    ))
}

/// Returns where a manifest comes from, with nothing left out yet.
pub(super) fn provenance(release: &ReleaseName, now: jiff::Timestamp, origin: Origin) -> Provenance {
    // Fractions of a second say nothing, and a second is what the service counts in.
    let frozen_at = jiff::Timestamp::from_second(now.as_second()).unwrap_or(now);
    Provenance {
        release: release.to_string(),
        frozen_at,
        origin,
        kernel_policy: None,
        left_out: Vec::new(),
        streams: Vec::new(),
        notes: Vec::new(),
    }
}
