//! Advisories as the command line names them: files of the vendor's, and the service's errata. Reading of both shows
//! that it goes on; what a file holds that could not be understood is told.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::oneshot;

use super::args::Advisories as Arguments;
use super::connect::Connection;
use super::context::Context;
use super::look::Reading;
use super::signals::unless_interrupted;
use super::{CliError, exit};
use crate::advisory::{self, Advisories, Format, Loaded};
use crate::apply::Interrupt;
use crate::cloud::Cloud;
use crate::observed::{self, Erratum, Scope, Sighting};
use crate::package::PackageSet;
use crate::render::advisory_count;
use crate::train::{self, Train};

/// So many things that a file holds and that were left out are shown.
const SHOWN: usize = 5;

/// So many errata take a while to read: each is a call.
const MANY: usize = 1_000;

/// Where advisories come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The service of the train.
    Service,
    /// A file.
    File(PathBuf),
}

impl Source {
    /// Reads what stands behind `--advisories`.
    pub(super) fn of(word: &str) -> Self {
        match word {
            "service" => Self::Service,
            file => Self::File(file.into()),
        }
    }
}

impl Arguments {
    /// Tells whether any are wanted.
    pub(super) fn are_wanted(&self) -> bool {
        !self.sources.is_empty()
    }

    /// Tells whether the service is to be asked.
    pub(super) fn ask_the_service(&self) -> bool {
        self.sources.iter().any(|word| Source::of(word) == Source::Service)
    }

    fn since(&self) -> Result<Option<Timestamp>, CliError> {
        let Some(date) = self.since else { return Ok(None) };
        let start = date
            .to_zoned(TimeZone::UTC)
            .map_err(|error| CliError::usage(format!("--advisories-since {date} is no day: {error}")))?;
        Ok(Some(start.timestamp()))
    }
}

/// Returns the major version of the system that packages are for: as the train says, or as most of them were built.
pub(super) fn os_major(train: Option<&Train>, packages: &PackageSet) -> Option<u16> {
    match train {
        Some(train) => train::os_major(&train.os),
        None => advisory::system_of(packages),
    }
}

/// Reads the files; none where no file is named.
pub(super) async fn files(
    context: &Context,
    interrupt: &Interrupt,
    arguments: &Arguments,
    os_major: Option<u16>,
) -> Result<Option<Advisories>, CliError> {
    let mut book: Option<Advisories> = None;
    for word in &arguments.sources {
        let Source::File(path) = Source::of(word) else { continue };
        let os_major = os_major.ok_or_else(|| {
            CliError::usage(
                "the packages do not tell which Oracle Linux they are of, and advisories are of one",
            )
            .hint("compare within a workspace, whose train says it")
        })?;
        let read = file(context, interrupt, path, os_major).await?;
        book = Some(match book {
            Some(book) => book.merged(read),
            None => read,
        });
    }
    let since = arguments.since()?;
    Ok(book.map(|book| match since {
        Some(since) => book.since(since),
        None => book,
    }))
}

async fn file(
    context: &Context,
    interrupt: &Interrupt,
    path: PathBuf,
    os_major: u16,
) -> Result<Advisories, CliError> {
    let label = path.display().to_string();
    let progress = Reading::start(context, &format!("reading {label}"), label.clone());
    // A thread of its own, which an interrupt need not wait for: a file of the whole vendor takes seconds.
    let (done, loaded) = oneshot::channel();
    std::thread::spawn({
        let path = path.clone();
        move || done.send(advisory::load(&path, os_major))
    });
    let loaded = unless_interrupted(interrupt, loaded).await;
    progress.vanish();
    let loaded = loaded?
        .map_err(|_| CliError::new(exit::ERROR, format!("reading {label} ended before its end")))?
        .map_err(|error| CliError::of(exit::ERROR, &error).hint(error.hint()))?;
    context.terminal.say(&told(&path, os_major, &loaded));
    Ok(loaded.advisories)
}

/// Says what a file held, and what of it was left out.
fn told(path: &Path, os_major: u16, loaded: &Loaded) -> String {
    let Loaded { format, advisories, elsewhere, warnings } = loaded;
    let form = match format {
        Format::Updateinfo => "updateinfo.xml",
        Format::Oval => "OVAL",
    };
    let mut text = format!("{} ({form}): {}", path.display(), advisory_count(advisories.len()));
    if *format == Format::Oval {
        let _ = write!(text, " about Oracle Linux {os_major}, {elsewhere} about others only");
    }
    for warning in warnings.list.iter().take(SHOWN) {
        let whose = warning.advisory.as_deref().map(|id| format!(" ({id})")).unwrap_or_default();
        let _ = write!(text, "\n  line {}{whose}: left out, {}", warning.line, warning.message);
    }
    if warnings.len() > SHOWN {
        let _ = write!(text, "\n  and {} more left out", warnings.len() - SHOWN);
    }
    text
}

