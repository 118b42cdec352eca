//! Everything that is decided once per command line: the terminal, who runs this and where, and the files that the
//! environment points to. The environment is read here and nowhere else.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use jiff::Timestamp;

use super::args::Arguments;
use super::credentials::CredentialSources;
use super::exit;
use super::sealing::Sealings;
use super::terminal::{Terminal, Wishes};
use super::workspace::Workspace;
use super::{CliError, random, signals};
use crate::apply::Interrupt;
use crate::name::TrainName;
use crate::oci::Allowance;
use crate::simulator::Handle;
use crate::state::store::{Holder, LockId, Releases, TrainStore};

/// What every command is given.
#[derive(Debug)]
pub(super) struct Context {
    /// The streams.
    pub(super) terminal: Terminal,
    /// The train files and the folders beside them.
    pub(super) workspace: Workspace,
    /// Where credentials come from.
    pub(super) credentials: CredentialSources,
    /// The passphrases that were read so far, as far as they have been made use of.
    pub(super) sealings: Sealings,
    /// `--profile`, where the command has it.
    pub(super) profile: Option<String>,
    /// The stores that were opened.
    pub(super) stores: Mutex<BTreeMap<TrainName, TrainStore>>,
    /// Locks that are being freed.
    pub(super) releases: Releases,
    /// The workspace's simulator, where something is on it.
    pub(super) simulator: tokio::sync::OnceCell<Arc<Handle>>,
    allowance: OnceLock<Allowance>,
    who: String,
    host: String,
    command: String,
    chdir: Option<PathBuf>,
}

impl Context {
    /// Decides everything, and changes to the folder of `--chdir`. An error comes with the terminal to report it on.
    pub(super) fn new(
        arguments: &Arguments,
        profile: Option<String>,
        words: &[OsString],
    ) -> Result<Self, (Terminal, CliError)> {
        let terminal = Terminal::new(&wishes(arguments));
        if let Some(folder) = &arguments.chdir
            && let Err(error) = env::set_current_dir(folder)
        {
            let error = CliError::of(exit::USAGE, &error)
                .while_doing(format!("cannot change to the folder {} (--chdir)", folder.display()));
            return Err((terminal, error));
        }
        Ok(Self {
            terminal,
            workspace: Workspace::new(PathBuf::new()),
            credentials: CredentialSources::read(variable),
            sealings: Sealings::default(),
            profile,
            stores: Mutex::default(),
            releases: Releases::default(),
            simulator: tokio::sync::OnceCell::new(),
            allowance: OnceLock::new(),
            who: user(),
            host: host(),
            command: command_line(words),
            chdir: arguments.chdir.clone(),
        })
    }

