//! What goes wrong with the database, and what that means for whoever asked: each with its way out.

use std::error::Error;

use thiserror::Error as Fails;
use tokio_postgres::error::{DbError, Severity, SqlState};

/// What goes wrong with the database.
#[derive(Clone, Debug, PartialEq, Eq, Fails)]
pub(super) enum Fault {
    /// There is no connection, and nothing was asked.
    #[error("{0}")]
    Unreachable(String),
    /// The server does not prove who it is, or does not encrypt.
    #[error("{0}")]
    Untrusted(String),
    /// The server does not let us in.
    #[error("{0}")]
    Unwelcome(String),
    /// The connection ended amid a call, or before it. What was asked last may have been done.
    #[error("{0}")]
    Lost(String),
    /// The server was asked and has said no: nothing was done.
    #[error("{message}")]
    Refused {
        /// PostgreSQL's code.
        code: String,
        /// What it said.
        message: String,
    },
    /// The lock is not ours any more.
    #[error("{0}")]
    Broken(String),
    /// What is there does not do.
    #[error("{0}")]
    Unfit(String),
    /// What connects us gives each transaction another session.
    #[error(
        "something between here and the database, like PgBouncer, gives each transaction another session, so that a lock \
         would hold nothing"
    )]
    Pooled,
}

impl Fault {
    /// Tells what an error of a call means.
    pub(super) fn of(error: &tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(said) if ends(said) => Self::Lost(text(said)),
            Some(said) => Self::Refused { code: said.code().code().to_owned(), message: text(said) },
            None => Self::Lost(chain(error)),
        }
    }

    /// Tells what an error of logging in means.
    pub(super) fn of_login(error: &tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            // A user, a password or a database that is wrong; all else says nothing of them.
            Some(said) if ["28", "3D"].iter().any(|class| said.code().code().starts_with(class)) => {
                Self::Unwelcome(text(said))
            }
            Some(said) => Self::Refused { code: said.code().code().to_owned(), message: text(said) },
            None if error.is_closed()
                || error.source().is_some_and(|source| source.is::<std::io::Error>()) =>
            {
                Self::Unreachable(chain(error))
            }
            None => Self::Unwelcome(chain(error)),
        }
    }

    /// Tells whether the server said no for one of these reasons.
    pub(super) fn is(&self, codes: &[SqlState]) -> bool {
        matches!(self, Self::Refused { code, .. } if codes.iter().any(|one| one.code() == code))
    }

    /// Tells whether the tables are not there.
    pub(super) fn is_unmade(&self) -> bool {
        self.is(&[SqlState::UNDEFINED_TABLE, SqlState::INVALID_SCHEMA_NAME, SqlState::UNDEFINED_COLUMN])
    }

    /// Tells whether the role may not do what was asked.
    pub(super) fn is_forbidden(&self) -> bool {
        self.is(&[SqlState::INSUFFICIENT_PRIVILEGE])
    }

    /// Tells whether the connection ended. That somebody had the server end it is not always heard: a write may find the
    /// socket closed before the server's last words are read.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self, Self::Lost(_))
    }

    /// Says what to do.
    pub(super) fn way_out(&self, named: &str) -> String {
        match self {
            Self::Unreachable(_) => {
                format!("Check that the database runs and is reached from here; it is named by {named}")
            }
            Self::Untrusted(_) | Self::Unfit(_) => format!("The database is named by {named}"),
            Self::Unwelcome(_) => {
                format!("Check the user, the password and the database's name, which {named} gives, and pg_hba.conf")
            }
            Self::Lost(_) => "What was acknowledged before is kept: run the command again, and it goes on from there".to_owned(),
            Self::Broken(_) => {
                "Nothing more was written. Once it is clear that no other run is under way, run the command again".to_owned()
            }
            Self::Pooled => {
                format!("Name in {named} the database itself, or a pool whose mode is `session`")
            }
            Self::Refused { .. } if self.is_unmade() => {
                "Run `patchtrain init`, which makes the tables, as a role that may".to_owned()
            }
            Self::Refused { .. } if self.is_forbidden() => {
                "Grant the role the right to use the schema, and to read and write its tables".to_owned()
            }
            Self::Refused { .. } if self.is(&[SqlState::READ_ONLY_SQL_TRANSACTION]) => {
                format!("Name in {named} the server that is written to, and not its standby")
            }
            Self::Refused { .. } if self.is(&[SqlState::DISK_FULL, SqlState::OUT_OF_MEMORY]) => {
                "Make room on the database's machine, and run the command again".to_owned()
            }
            Self::Refused { .. } => "Nothing of it was done: mend that, and run the command again".to_owned(),
        }
    }
}

/// Tells whether the server ends the session with what it said.
fn ends(said: &DbError) -> bool {
    let code = said.code();
    // Of these the session does not live on, whatever it was asked.
    [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW].contains(code)
        || matches!(said.parsed_severity(), Some(Severity::Fatal | Severity::Panic))
}

/// What the server said, without what could show a value.
fn text(said: &DbError) -> String {
    format!("{} ({})", said.message(), said.code().code())
}

/// An error with its causes, each once.
fn chain(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let said = inner.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        source = inner.source();
    }
    text
}
