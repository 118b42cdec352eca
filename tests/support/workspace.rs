//! A workspace in a temporary folder, and the real program run in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use super::secrets;

/// A folder with trains and state that goes with the value. Each has its own runtime folder and home, so that tests
/// share no simulator and read nobody's credentials.
pub(crate) struct Workspace {
    folder: TempDir,
    runtime: TempDir,
    /// Variables that only this one's program is given.
    own: Vec<(&'static str, String)>,
}

/// What the program reads of Oracle's variables.
const OCI: [&str; 21] = [
    "OCI_CLI_AUTH",
    "OCI_CLI_CERT_BUNDLE",
    "OCI_CLI_CONFIG_FILE",
    "OCI_CLI_ENDPOINT",
    "OCI_CLI_FINGERPRINT",
    "OCI_CLI_KEY_CONTENT",
    "OCI_CLI_KEY_FILE",
    "OCI_CLI_PASSPHRASE",
    "OCI_CLI_PROFILE",
    "OCI_CLI_REGION",
    "OCI_CLI_SECURITY_TOKEN_FILE",
    "OCI_CLI_TENANCY",
    "OCI_CLI_USER",
    "OCI_CONFIG_FILE",
    "OCI_METADATA_BASE_URL",
    "OCI_REGION_METADATA",
    "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM",
    "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE",
    "OCI_RESOURCE_PRINCIPAL_REGION",
    "OCI_RESOURCE_PRINCIPAL_RPST",
    "OCI_RESOURCE_PRINCIPAL_VERSION",
];

/// What it reads of PostgreSQL's.
const POSTGRESQL: [&str; 10] = [
    "PGAPPNAME",
    "PGCONNECT_TIMEOUT",
    "PGDATABASE",
    "PGHOST",
    "PGPASSFILE",
    "PGPASSWORD",
    "PGPORT",
    "PGSSLMODE",
    "PGSSLROOTCERT",
    "PGUSER",
];

/// What a command line came to.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code; none for a process that a signal killed.
    pub(crate) code: Option<i32>,
    /// The data.
    pub(crate) stdout: String,
    /// The talk.
    pub(crate) stderr: String,
}

impl Workspace {
    /// Makes an empty folder: no trains.
    pub(crate) fn empty() -> Self {
        Self { folder: TempDir::new().unwrap(), runtime: TempDir::new().unwrap(), own: Vec::new() }
    }

    /// Makes a folder that holds these files, as [`Workspace::files`] returns them.
    pub(crate) fn holding(files: &BTreeMap<PathBuf, Vec<u8>>) -> Self {
        let workspace = Self::empty();
        for (path, content) in files {
            let path = workspace.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        workspace
    }

    /// Has the program read a variable from now on.
    pub(crate) fn set(&mut self, name: &'static str, value: String) {
        self.own.push((name, value));
    }

    /// Leaves the folder on disk, for people to look at, and says where.
    pub(crate) fn keep(mut self) -> PathBuf {
        self.folder.disable_cleanup(true);
        self.path().to_owned()
    }

    /// Returns the folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file below the folder, with the folders it needs.
    pub(crate) fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Replaces what stands once in the quickstart's train file.
    #[track_caller]
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let path = self.path().join("trains/great-linux.toml");
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{text}");
        fs::write(&path, text.replace(from, to)).unwrap();
    }

    /// Returns the program with its arguments, to be run here with nothing of this environment that it reads.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_patchtrain"));
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null());
        for (name, value) in self.environment() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    /// Runs the program to its end, without a terminal.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    /// Runs what was made of `command` to its end.
    #[track_caller]
    pub(crate) fn output(command: &mut Command) -> Output {
        secrets::kept(command.output().unwrap())
    }

    /// Starts the program and leaves it running, its streams piped.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Returns every file below the folder with its content: what a command must not change.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files
                        .insert(path.strip_prefix(self.path()).unwrap().to_owned(), fs::read(&path).unwrap());
                }
            }
        }
        files
    }

    /// Returns the variables that the program reads, as tests set them; none for those that must not be set.
    pub(crate) fn environment(&self) -> Vec<(&'static str, Option<String>)> {
        let runtime = self.runtime.path().display().to_string();
        let mut variables = vec![
            ("XDG_RUNTIME_DIR", Some(runtime.clone())),
            ("HOME", Some(runtime)),
            ("USER", Some("tester".to_owned())),
            ("COLUMNS", Some("100".to_owned())),
            ("TERM", Some("xterm-256color".to_owned())),
        ];
        variables.extend(["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"].map(|name| (name, None)));
        variables.extend(OCI.map(|name| (name, None)));
        variables.extend(POSTGRESQL.map(|name| (name, None)));
        variables.extend(self.own.iter().map(|(name, value)| (*name, Some(value.clone()))));
        variables
    }
}

impl Drop for Workspace {
    /// Whatever a test did here, no secret is left lying about.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        for folder in [self.folder.path(), self.runtime.path()] {
            let files = files_below(folder);
            let leaks = secrets::leaks(&files);
            assert!(leaks.is_empty(), "{leaks:?} in {} show a secret", folder.display());
        }
    }
}

/// Returns every file below a folder with its content.
fn files_below(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        // A test may have taken the right to read away, or the folder.
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else if path.is_file()
                && let Ok(content) = fs::read(&path)
            {
                files.insert(path.strip_prefix(root).unwrap().to_owned(), content);
            }
        }
    }
    files
}

impl Ran {
    fn of(output: Output) -> Self {
        let output = secrets::kept(output);
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Checks the exit code, and shows all that was said where it is another.
    #[track_caller]
    pub(crate) fn expect(self, code: u8) -> Self {
        assert_eq!(
            self.code,
            Some(i32::from(code)),
            "\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout,
            self.stderr
        );
        self
    }
}
