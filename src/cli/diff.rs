//! `patchtrain diff`: how two package sets differ, wherever they are. Changes nothing; two files need no workspace, and
//! nothing but a side that is in the service needs the network.

mod file;
mod live;

use std::path::Path;

use similar::TextDiff;

use super::args::{Diff as Arguments, DiffFormat as Asked};
use super::context::Context;
use super::{CliError, advisories, exit, repositories, workspace};
use crate::advisory::Advisories;
use crate::name::{GroupName, ReleaseName};
use crate::package::{Lore, PackageSet};
use crate::release::{Comparison, Content, Origin};
use crate::render::{self, DiffFormat};
use crate::train::Train;

/// What a word on the command line may be.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
    /// A file.
    File(String),
    /// A release of the train.
    Release(ReleaseName),
    /// A group of the train.
    Group(GroupName),
    /// An instance.
    Instance(String),
    /// A source.
    Source(String),
    /// A release, a group or an instance: what the train has of that name.
    Word(String),
}

impl Named {
    fn of(word: &str) -> Self {
        let path = Path::new(word);
        let is_file = || word.contains('/') || word.ends_with(".packages") || path.is_file();
        match word.split_once(':') {
            Some(("service", source)) => return Self::Source(source.to_owned()),
            _ if is_file() => return Self::File(word.to_owned()),
            _ => {}
        }
        match word.split_once('.') {
            Some(("release", name)) => Self::Release(ReleaseName::new(name)),
            Some(("group", name)) => Self::Group(GroupName::new(name)),
            Some(("instance", name)) => Self::Instance(name.to_owned()),
            _ => Self::Word(word.to_owned()),
        }
    }

    /// Decides what a mere word is. What no train file declares can only be an instance.
    fn known_to(self, train: &Train) -> Self {
        let Self::Word(word) = self else { return self };
        let (release, group) = (ReleaseName::new(&word), GroupName::new(&word));
        if train.release(&release).is_some() {
            Self::Release(release)
        } else if train.group(&group).is_some() {
            Self::Group(group)
        } else {
            Self::Instance(word)
        }
    }
}

/// Compares them, and shows how they differ.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    let sides = [Named::of(&arguments.old), Named::of(&arguments.new)];
    let trains = match &sides {
        [Named::File(_), Named::File(_)] if !arguments.advisories.ask_the_service() => Vec::new(),
        _ => context.workspace.trains(&[])?,
    };
    let why = "a release, a group or an instance is of one train, and there are several";
    let train = match trains.as_slice() {
        [] => None,
        trains => Some(workspace::one_of(trains, arguments.train.as_deref(), why)?),
    };
    let sides = sides.map(|side| match train {
        Some(train) => side.known_to(train),
        None => side,
    });
    if arguments.lines {
        return lines(context, train, &sides);
    }
    let (old, new, book) = read(context, arguments, train, &sides)?;
    let lore = lore(context, arguments, &old, &new)?;
    let mut comparison = Comparison::between(&old, &new, lore);
    if let Some(book) = book {
        comparison = comparison.judged_by(&book, &old, &new);
    }
    let format = match arguments.format {
        Asked::Text => DiffFormat::Text(context.terminal.style(arguments.amount.detail())),
        Asked::Markdown => DiffFormat::Markdown,
        Asked::Json => DiffFormat::Json,
    };
    context.terminal.print(&render::diff(&comparison, format))?;
    Ok(if comparison.is_same() { exit::DONE } else { exit::DIFFERENT })
}

/// Reads what repositories tell of packages that replace others.
fn lore(context: &Context, arguments: &Arguments, old: &Content, new: &Content) -> Result<Lore, CliError> {
    if arguments.repodata.is_empty() {
        return Ok(Lore::default());
    }
    let known = context.block_on(async |interrupt| {
        repositories::read(context, &interrupt, &arguments.repodata, &new.packages).await
    })?;
    Ok(Lore { obsoletes: known.replaced(&old.packages, &new.packages), ..Lore::default() })
}

