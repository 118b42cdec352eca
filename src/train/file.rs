//! Reading train files and their manifests from disk, and making checked [`Train`]s of them. Left out: which files are
//! loaded, which is the command line's to say.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::de::DeTable;

use super::check::{self, Loaded};
use super::imports::ImportShape;
use super::policy;
use super::problem::{Report, Source};
use super::shape::{self, GroupShape, MembersShape, ReleaseShape, Shape};
use super::table::File;
use super::{BACKUPS, Group, Keeping, Members, Neighbour, Problems, Release, Service, Train, digest};
use crate::name::TrainName;
use crate::package::Digest;
use crate::package::manifest::{self, Reading};

/// Reads train files with their manifests and checks each, and all of them together (an instance is in one group over
/// all files). Returns the trains in the order of the paths, a path that is given twice once; or every problem of
/// every file, sorted by file and line.
pub fn load_all<P: AsRef<Path>>(paths: &[P]) -> Result<Vec<Train>, Problems> {
    load_with(paths, |path| std::fs::read(path))
}

/// Contents that files would have: what is about to be written, checked before it is.
pub type Overlay = BTreeMap<PathBuf, Vec<u8>>;

/// Loads as [`load_all`] would after the overlay was written.
pub fn load_with_overlay<P: AsRef<Path>>(paths: &[P], overlay: &Overlay) -> Result<Vec<Train>, Problems> {
    load_with(paths, |path| overlay.get(path).map_or_else(|| std::fs::read(path), |bytes| Ok(bytes.clone())))
}

/// Reads one train file with its manifests.
pub fn load(path: &Path) -> Result<Train, Problems> {
    let mut trains = load_all(&[path])?;
    trains.pop().ok_or_else(Problems::default)
}

/// Reads of a train file only where its service is and where its state is kept: of one that does not lie where its
/// manifests are, such as an older version.
pub fn load_settings(path: &Path) -> Result<Settings, Problems> {
    let mut report = Report::default();
    let read = |file: &Path| if file == path { std::fs::read(file) } else { Ok(Vec::new()) };
    let loaded = read_train(path, &read, &mut report);
    let settings = loaded.filter(|_| report.is_clean()).and_then(|loaded| {
        let Shape { name, service, keeping, .. } = loaded.shape;
        Some(Settings { file: path.to_owned(), name: name?.value, service: service?, keeping })
    });
    settings.ok_or_else(|| report.into_problems())
}

/// Where a train's service is, and where its state is kept.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The file that says so.
    pub file: PathBuf,
    /// The train.
    pub name: TrainName,
    /// Its `[service]` table.
    pub service: Service,
    /// Its `[state]` table.
    pub keeping: Keeping,
}

/// Loads by a function that reads a file.
pub(super) fn load_with<P: AsRef<Path>>(
    paths: &[P],
    read: impl Fn(&Path) -> io::Result<Vec<u8>>,
) -> Result<Vec<Train>, Problems> {
    let mut report = Report::default();
    let mut seen: Vec<&Path> = Vec::new();
    let mut files = Vec::new();
    for path in paths.iter().map(AsRef::as_ref) {
        if seen.contains(&path) {
            continue;
        }
        seen.push(path);
        if let Some(mut loaded) = read_train(path, &read, &mut report) {
            if let Some(asked) = &mut loaded.shape.policy {
                policy::modules(&loaded.source, asked, &read, &mut report);
            }
            check::file(&loaded, &mut report);
            files.push(loaded);
        }
    }
    check::across(&files, &mut report);
    if !report.is_clean() {
        return Err(report.into_problems());
    }
    let trains = files.into_iter().map(train);
    let mut trains: Vec<Train> =
        trains.map(|train| train.expect("a file without a problem has every required value")).collect();
    introduce(&mut trains);
    Ok(trains)
}

/// Tells each train of the others.
fn introduce(trains: &mut [Train]) {
    if trains.len() < 2 {
        return;
    }
    let neighbour = |train: &Train| {
        Arc::new(Neighbour {
            file: train.file.clone(),
            name: train.name.clone(),
            os: train.os.clone(),
            architecture: train.architecture.clone(),
            compartment: train.compartment.clone(),
            golden: train.golden.clone(),
            service: train.service.clone(),
            groups: train.groups.clone(),
            imports: train.imports.clone(),
        })
    };
    let all: Vec<Arc<Neighbour>> = trains.iter().map(neighbour).collect();
    for (at, train) in trains.iter_mut().enumerate() {
        let others = all.iter().enumerate().filter(|(other, _)| *other != at);
        train.neighbours = others.map(|(_, other)| Arc::clone(other)).collect();
    }
}

