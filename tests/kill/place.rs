//! Where the state lies that the killed applies write: in the folder, or in a bucket of the simulator.

use std::fs;

use patchtrain::cli::exit;
use serde_json::Value;

use crate::support::Workspace;

/// A store of states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Folder,
    Bucket,
}

impl Place {
    /// Those that `PATCHTRAIN_KILL_STORES` names (`folder,bucket`); all of them where it names none.
    pub(super) fn wanted() -> Vec<Self> {
        let named = std::env::var("PATCHTRAIN_KILL_STORES").unwrap_or_default();
        let all = [("folder", Self::Folder), ("bucket", Self::Bucket)];
        let wanted: Vec<Self> = all
            .iter()
            .filter(|(word, _)| named.split(',').any(|name| name == *word))
            .map(|(_, place)| *place)
            .collect();
        if !wanted.is_empty() {
            return wanted;
        }
        assert!(named.is_empty(), "PATCHTRAIN_KILL_STORES names none of folder and bucket: `{named}`");
        all.map(|(_, place)| place).to_vec()
    }

    /// Has a workspace keep its state here, with what it has in its folder.
    pub(super) fn move_into(self, workspace: &Workspace) {
        if self == Self::Folder {
            return;
        }
        let path = workspace.path().join("trains/great-linux.toml");
        let text = fs::read_to_string(&path).unwrap();
        let (head, rest) = text.split_once("\n[[release]]").unwrap();
        let table = "\n[state]\nstore = \"object_storage\"\nbucket = \"states\"\n";
        fs::write(&path, format!("{head}{table}\n[[release]]{rest}")).unwrap();
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
        if self == Self::Folder {
            let text = fs::read_to_string(workspace.path().join("state/great-linux.lock")).ok()?;
            return serde_json::from_str(&text).ok();
        }
        let locks = workspace.run(&["state", "locks", "--json"]).expect(exit::DONE);
        let locks: Value = serde_json::from_str(&locks.stdout).unwrap();
        locks["locks"].get(0).cloned()
    }

    /// Takes the lock away that a killed run has left.
    pub(super) fn unlock(self, workspace: &Workspace) {
        if self == Self::Folder {
            return;
        }
        if let Some(holder) = self.holder(workspace) {
            let id = holder["id"].as_str().unwrap();
            let refused = workspace.run(&["apply", "--auto-approve"]).expect(exit::LOCKED);
            assert!(refused.stderr.contains(&format!("force-unlock {id}")), "{}", refused.stderr);
            workspace.run(&["force-unlock", id, "--auto-approve"]).expect(exit::DONE);
        }
    }
}
