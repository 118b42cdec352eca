//! Which server, as whom, and how far it is trusted: from one variable that holds an address, or from the variables that
//! PostgreSQL's own programs read. What the environment says is an argument.
//!
//! No password is in an error, in [`std::fmt::Debug`], or in what names the place.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use super::address::{self, Given};
use super::passfile;

/// How long a connection may take to be made, where nothing else is asked for.
const CONNECT: Duration = Duration::from_secs(10);

/// Where Debian's and Red Hat's servers have their sockets.
const SOCKETS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// What is wrong with how the database is named.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{named}: {problem}")]
pub struct SettingsError {
    /// The variable, or the file.
    named: String,
    /// Without what a password may be part of.
    problem: String,
}

impl SettingsError {
    pub(super) fn new(named: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { named: named.into(), problem: problem.into() }
    }
}

/// How a database is reached.
#[derive(Clone)]
pub struct Settings {
    pub(super) host: Host,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) password: Option<String>,
    pub(super) database: String,
    pub(super) tls: Tls,
    /// The authorities to trust, and not the system's.
    pub(super) authorities: Option<PathBuf>,
    pub(super) connect: Duration,
    pub(super) application: String,
    /// What people correct where a setting is wrong.
    pub(super) named: String,
}

/// Where the server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// A name or an address.
    Net(String),
    /// The folder of its socket.
    Socket(PathBuf),
}

/// Whether the connection is encrypted. Where it is, the server has to prove its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tls {
    /// It is not.
    Off,
    /// It is where the server can.
    Offered,
    /// It is, or there is none.
    Required,
}

/// Without the password, which `{:?}` of the whole would show.
impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Settings({self}, tls: {:?})", self.tls)
    }
}

/// The place, as an address without user and password.
impl fmt::Display for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, database, .. } = self;
        match host {
            Host::Net(name) if name.contains(':') => {
                write!(formatter, "postgres://[{name}]:{port}/{database}")
            }
            Host::Net(name) => write!(formatter, "postgres://{name}:{port}/{database}"),
            Host::Socket(folder) => {
                write!(formatter, "database `{database}` at {}/.s.PGSQL.{port}", folder.display())
            }
        }
    }
}

impl Settings {
    /// Reads what the variable `named` holds, a URL (`postgres://user@host/database?sslmode=require`) or pairs
    /// (`host=... user=...`), and for what it leaves out the variables that PostgreSQL's programs read: PGHOST, PGPORT,
    /// PGUSER, PGPASSWORD, PGPASSFILE, PGDATABASE, PGSSLMODE, PGSSLROOTCERT, PGCONNECT_TIMEOUT, PGAPPNAME. Without
    /// `named`, those alone.
    pub fn read(
        named: Option<&str>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let given = match named {
            None => Given::default(),
            Some(name) => {
                let text = variable(name).ok_or_else(|| {
                    SettingsError::new(
                        name,
                        "is not set: expected the address of the database, `postgres://user:password@host/database`",
                    )
                })?;
                address::parse(&text).map_err(|problem| SettingsError::new(name, problem))?
            }
        };
        Self::resolve(given, named.unwrap_or("PGHOST"), &variable)
    }

    fn resolve(
        given: Given,
        named: &str,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        // Each with what named it, for what is wrong with it.
        let choose = |value: Option<String>, name: &'static str| match value {
            Some(value) => (Some(value), named.to_owned()),
            None => (variable(name), name.to_owned()),
        };
        let Given { host, port, user, password, database, mode, authorities, connect, application } = given;

        let (host, host_named) = choose(host, "PGHOST");
        let host = self::host(host).map_err(|problem| SettingsError::new(host_named.clone(), problem))?;
        let (port, port_named) = choose(port, "PGPORT");
        let port =
            match port {
                None => 5432,
                Some(text) => text.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
                    SettingsError::new(port_named, "the port is not a number from 1 to 65535")
                })?,
            };
        let (mode, mode_named) = choose(mode, "PGSSLMODE");
        let tls = tls(mode.as_deref(), &host).map_err(|problem| SettingsError::new(mode_named, problem))?;
        let (connect, connect_named) = choose(connect, "PGCONNECT_TIMEOUT");
        let connect = match connect.as_deref().map(str::parse::<u64>) {
            None | Some(Ok(0)) => CONNECT,
            Some(Ok(seconds)) => Duration::from_secs(seconds),
            Some(Err(_)) => {
                return Err(SettingsError::new(
                    connect_named,
                    "the time to connect is not a number of seconds",
                ));
            }
        };
        let (user, _) = choose(user, "PGUSER");
        let user = user.or_else(|| variable("USER")).or_else(|| variable("LOGNAME"));
        let user = user.ok_or_else(|| SettingsError::new("PGUSER", "no user is named for the database"))?;
        let database = choose(database, "PGDATABASE").0.unwrap_or_else(|| user.clone());
        // As PostgreSQL's programs have it, `system` is the system's.
        let authorities = choose(authorities, "PGSSLROOTCERT").0.filter(|path| path != "system");
        let application = choose(application, "PGAPPNAME").0.unwrap_or_else(|| "patchtrain".to_owned());
        let password = match choose(password, "PGPASSWORD").0 {
            Some(password) => Some(password),
            None => passfile::look_up(&host, port, &database, &user, variable)?,
        };
        Ok(Self {
            host,
            port,
            user,
            password,
            database,
            tls,
            authorities: authorities.map(PathBuf::from),
            connect,
            application,
            named: host_named,
        })
    }
}

fn host(given: Option<String>) -> Result<Host, String> {
    match given {
        Some(list) if list.contains(',') => {
            Err("names several hosts; name one, or an address that leads to the one that is written to"
                .to_owned())
        }
        Some(folder) if folder.starts_with('/') => Ok(Host::Socket(folder.into())),
        Some(name) => Ok(Host::Net(name)),
        None => Ok(SOCKETS
            .iter()
            .map(Path::new)
            .find(|folder| folder.join(".s.PGSQL.5432").exists())
            .map_or_else(|| Host::Net("localhost".to_owned()), |folder| Host::Socket(folder.to_owned()))),
    }
}

/// Reads `sslmode`. PostgreSQL's programs know modes that encrypt and do not look at whom they speak to; here whoever is
/// spoken to with encryption has to prove its name, so that `require`, `verify-ca` and `verify-full` are the same.
fn tls(mode: Option<&str>, host: &Host) -> Result<Tls, String> {
    match mode {
        Some("disable") => Ok(Tls::Off),
        Some("allow" | "prefer") => Ok(Tls::Offered),
        Some("require" | "verify-ca" | "verify-full") => Ok(Tls::Required),
        Some(_) => {
            Err("its `sslmode` is none of `disable`, `prefer`, `require` and `verify-full`".to_owned())
        }
        None => match host {
            Host::Socket(_) => Ok(Tls::Off),
            Host::Net(name) if is_this_machine(name) => Ok(Tls::Off),
            Host::Net(_) => Ok(Tls::Required),
        },
    }
}

fn is_this_machine(name: &str) -> bool {
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
