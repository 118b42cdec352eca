//! Repositories as the command line names them: folders, and addresses whose files are fetched first.

use std::fs::File;
use std::io::{self, Seek};
use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::context::Context;
use super::look::Reading;
use super::signals::unless_interrupted;
use super::{CliError, exit};
use crate::apply::Interrupt;
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
                    .map_err(|error| io::Error::other(shown(&format!("{url}: {error}"))))?;
                file.rewind()?;
                Ok(file)
            }
        }
    }

    fn place(&self) -> String {
        match self {
            Self::Folder(folder) => folder.place(),
            Self::Address { url, .. } => shown(url),
        }
    }
}

/// Refuses, unseen, an address that names a user, and maybe a password.
fn refuse_user(place: &str) -> Result<(), CliError> {
    if place.contains("://") && place.contains('@') {
        return Err(CliError::usage(
            "--repodata: a URL with a user or a password in it is not taken, as it would show in lists of processes and in logs",
        )
        .hint("fetch the repository into a folder, and name that"));
    }
    Ok(())
}

/// Returns an address as it may be shown. What stands behind `/p/` lets anybody in: Object Storage calls such an address
/// pre-authenticated.
fn shown(text: &str) -> String {
    const LETS_IN: &str = "/p/";
    let (mut shown, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(LETS_IN) {
        shown.extend([before, LETS_IN, "..."]);
        rest =
            after.find(|letter: char| letter == '/' || letter.is_whitespace()).map_or("", |at| &after[at..]);
    }
    shown.push_str(rest);
    shown
}

/// Reads what the repositories tell of the packages.
pub(super) async fn read(
    context: &Context,
    interrupt: &Interrupt,
    places: &[String],
    wanted: &PackageSet,
) -> Result<Repodata, CliError> {
    // All of them before the first call.
    places.iter().try_for_each(|place| refuse_user(place))?;
    // OCI_CLI_CERT_BUNDLE is for the services: it may hold their authority alone, and a repository may lie anywhere.
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
        let label = place.place();
        let progress = Reading::start(context, &format!("reading {label}"), label.clone());
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
            read?.map_err(|_| CliError::new(exit::ERROR, format!("reading {label} ended before its end")))?;
        repodata = read.map_err(|error| CliError::of(exit::ERROR, &error).hint(error.hint()))?;
    }
    Ok(repodata)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lets_anybody_in_is_not_shown() {
        for (text, want) in [
            ("https://yum.oracle.com/repo/OracleLinux", "https://yum.oracle.com/repo/OracleLinux"),
            ("https://o.example/p/SECRET/n/ns/b/x/o/GL1", "https://o.example/p/.../n/ns/b/x/o/GL1"),
            ("https://o.example/p/SECRET", "https://o.example/p/..."),
            (
                "https://o.example/p/SECRET/a: not found (https://o.example/p/SECRET/a)",
                "https://o.example/p/.../a: not found (https://o.example/p/.../a)",
            ),
            ("https://o.example/p//p/SECRET/n", "https://o.example/p/.../p/.../n"),
        ] {
            assert_eq!(shown(text), want);
        }
    }

    #[test]
    fn a_user_is_refused_unseen() {
        let refused = refuse_user("https://bob:hunter2@example.com/r").unwrap_err();
        let told = format!("{refused:?}");
        assert!(!told.contains("hunter2") && !told.contains("bob"), "{told}");
        for good in ["https://example.com/r", "folder@home/r", "../r"] {
            assert!(refuse_user(good).is_ok(), "{good}");
        }
    }
}
