//! `patchtrain freeze`: a release made of what a golden instance has installed. Writes the manifest, whole or not at all,
//! and declares the release in the train file, with every comment kept.

mod anew;
mod golden;
mod report;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::args::Freeze as Arguments;
use super::connect::Connector;
use super::context::Context;
use super::{CliError, exit, own_state, workspace, write};
use crate::name::{Ocid, ReleaseName};
use crate::package::freeze::{self, Frozen};
use crate::package::manifest::Provenance;
use crate::state::State;
use crate::state::store::Store;
use crate::train::{self, Overlay, Train};

/// Of several kernels a release takes all: which of them an instance boots is its own affair.
const KERNEL_POLICY: &str = "all";

/// Reads the instance, then writes both files. Nothing is written before everything is known to be good.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    let release = &arguments.release;
    let trains = context.workspace.trains(&[])?;
    let why = "a release belongs to one train, and there are several";
    let train = workspace::one_of(&trains, arguments.train.as_deref(), why)?;
    let manifest = Target::of(train, release);
    refuse_known(train, release, &manifest)?;
    context.block_on(async |interrupt| {
        let state = context.workspace.store(&train.name).load().await?;
        if let Some(state) = &state {
            own_state::fits(train, state)?;
            refuse_recorded(state, release)?;
        }
        let mut connector = Connector::new(context, &arguments.parallelism, arguments.identity.profile())?;
        let connection = connector.connect(train, &interrupt).await?;
        let wanted =
            golden::Wanted { trains: &trains, train, state: state.as_ref(), from: arguments.from.as_deref() };
        let golden = golden::read(context, &interrupt, &connection, &wanted).await?;
        let frozen = freeze_of(&golden, train, release, (connection.clock)());
        if frozen.manifest.packages.is_empty() {
            return Err(CliError::new(
                exit::ERROR,
                format!("`{}` has no package that a release could hold", golden.name()),
            )
            .hint(
                "`patchtrain status` shows what the service knows of it; its agent may not have reported yet",
            ));
        }
        save(context, train, release, &manifest, &frozen)?;
        let text = report::text(&report::Report { train, release, golden: &golden, frozen: &frozen });
        context.terminal.say(&text);
        context.terminal.print(&format!("{}\n", manifest.path.display()))?;
        Ok(exit::DONE)
    })
}

/// Makes the manifest of what was read.
fn freeze_of(golden: &golden::Reading, train: &Train, release: &ReleaseName, now: jiff::Timestamp) -> Frozen {
    // Fractions of a second say nothing, and a second is what the service counts in.
    let frozen_at = jiff::Timestamp::from_second(now.as_second()).unwrap_or(now);
    let provenance = provenance(release, frozen_at, &golden.id);
    freeze::freeze(&golden.as_golden(), &train.unmanaged, provenance)
}

/// Returns where a manifest comes from, with nothing left out yet.
pub(super) fn provenance(release: &ReleaseName, frozen_at: jiff::Timestamp, golden: &Ocid) -> Provenance {
    Provenance {
        release: release.to_string(),
        frozen_at,
        golden_instance: golden.to_string(),
        kernel_policy: KERNEL_POLICY.to_owned(),
        left_out: Vec::new(),
        notes: Vec::new(),
    }
}

/// Where a manifest goes.
struct Target {
    /// As the train file names it.
    relative: String,
    /// The file.
    path: PathBuf,
}

impl Target {
    fn of(train: &Train, release: &ReleaseName) -> Self {
        let relative = format!("{}/{release}.packages", train.name);
        let path = train.file.parent().unwrap_or(Path::new("")).join(&relative);
        Self { relative, path }
    }
}

/// Refuses a name that a release has or had, and a file that is there.
fn refuse_known(train: &Train, release: &ReleaseName, manifest: &Target) -> Result<(), CliError> {
    if let Some(known) = train.release(release) {
        let place = format!("{}:{}", train.file.display(), known.line);
        return Err(CliError::new(
            exit::ERROR,
            format!("train `{}` has a release `{release}`: {place}", train.name),
        )
        .hint("a release never changes once it is made: choose another name"));
    }
    if manifest.path.symlink_metadata().is_ok() {
        return Err(exists(&manifest.path));
    }
    Ok(())
}

fn exists(path: &Path) -> CliError {
    CliError::new(exit::ERROR, format!("there is a file {} already", path.display()))
        .hint("freeze overwrites nothing: choose another name for the release, or move the file away")
}

/// Refuses a name that is no longer declared, but was: instances or a source may still bear it.
fn refuse_recorded(state: &State, release: &ReleaseName) -> Result<(), CliError> {
    let source = state.sources.contains_key(release);
    let group = state.groups.values().any(|group| group.release.as_ref() == Some(release));
    let instance = state.instances.values().any(|instance| instance.release.as_ref() == Some(release));
    if !(source || group || instance) {
        return Ok(());
    }
    Err(CliError::new(
        exit::ERROR,
        format!(
            "the state of train `{}` knows a release `{release}` that the train no longer declares",
            state.train
        ),
    )
    .hint("a release never changes once it is made: choose another name (`patchtrain show` shows the state)"))
}

/// Writes the manifest and then the declaration, once both are known to load.
fn save(
    context: &Context,
    train: &Train,
    release: &ReleaseName,
    manifest: &Target,
    frozen: &Frozen,
) -> Result<(), CliError> {
    let file = &train.file;
    let unread = |error: io::Error| {
        CliError::of(exit::ERROR, &error).while_doing(format!("cannot read {}", file.display()))
    };
    let text = fs::read_to_string(file).map_err(unread)?;
    let edited = train::edit::add_release(&text, release, &manifest.relative).map_err(|error| {
        CliError::of(exit::ERROR, &error)
            .while_doing(format!("cannot declare the release in {}", file.display()))
    })?;
    let content = frozen.manifest.to_text();
    let overlay = Overlay::from([
        (file.clone(), edited.clone().into_bytes()),
        (manifest.path.clone(), content.clone().into_bytes()),
    ]);
    // What the instance has may not fit the train: packages of another architecture, say.
    train::load_with_overlay(&context.workspace.train_files()?, &overlay).map_err(|problems| {
        CliError::problems(problems).while_doing(format!(
            "release `{release}` would not fit train `{}`; nothing was written",
            train.name
        ))
    })?;
    write::create(&manifest.path, &content).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => exists(&manifest.path),
        _ => unwritten(&manifest.path, &error),
    })?;
    write::replace(file, &edited).map_err(|error| {
        // Without its declaration the manifest would only stand in the way of the next attempt.
        let _ = fs::remove_file(&manifest.path);
        unwritten(file, &error)
    })
}

fn unwritten(path: &Path, error: &io::Error) -> CliError {
    CliError::of(exit::ERROR, error).while_doing(format!("cannot write {}", path.display()))
}
