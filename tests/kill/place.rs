//! Where the state lies that the killed applies write: in the folder, plain or encrypted, in a bucket of the simulator, or
//! in a database.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use patchtrain::cli::exit;
use serde_json::Value;

use crate::support::Workspace;
use crate::support::postgres::{self, USER};

/// A store of states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Folder,
    Sealed,
    Bucket,
    Database,
}

/// What tells the program where the database is, and what the key is made of.
const VARIABLE: &str = "PATCHTRAIN_DB";
const PASSPHRASE: &str = "PATCHTRAIN_PASSPHRASE";

impl Place {
    /// Those that `PATCHTRAIN_KILL_STORES` names (`folder,sealed,bucket,database`); all of them where it names none.
    pub(super) fn wanted() -> Vec<Self> {
        let named = std::env::var("PATCHTRAIN_KILL_STORES").unwrap_or_default();
        let all = [
            ("folder", Self::Folder),
            ("sealed", Self::Sealed),
            ("bucket", Self::Bucket),
            ("database", Self::Database),
        ];
        let wanted: Vec<Self> = all
            .iter()
            .filter(|(word, _)| named.split(',').any(|name| name == *word))
            .map(|(_, place)| *place)
            .collect();
        if !wanted.is_empty() {
            return wanted;
        }
        assert!(
            named.is_empty(),
            "PATCHTRAIN_KILL_STORES names none of folder, sealed, bucket and database: `{named}`"
        );
        let there = |place: &Self| *place != Self::Database || postgres::server().is_some();
        all.map(|(_, place)| place).into_iter().filter(there).collect()
    }

    /// Gives a workspace what its program needs to reach this.
    pub(super) fn equip(self, workspace: &mut Workspace) {
        if self == Self::Sealed {
            workspace.set(PASSPHRASE, "correct-horse-battery-staple".to_owned());
        }
        if self == Self::Database {
            let server = postgres::server().expect("it was there when the places were chosen");
            let address =
                format!("host={} port={} user={USER} dbname=postgres", server.folder.display(), server.port);
            workspace.set(VARIABLE, address);
        }
    }

    /// Has a workspace keep its state here, with what it has in its folder.
    pub(super) fn move_into(self, workspace: &Workspace) {
        if self == Self::Folder {
            return;
        }
        let path = workspace.path().join("trains/great-linux.toml");
        let text = fs::read_to_string(&path).unwrap();
        let (head, rest) = text.split_once("\n[[release]]").unwrap();
        let table = match self {
            Self::Database => {
                static NEXT: AtomicUsize = AtomicUsize::new(0);
                let number = NEXT.fetch_add(1, Ordering::Relaxed);
                format!(
                    "\n[state]\nstore = \"postgres\"\nurl_env = \"{VARIABLE}\"\nschema = \"kill_{number}\"\n"
                )
            }
            Self::Sealed => {
                format!("\n[state]\nencryption = {{ passphrase_env = \"{PASSPHRASE}\" }}\n")
            }
            _ => "\n[state]\nstore = \"object_storage\"\nbucket = \"states\"\n".to_owned(),
        };
        fs::write(&path, format!("{head}{table}\n[[release]]{rest}")).unwrap();
        if self == Self::Sealed {
            // What is plain becomes encrypted by the run that is killed.
            return;
        }
        workspace.run(&["init", "--migrate-state"]).expect(exit::DONE);
    }

    /// Reads state and journal as they lie there, each if there is one.
    pub(super) fn read(self, workspace: &Workspace) -> (Option<String>, Option<String>) {
        if self == Self::Folder {
            let file = |ending| {
                fs::read_to_string(workspace.path().join(format!("state/great-linux.{ending}"))).ok()
            };
            return (file("json"), file("journal"));
        }
        let state = workspace.run(&["state", "pull"]);
        assert!(state.code == Some(0) || state.stderr.contains("has no state"), "{}", state.stderr);
        let journal = workspace.run(&["state", "pull", "--journal"]).expect(exit::DONE);
        let text = |text: String| (!text.is_empty()).then_some(text);
        (text(state.stdout), text(journal.stdout))
    }

    /// Tells who has the lock, or had it when he was killed.
    pub(super) fn holder(self, workspace: &Workspace) -> Option<Value> {
        if matches!(self, Self::Folder | Self::Sealed) {
            let text = fs::read_to_string(workspace.path().join("state/great-linux.lock")).ok()?;
            return serde_json::from_str(&text).ok();
        }
        let locks = workspace.run(&["state", "locks", "--json"]).expect(exit::DONE);
        let locks: Value = serde_json::from_str(&locks.stdout).unwrap();
        locks["locks"].get(0).cloned()
    }

    /// Takes the lock away that a killed run has left.
    pub(super) fn unlock(self, workspace: &Workspace) {
        match self {
            Self::Folder | Self::Sealed => return,
            Self::Bucket => {}
            // It goes with the run, as soon as the server sees that it is gone.
            Self::Database => {
                let held = (0..1000).take_while(|_| self.holder(workspace).is_some()).count();
                assert!(held < 1000, "the lock of a run that was killed stays");
                return;
            }
        }
        if let Some(holder) = self.holder(workspace) {
            let id = holder["id"].as_str().unwrap();
            let refused = workspace.run(&["apply", "--auto-approve"]).expect(exit::LOCKED);
            assert!(refused.stderr.contains(&format!("force-unlock {id}")), "{}", refused.stderr);
            workspace.run(&["force-unlock", id, "--auto-approve"]).expect(exit::DONE);
        }
    }
}
