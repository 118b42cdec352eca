//! The workspace: the folder with `trains/` and, beside it, `state/`. Which trains a command is about.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::CliError;
use super::exit;
use crate::name::TrainName;
use crate::simulator::{self, Place};
use crate::train::{self, Train};

/// A folder with trains and state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Names the folder; an empty path is the current one, which keeps shown paths short. Nothing is read yet.
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Returns `trains/*.toml` by name. Hidden files (editors' backups, lock files) are none of ours.
    pub(super) fn train_files(&self) -> Result<Vec<PathBuf>, CliError> {
        let files = self.visible_train_files()?;
        if files.is_empty() {
            return Err(self.no_trains());
        }
        Ok(files)
    }

    /// As [`Self::train_files`], in a workspace that may have none yet; the folder must be there.
    pub(super) fn visible_train_files(&self) -> Result<Vec<PathBuf>, CliError> {
        let folder = self.root.join("trains");
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(self.no_trains()),
            Err(error) => return Err(unreadable(&folder, &error)),
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| unreadable(&folder, &error))?.path();
            let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
            if !hidden && path.extension().is_some_and(|extension| extension == "toml") {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    /// Loads all trains, since an instance may ride only one of them, and returns those selected, by name.
    pub(super) fn trains(&self, selected: &[String]) -> Result<Vec<Train>, CliError> {
        let files = self.train_files()?;
        let mut trains = train::load_all(&files).map_err(CliError::problems)?;
        trains.sort_by(|one, other| one.name.cmp(&other.name));
        if let Some(unknown) =
            selected.iter().find(|name| trains.iter().all(|train| train.name.as_str() != **name))
        {
            let known: Vec<&str> = trains.iter().map(|train| train.name.as_str()).collect();
            return Err(CliError::usage(format!("there is no train `{unknown}` in trains/"))
                .hint(format!("the trains are: {}", known.join(", "))));
        }
        if !selected.is_empty() {
            trains.retain(|train| selected.iter().any(|name| *name == train.name.as_str()));
        }
        Ok(trains)
    }

    /// Returns the folder of states that are kept here.
    pub(super) fn state_folder(&self) -> PathBuf {
        self.root.join("state")
    }

    /// Returns where a state goes that its store does not take: the first of these that can be made.
    pub(super) fn errored(&self, train: &TrainName, serial: u64) -> [PathBuf; 2] {
        let folder = self.root.join("state");
        // An earlier one that nobody has pushed yet is not overwritten.
        [folder.join(format!("errored.{train}.json")), folder.join(format!("errored.{train}.{serial}.json"))]
    }

    /// Returns the place of the workspace's simulator. A new world is the same for everybody, so that the quickstart's
    /// manifests fit it.
    pub(super) fn simulator(&self) -> Place {
        Place { world: self.root.join("state").join("simulator"), seed: simulator::DEFAULT_SEED }
    }

    fn no_trains(&self) -> CliError {
        let place = std::path::absolute(&self.root).or_else(|_| std::env::current_dir());
        let place = place.map_or_else(|_| ".".to_owned(), |place| place.display().to_string());
        CliError::new(exit::ERROR, format!("no train files here: {place} has no trains/*.toml"))
            .hint("change to the folder that holds trains/, or name it with --chdir DIR")
    }
}

/// Finds the one train that a command is about; `why` says what keeps it from being about several.
pub(super) fn one_of<'a>(
    trains: &'a [Train],
    wanted: Option<&str>,
    why: &str,
) -> Result<&'a Train, CliError> {
    let names = || trains.iter().map(|train| train.name.as_str()).collect::<Vec<_>>().join(", ");
    match (wanted, trains) {
        (Some(wanted), _) => trains.iter().find(|train| train.name.as_str() == wanted).ok_or_else(|| {
            CliError::usage(format!("there is no train `{wanted}` in trains/"))
                .hint(format!("the trains are: {}", names()))
        }),
        (None, [train]) => Ok(train),
        (None, _) => Err(CliError::usage(why).hint(format!("say which with --train NAME: {}", names()))),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> CliError {
    CliError::of(exit::ERROR, error).while_doing(format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn train_files_are_the_visible_toml_files_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::new(folder.path().to_owned());
        let code = |workspace: &Workspace| workspace.train_files().map_err(|error| error.code);
        assert_eq!(code(&workspace), Err(exit::ERROR));
        let trains = folder.path().join("trains");
        fs::create_dir(&trains).unwrap();
        assert_eq!(code(&workspace), Err(exit::ERROR));
        for name in ["b.toml", "a.toml", ".c.toml", "d.toml~", "a.packages"] {
            fs::write(trains.join(name), "").unwrap();
        }
        assert_eq!(code(&workspace), Ok(vec![trains.join("a.toml"), trains.join("b.toml")]));
    }
}