/// Reads both sides, and the advisories that are asked for: what lies in files first, so that what is wrong there takes
/// no call.
fn read(
    context: &Context,
    arguments: &Arguments,
    train: Option<&Train>,
    sides: &[Named; 2],
) -> Result<(Content, Content, Option<Advisories>), CliError> {
    let offline = |side: &Named| -> Result<Option<Content>, CliError> {
        match (side, train) {
            (Named::File(path), _) => file::read(context, Path::new(path)).map(Some),
            (Named::Release(name), Some(train)) => release(train, name).map(Some),
            _ => Ok(None),
        }
    };
    let [old, new] = [offline(&sides[0])?, offline(&sides[1])?];
    let wanted = &arguments.advisories;
    if let (Some(old), Some(new)) = (&old, &new)
        && !wanted.are_wanted()
    {
        return Ok((old.clone(), new.clone(), None));
    }
    context.block_on(async |interrupt| {
        let known = new.as_ref().or(old.as_ref()).map(|content| &content.packages);
        let os_major = advisories::os_major(train, known.unwrap_or(&PackageSet::default()));
        let book = advisories::files(context, &interrupt, wanted, os_major).await?;
        if let (Some(old), Some(new)) = (&old, &new)
            && !wanted.ask_the_service()
        {
            return Ok((old.clone(), new.clone(), book));
        }
        let train = train.ok_or_else(|| CliError::usage("there is no train that this is of"))?;
        let service = live::Live::connect(context, arguments, train, &interrupt).await?;
        let old = match old {
            Some(content) => content,
            None => service.read(&sides[0]).await?,
        };
        let new = match new {
            Some(content) => content,
            None => service.read(&sides[1]).await?,
        };
        let book = service.and_errata(wanted, book).await?;
        Ok((old, new, book))
    })
}

fn release(train: &Train, name: &ReleaseName) -> Result<Content, CliError> {
    let known = train.release(name).ok_or_else(|| {
        let releases: Vec<&str> = train.releases.iter().map(|release| release.name.as_str()).collect();
        CliError::usage(format!("train `{}` has no release `{name}`", train.name))
            .hint(format!("the releases are: {}", releases.join(", ")))
    })?;
    Ok(Content::of_manifest(name.to_string(), Origin::Release, &known.manifest))
}

/// Shows how two files differ, line by line.
fn lines(context: &Context, train: Option<&Train>, sides: &[Named; 2]) -> Result<u8, CliError> {
    let path = |side: &Named| match (side, train) {
        (Named::File(path), _) => Ok(path.into()),
        (Named::Release(name), Some(train)) => {
            release(train, name)?;
            let known = train.release(name).map(|known| known.manifest_path.clone()).unwrap_or_default();
            Ok(train.file.parent().unwrap_or(Path::new("")).join(known))
        }
        _ => Err(CliError::usage("--lines compares files: two releases, or two manifests")),
    };
    let [old, new] = [path(&sides[0])?, path(&sides[1])?];
    let (before, after) = (file::text(&old)?, file::text(&new)?);
    let diff = TextDiff::from_lines(&before, &after);
    let text = diff
        .unified_diff()
        .header(&old.display().to_string(), &new.display().to_string())
        .missing_newline_hint(true)
        .to_string();
    context.terminal.print(&text)?;
    Ok(if before == after { exit::DONE } else { exit::DIFFERENT })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_says_what_it_is_where_it_can() {
        assert_eq!(Named::of("service:ol8_baseos"), Named::Source("ol8_baseos".to_owned()));
        assert_eq!(Named::of("trains/x"), Named::File("trains/x".to_owned()));
        assert_eq!(Named::of("GL1.packages"), Named::File("GL1.packages".to_owned()));
        assert_eq!(Named::of("release.GL1.1"), Named::Release(ReleaseName::new("GL1.1")));
        assert_eq!(Named::of("group.web"), Named::Group(GroupName::new("web")));
        assert_eq!(Named::of("instance.web-01"), Named::Instance("web-01".to_owned()));
        assert_eq!(Named::of("GL1.1"), Named::Word("GL1.1".to_owned()));
        let id = "ocid1.instance.oc1..a";
        assert_eq!(Named::of(id), Named::Word(id.to_owned()));
    }
}