/// Reads a train file and the manifests that it names; `None` where nothing of it can be understood.
fn read_train(
    path: &Path,
    read: &impl Fn(&Path) -> io::Result<Vec<u8>>,
    report: &mut Report,
) -> Option<Loaded> {
    let bytes = match read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            report.whole(path, format!("the train file cannot be read: {}", reason(&error)), "");
            return None;
        }
    };
    let text = String::from_utf8_lossy(&bytes);
    let valid_utf8 = matches!(text, std::borrow::Cow::Borrowed(_));
    let source = Source::new(path, text.into_owned());
    if !valid_utf8 {
        for (at, bad) in source.text.match_indices(char::REPLACEMENT_CHARACTER) {
            report.at(&source, at..at + bad.len(), "the file is not UTF-8 here", "save it as UTF-8");
        }
        return None;
    }
    if source.text.trim().is_empty() {
        report.whole(path, "the train file is empty", "it starts with a `[train]` and a `[service]` table");
        return None;
    }
    let (document, errors) = DeTable::parse_recoverable(&source.text);
    let mut readable = true;
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        let span = span.start.min(source.text.len())..span.end.min(source.text.len());
        // A key given twice leaves the rest readable; what else is not TOML would only be told again as missing.
        readable &= error.message().starts_with("duplicate key");
        report.at(&source, span, format!("not TOML: {}", error.message()), "");
    }
    if !readable {
        return None;
    }
    let shape = shape::read(&mut File { source: &source, report }, document.get_ref());
    let manifests =
        shape.releases.iter().map(|release| read_manifest(&source, release, read, report)).collect();
    Some(Loaded { source, shape, manifests })
}

fn read_manifest(
    source: &Arc<Source>,
    release: &ReleaseShape,
    read: &impl Fn(&Path) -> io::Result<Vec<u8>>,
    report: &mut Report,
) -> Option<(Arc<Source>, Reading)> {
    let named = release.manifest.as_ref()?;
    let path = source.file.parent().map_or_else(PathBuf::new, Path::to_owned).join(&named.value);
    match read(&path) {
        Ok(bytes) => {
            let mut reading = manifest::read(&bytes);
            // The text is wanted for excerpts only; a good manifest's is not kept twice.
            Some((Source::new(&path, std::mem::take(&mut reading.text)), reading))
        }
        Err(error) => {
            let message = format!("the manifest cannot be read: {}", reason(&error));
            let hint = format!("the path is relative to the train file: looked for {}", path.display());
            report.at(source, named.span.clone(), message, hint);
            None
        }
    }
}

/// The reason of an I/O error, without the number that means nothing to people.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

/// Makes the train of a file in which nothing is wrong.
fn train(loaded: Loaded) -> Option<Train> {
    let Loaded { source, shape, manifests } = loaded;
    let Shape {
        name,
        os,
        architecture,
        compartment,
        golden,
        unmanaged,
        vendor_sources,
        api: _,
        service,
        keeping,
        releases,
        groups,
        imports,
        layout,
        encryption,
        notify,
        policy,
        backups,
        span,
    } = shape;
    let layout_line = source.position(layout.as_ref().map_or(span.start, |at| at.span.start)).0;
    let releases = releases.into_iter().zip(manifests).map(|(shape, manifest)| release(shape, manifest?.1));
    let mut train = Train {
        file: source.file.clone(),
        name: name?.value,
        os: os?,
        architecture: architecture?.to_string(),
        compartment: compartment?,
        golden,
        unmanaged,
        vendor_sources: vendor_sources.unwrap_or_default(),
        service: service?,
        keeping,
        releases: releases.collect::<Option<_>>()?,
        groups: groups.into_iter().map(group).collect::<Option<_>>()?,
        imports: imports.into_iter().map(ImportShape::import).collect(),
        digest: Digest::of([""]),
        layout: layout.map(|at| at.value).unwrap_or_default(),
        layout_line,
        encryption,
        notify,
        policy: policy.map(|asked| asked.policy),
        backups: backups.unwrap_or(BACKUPS),
        neighbours: Vec::new(),
    };
    train.digest = digest::of(&train);
    Some(train)
}

fn release(shape: ReleaseShape, reading: Reading) -> Option<Release> {
    let ReleaseShape { name, manifest: path, retired, line } = shape;
    let manifest = reading.manifest;
    let digest = manifest.digest();
    Some(Release { name: name?.value, manifest_path: path?.value, manifest, digest, line, retired })
}

fn group(shape: GroupShape) -> Option<Group> {
    let GroupShape {
        name,
        id,
        release,
        members,
        after,
        max_failures,
        pace,
        spots: _,
        ahead,
        line,
        update,
        schedule,
        profile,
        enforcing,
    } = shape;
    Some(Group {
        name: name?.value,
        id: id.map(|at| at.value),
        release: release?.value,
        members: match members? {
            MembersShape::Listed(members) => {
                Members::Listed(members.into_iter().map(|at| at.value).collect())
            }
            MembersShape::Service => Members::Service,
            MembersShape::Selected(selector) => Members::Selected(selector),
        },
        after: after.into_iter().map(|at| at.value).collect(),
        max_failures,
        ahead,
        update,
        schedule,
        line,
        profile: profile.is_some_and(|at| at.value),
        pace,
        enforcing: enforcing.value,
    })
}