/// Reads the service's errata, each with its packages, with so many calls in flight.
async fn service<C: Cloud>(
    context: &Context,
    interrupt: &Interrupt,
    connection: &Connection<C>,
    arguments: &Arguments,
    calls: usize,
) -> Result<Advisories, CliError> {
    const WHAT: &str = "reading errata";
    let since = arguments.since()?;
    let mut progress = Reading::start(context, WHAT, "errata".to_owned());
    connection.retries.watch(progress.retries(context));
    let reads = errata(&*connection.cloud, since, calls, |done, total| progress.count(WHAT, done, total));
    let errata = unless_interrupted(interrupt, reads).await;
    connection.retries.unwatch();
    progress.finish(context, matches!(errata, Ok(Ok(_))));
    let errata =
        errata?.map_err(|error| CliError::from(error).while_doing("the errata could not be read"))?;
    let (all, silent) = (errata.len(), errata.iter().filter(|erratum| erratum.packages.is_empty()).count());
    if silent > 0 {
        context.terminal.say(&format!("{silent} of {all} errata name no package, and count as never open"));
    }
    if all > MANY && since.is_none() {
        context.terminal.say("hint: --advisories-since DATE reads the newer ones alone");
    }
    Ok(observed::advisories(&errata))
}

/// Adds the service's errata to what files have told, where they are asked for.
pub(super) async fn and_errata<C: Cloud>(
    context: &Context,
    interrupt: &Interrupt,
    connection: &Connection<C>,
    arguments: &Arguments,
    calls: usize,
    book: Option<Advisories>,
) -> Result<Option<Advisories>, CliError> {
    if !arguments.ask_the_service() {
        return Ok(book);
    }
    let errata = service(context, interrupt, connection, arguments, calls).await?;
    Ok(Some(book.unwrap_or_default().merged(errata)))
}

/// Lists what there is and then reads each: the list does not tell packages.
pub(super) async fn errata<C: Cloud>(
    cloud: &C,
    since: Option<Timestamp>,
    calls: usize,
    mut on_read: impl FnMut(usize, usize),
) -> Result<Vec<Erratum>, crate::cloud::CloudError> {
    let listed = match cloud.observe(&Scope::ErrataSince(since)).await? {
        Sighting::ErrataSince(_, listed) => listed,
        _ => Vec::new(),
    };
    let scopes: Vec<Scope> = listed.iter().map(|erratum| Scope::Erratum(Arc::clone(&erratum.id))).collect();
    let total = scopes.len() + 1;
    on_read(1, total);
    let mut errata = Vec::with_capacity(listed.len());
    let mut reads =
        stream::iter(scopes.iter().map(|scope| cloud.observe(scope))).buffer_unordered(calls.max(1));
    while let Some(sighting) = reads.next().await {
        // One that the service dropped meanwhile is not there.
        if let Sighting::Erratum(_, Some(erratum)) = sighting? {
            errata.push(erratum);
        }
        on_read(errata.len() + 1, total);
    }
    Ok(errata)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::memory::MemoryCloud;
    use crate::observed::Observed;
    use crate::op::UpdateKind;
    use crate::package::Package;

    fn erratum(number: usize, issued: &str) -> Erratum {
        let name: Arc<str> = format!("ELSA-{number:03}").into();
        Erratum {
            id: Arc::clone(&name),
            name,
            synopsis: "bash security update".into(),
            kind: UpdateKind::Security,
            severity: None,
            issued: issued.parse().ok(),
            cves: Vec::new(),
            packages: vec![Package::parse(&format!("bash-{number}-1.x86_64")).unwrap()],
        }
    }

    #[tokio::test(start_paused = true)]
    async fn errata_are_listed_and_then_read_each() {
        let cloud = MemoryCloud::new(Observed::default());
        cloud.set_errata(vec![erratum(1, "2026-01-01T00:00:00Z"), erratum(2, "2026-03-01T00:00:00Z")]);
        let mut told = Vec::new();
        let all = errata(&cloud, None, 4, |done, total| told.push((done, total))).await.unwrap();
        assert_eq!(all.len(), 2);
        assert!(all.iter().all(|erratum| erratum.packages.len() == 1));
        assert_eq!(told, [(1, 3), (2, 3), (3, 3)]);
        let since = "2026-02-01T00:00:00Z".parse().ok();
        let newer = errata(&cloud, since, 4, |_, _| ()).await.unwrap();
        assert_eq!(newer.iter().map(|erratum| &*erratum.name).collect::<Vec<_>>(), ["ELSA-002"]);
    }

    #[test]
    fn a_file_is_whatever_is_not_the_service() {
        assert_eq!(Source::of("service"), Source::Service);
        assert_eq!(Source::of("./service"), Source::File("./service".into()));
    }
}
