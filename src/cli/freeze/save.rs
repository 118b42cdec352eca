//! Where a release goes: its manifest and its declaration in the train file, both or neither.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::cli::context::Context;
use crate::cli::{CliError, exit, write};
use crate::name::ReleaseName;
use crate::package::Manifest;
use crate::state::State;
use crate::train::{self, Overlay, Train};

/// The files of a release to be.
pub(super) struct Target<'a> {
    train: &'a Train,
    release: &'a ReleaseName,
    /// The manifest, as the train file names it.
    relative: String,
    /// The manifest's file.
    pub(super) path: PathBuf,
}

/// What they will hold, known to be valid.
pub(super) struct Content {
    manifest: String,
    train_file: String,
}

impl<'a> Target<'a> {
    pub(super) fn of(train: &'a Train, release: &'a ReleaseName) -> Self {
        let relative = format!("{}/{release}.packages", train.name);
        let path = train.file.parent().unwrap_or(Path::new("")).join(&relative);
        Self { train, release, relative, path }
    }

    /// Refuses a name that a release has, and a file that is there.
    pub(super) fn refuse_known(&self) -> Result<(), CliError> {
        let Self { train, release, .. } = self;
        if let Some(known) = train.release(release) {
            let place = format!("{}:{}", train.file.display(), known.line);
            return Err(CliError::new(
                exit::ERROR,
                format!("train `{}` has a release `{release}`: {place}", train.name),
            )
            .hint("a release never changes once it is made: choose another name"));
        }
        if self.path.symlink_metadata().is_ok() {
            return Err(exists(&self.path));
        }
        Ok(())
    }

    /// Refuses a name that is no longer declared, but was: instances or a source may still bear it.
    pub(super) fn refuse_recorded(&self, state: &State) -> Result<(), CliError> {
        let release = self.release;
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

    /// Makes the content of both files, once they are known to load.
    pub(super) fn content(&self, context: &Context, manifest: &Manifest) -> Result<Content, CliError> {
        let Self { train, release, relative, path } = self;
        let file = &train.file;
        let text = fs::read_to_string(file).map_err(|error| {
            CliError::of(exit::ERROR, &error).while_doing(format!("cannot read {}", file.display()))
        })?;
        let base = manifest.base().map(ReleaseName::new);
        let behind = base.as_ref().map(|base| train.last_hotfix(base));
        let train_file = train::edit::add_release(&text, release, relative, behind).map_err(|error| {
            CliError::of(exit::ERROR, &error)
                .while_doing(format!("cannot declare the release in {}", file.display()))
        })?;
        let manifest = manifest.to_text();
        let overlay = Overlay::from([
            (file.clone(), train_file.clone().into_bytes()),
            (path.clone(), manifest.clone().into_bytes()),
        ]);
        // What the instance has may not fit the train: packages of another architecture, say.
        train::load_with_overlay(&context.workspace.train_files()?, &overlay).map_err(|problems| {
            CliError::problems(problems).while_doing(format!(
                "release `{release}` would not fit train `{}`; nothing was written",
                train.name
            ))
        })?;
        Ok(Content { manifest, train_file })
    }

    /// Writes the manifest and then the declaration.
    pub(super) fn save(&self, content: &Content) -> Result<(), CliError> {
        let file = &self.train.file;
        write::create(&self.path, &content.manifest).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => exists(&self.path),
            _ => unwritten(&self.path, &error),
        })?;
        write::replace(file, &content.train_file).map_err(|error| {
            // Without its declaration the manifest would only stand in the way of the next attempt.
            let _ = fs::remove_file(&self.path);
            unwritten(file, &error)
        })
    }
}

fn exists(path: &Path) -> CliError {
    CliError::new(exit::ERROR, format!("there is a file {} already", path.display()))
        .hint("freeze overwrites nothing: choose another name for the release, or move the file away")
}

fn unwritten(path: &Path, error: &io::Error) -> CliError {
    CliError::of(exit::ERROR, error).while_doing(format!("cannot write {}", path.display()))
}
