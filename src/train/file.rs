//! Reading train files and their manifests from disk.

use std::path::Path;

use super::{Problems, Train};

/// Reads train files with their manifests and checks each, and all of them together (an instance is in one group over
/// all files). Reports every problem of every file, sorted by file and line.
pub fn load_all<P: AsRef<Path>>(_paths: &[P]) -> Result<Vec<Train>, Problems> {
    Err(Problems::default())
}

/// Reads one train file with its manifests.
pub fn load(path: &Path) -> Result<Train, Problems> {
    let mut trains = load_all(&[path])?;
    trains.pop().ok_or_else(Problems::default)
}
