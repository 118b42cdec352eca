//! Repositories as the command line names them: folders, and addresses whose files are fetched first.

use std::fs::File;
use std::io::{self, Seek};
use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::apply::Interrupt;
use crate::cli::context::Context;
use crate::cli::look::Reading;
use crate::cli::signals::unless_interrupted;
use crate::cli::{CliError, exit};
use crate::oci::HttpTransport;
use crate::package::PackageSet;
use crate::repodata::{Fetch, Folder, Repodata, RepodataError};

/// So much of one file is fetched, packed as it is: Oracle's largest are a tenth of it.
const LONGEST: u64 = 512 << 20;

/// Where a repository lies.
enum Place {
    Folder(Folder),
    Address { url: String, transport: Arc<HttpTransport>, runtime: Handle },
}

impl Fetch for Place {
    fn fetch(&self, name: &str) -> io::Result<File> {
        match self {
            Self::Folder(folder) => folder.fetch(name),
            Self::Address { url, transport, runtime } => {
                // It has no name, and goes with whoever holds it.
                let mut file = tempfile::tempfile()?;
                let url = format!("{}/{name}", url.trim_end_matches('/'));
                // On a thread of its own, where waiting for the runtime keeps nobody.
                runtime
                    .block_on(transport.download(&url, &mut file, LONGEST))
                    .map_err(|error| io::Error::other(format!("{url}: {error}")))?;
                file.rewind()?;
                Ok(file)
            }
        }
    }

    fn place(&self) -> String {
        match self {
            Self::Folder(folder) => folder.place(),
            Self::Address { url, .. } => url.clone(),
        }
    }
}

/// Reads what the repositories tell of the packages.
pub(super) async fn read(
    context: &Context,
    interrupt: &Interrupt,
    places: &[String],
    wanted: &PackageSet,
) -> Result<Repodata, CliError> {
    let transport = Arc::new(HttpTransport::new());
    let mut repodata = Repodata::default();
    for word in places {
        let place = match word.contains("://") {
            true => {
                let (url, transport, runtime) = (word.clone(), Arc::clone(&transport), Handle::current());
                Place::Address { url, transport, runtime }
            }
            false => Place::Folder(Folder::new(Path::new(word))),
        };
        let progress = Reading::start(context, &format!("reading {word}"), word.clone());
        // A thread of its own, which an interrupt need not wait for.
        let (done, read) = oneshot::channel();
        let (mut known, wanted) = (std::mem::take(&mut repodata), wanted.clone());
        std::thread::spawn(move || {
            let read = known.read(&place, &wanted).map(|()| known);
            let _ = done.send(read);
        });
        let read = unless_interrupted(interrupt, read).await;
        progress.vanish();
        let read: Result<Repodata, RepodataError> =
            read?.map_err(|_| CliError::new(exit::ERROR, format!("reading {word} ended before its end")))?;
        repodata = read.map_err(|error| CliError::of(exit::ERROR, &error).hint(error.hint()))?;
    }
    Ok(repodata)
}
