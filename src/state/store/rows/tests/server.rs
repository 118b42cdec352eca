//! A PostgreSQL of the tests: one for the whole process, made when the first test needs it, gone when the process is.
//! Where none is installed tests say so and pass; on CI they fail. Knows nothing of states: the tests of the real program
//! start theirs with it too.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Its one role, which may do everything, and that role's password.
pub(crate) const USER: &str = "patchtrain";
pub(crate) const PASSWORD: &str = "hunter2";

/// Whom root starts servers as, which will not run as root.
const NOBODY: u32 = 65534;

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) folder: PathBuf,
    pub(crate) port: u16,
    /// Ends the server when its input ends, which is when this process does, however that comes about.
    _keeper: Child,
}

/// Returns the server of this process, or says that there is none.
pub(crate) fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(|| programs().map(|programs| start(&programs)));
    if server.is_none() {
        assert!(std::env::var("CI").is_err(), "PostgreSQL is not installed: apt-get install postgresql");
        println!("not tried: PostgreSQL is not installed (Debian's package `postgresql`)");
    }
    server.as_ref()
}

fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let folders = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    folders.filter(|folder| folder.join("initdb").exists()).max()
}

/// Runs a program as somebody that is not root.
pub(crate) fn humble(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"), "--clear-groups".to_owned()]);
    command.arg(program);
    command
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Gives a path to whoever [`humble`] programs run as.
pub(crate) fn hand_over(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    if is_root() {
        chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn start(programs: &Path) -> Server {
    let folder = tempfile::tempdir().unwrap().keep();
    hand_over(&folder, 0o700);
    let put = |name: &str, content: &[u8]| {
        std::fs::write(folder.join(name), content).unwrap();
        hand_over(&folder.join(name), 0o600);
    };
    put("password", PASSWORD.as_bytes());
    put("served.pem", include_bytes!("../../../../oci/testdata/served.pem"));
    put("served-key.pem", include_bytes!("../../../../oci/testdata/served-key.pem"));
    let data = folder.join("data");
    let made = humble(&programs.join("initdb"))
        .args([
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C",
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
        ])
        .arg(format!("--username={USER}"))
        .arg(format!("--pwfile={}", folder.join("password").display()))
        .arg(format!("--pgdata={}", data.display()))
        .current_dir("/")
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let port = free_port();
    let settings = [
        format!("port={port}"),
        "listen_addresses=127.0.0.1".to_owned(),
        format!("unix_socket_directories={}", folder.display()),
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", folder.join("served.pem").display()),
        format!("ssl_key_file={}", folder.join("served-key.pem").display()),
        "max_connections=100".to_owned(),
        "shared_buffers=32MB".to_owned(),
        "wal_level=minimal".to_owned(),
        "max_wal_senders=0".to_owned(),
        // What we set in each session, and the test of that looks for.
        "synchronous_commit=off".to_owned(),
    ];
    // The shell lives as long as its input does, and takes the server and its files with it.
    let script = "\"$@\" >/dev/null 2>\"$0/log\" </dev/null & server=$!; read -r _; kill -QUIT $server; wait; rm -rf \"$0\"";
    let mut keeper = humble(Path::new("/bin/sh"));
    keeper.arg("-c").arg(script).arg(&folder).arg(programs.join("postgres")).arg("-D").arg(&data);
    for setting in &settings {
        keeper.args(["-c", setting]);
    }
    let keeper = keeper.current_dir("/").stdin(Stdio::piped()).spawn().unwrap();
    let server = Server { folder, port, _keeper: keeper };
    server.wait();
    server
}

impl Server {
    #[expect(clippy::disallowed_methods, reason = "a process outside keeps no other time")]
    fn wait(&self) {
        let until = Instant::now() + Duration::from_secs(60);
        while !self.answers() {
            let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(Instant::now() < until, "PostgreSQL does not start: {log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks whether it would encrypt, which it answers as soon as it serves.
    fn answers(&self) -> bool {
        let ask = || -> std::io::Result<u8> {
            let path = self.folder.join(format!(".s.PGSQL.{}", self.port));
            let mut stream = std::os::unix::net::UnixStream::connect(path)?;
            stream.write_all(&[0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])?;
            let mut answer = [0];
            stream.read_exact(&mut answer)?;
            Ok(answer[0])
        };
        let ready = self.folder.join("data/postmaster.pid");
        ask().is_ok() && std::fs::read_to_string(ready).is_ok_and(|text| text.contains("ready"))
    }
}