    /// Returns a variable's value, if it is set and not empty: for those that train files name.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        variable(name)
    }

    /// Returns who runs this, for history.
    pub(super) fn who(&self) -> &str {
        &self.who
    }

    /// Returns the machine's name, for history.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Returns a command line that does what it says from where this one was typed.
    pub(super) fn again(&self, command: &str, file: &Path) -> String {
        let mut words: Vec<OsString> = vec!["patchtrain".into()];
        if let Some(folder) = &self.chdir {
            words.extend(["--chdir".into(), folder.into()]);
        }
        words.extend([command.into(), file.into()]);
        command_line(&words)
    }

    /// Returns a command line that does what it says where somebody else has the file, on a machine with other folders.
    pub(super) fn elsewhere(command: &str, file: &Path) -> String {
        // Some paths end in no name, but no file can be read or written by them.
        let name = file.file_name().unwrap_or(file.as_os_str());
        // What begins with a dash would be an option.
        let name =
            if name.as_encoded_bytes().starts_with(b"-") { Path::new(".").join(name) } else { name.into() };
        command_line(&["patchtrain".into(), command.into(), name.into()])
    }

    /// Returns a file of the workspace as it is called where the command line was typed: so a repository calls its train
    /// files, whose workspace is one of its folders.
    pub(super) fn as_called_where_typed(&self, file: &Path) -> PathBuf {
        let path = self.chdir.as_ref().map_or_else(|| file.to_owned(), |folder| folder.join(file));
        path.components().filter(|part| *part != std::path::Component::CurDir).collect()
    }

    /// Returns what the run may ask of services, whatever number of trains, services and clients it has. `calls` is
    /// `--parallelism`, of which a command line has one.
    pub(super) fn allowance(&self, calls: usize) -> Allowance {
        self.allowance.get_or_init(|| Allowance::new(calls)).clone()
    }

    /// Returns what others are told while this process holds the lock on a train's state.
    pub(super) fn holder(&self, train: &TrainName) -> Result<Holder, CliError> {
        Ok(Holder {
            id: LockId(random::hex()?),
            train: Some(train.clone()),
            who: self.who.clone(),
            host: self.host.clone(),
            pid: std::process::id(),
            command: self.command.clone(),
            // A lock is about processes of this world, whatever the simulator's clock says.
            since: Timestamp::now(),
        })
    }

    /// Runs what needs the network on a runtime of its own, with signals turned into an [`Interrupt`]. Commands that
    /// need none never pay for it.
    pub(super) fn block_on<T>(
        &self,
        work: impl AsyncFnOnce(Interrupt) -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        let cannot = |error| CliError::of(exit::ERROR, &error).while_doing("cannot start the runtime");
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(cannot)?;
        let result = runtime.block_on(async {
            let ended = work(signals::interrupt().map_err(cannot)?).await;
            if !self.releases.ended().await {
                self.terminal.say("Warning: a lock could not be given back; `patchtrain state locks` shows it, and how to take it away");
            }
            ended
        });
        // A question that nobody answered still waits for its line on a thread of its own; do not wait with it.
        runtime.shutdown_background();
        result
    }
}

/// Returns a variable's value, if it is set and not empty.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn wishes(arguments: &Arguments) -> Wishes {
    Wishes {
        no_colour: arguments.no_color || variable("NO_COLOR").is_some(),
        clicolor_off: variable("CLICOLOR").as_deref() == Some("0"),
        force_colour: variable("CLICOLOR_FORCE").is_some_and(|value| value != "0"),
        dumb: variable("TERM").as_deref() == Some("dumb"),
        columns: variable("COLUMNS").and_then(|columns| columns.parse().ok()),
        streams: arguments.streams(),
    }
}

/// Returns the user's name. Containers and services often set no `USER`; a number still tells people apart.
fn user() -> String {
    ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(variable).unwrap_or_else(|| {
        use std::os::unix::fs::MetadataExt;
        fs::metadata("/proc/self").map_or_else(|_| "unknown".to_owned(), |own| format!("uid {}", own.uid()))
    })
}

/// Returns the machine's name: the kernel's, since `HOSTNAME` is a variable of the shell that is rarely exported.
fn host() -> String {
    let kernel = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let kernel = kernel.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    kernel.or_else(|| variable("HOSTNAME")).unwrap_or_else(|| "unknown".to_owned())
}

/// Returns the command line as one would type it. No flag carries a secret.
fn command_line(words: &[OsString]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    let words = words.iter().enumerate().map(|(index, word)| {
        let word = word.to_string_lossy();
        // Where the program lies is nobody's business.
        let word = if index == 0 { word.rsplit('/').next().unwrap_or_default().into() } else { word };
        if !word.is_empty() && word.chars().all(plain) {
            word.into_owned()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_by_its_name_where_folders_are_others() {
        for (file, line) in [
            ("/home/runner/work/_temp/patchtrain-plan/plan", "patchtrain apply plan"),
            ("web.plan", "patchtrain apply web.plan"),
            ("../plans/for web.plan", "patchtrain apply 'for web.plan'"),
            ("plans/-x", "patchtrain apply ./-x"),
        ] {
            assert_eq!(Context::elsewhere("apply", Path::new(file)), line);
        }
    }

    #[test]
    fn the_command_line_can_be_typed_again() {
        let words = ["/opt/bin/patchtrain", "apply", "--train", "a b", "it's", ""];
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        assert_eq!(command_line(&words), r"patchtrain apply --train 'a b' 'it'\''s' ''");
    }

    #[test]
    fn user_and_host_are_never_empty() {
        assert!(!user().is_empty());
        assert!(!host().is_empty());
    }
}
