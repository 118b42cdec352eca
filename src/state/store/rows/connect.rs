//! One connection to the database: how it is made, what every session sets, and what it means when a call on it fails.
//!
//! A connection that was lost is not made anew: what it held is lost with it, and what it was about to do may have been
//! done or not.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::config::{ChannelBinding, Config, SslMode};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, NoTls, Row};

use super::fault::Fault;
use super::settings::{Host, Settings, Tls};
use super::tls;

/// How long the server may take for a call, and for each [`PIECE`] that goes or comes with it.
const PATIENCE: Duration = Duration::from_secs(60);
const PIECE: usize = 128 * 1024;

/// How long a line may be silent before it is tried, how often then, and when it counts as cut.
const IDLE: Duration = Duration::from_secs(30);
const BETWEEN: Duration = Duration::from_secs(10);

/// What every session sets, whatever the server's or the role's settings are. A setting that a server does not know is
/// left out. The server's own probes free the lock of a machine that is gone within a minute.
const SESSION: &str = "SELECT pg_catalog.set_config(wanted.name, wanted.value, false) \
    FROM (VALUES ('synchronous_commit', 'on'), ('search_path', 'pg_catalog'), \
        ('default_transaction_isolation', 'read committed'), ('default_transaction_read_only', 'off'), \
        ('statement_timeout', '600000'), ('lock_timeout', '30000'), ('transaction_timeout', '0'), \
        ('idle_session_timeout', '0'), ('idle_in_transaction_session_timeout', '60000'), \
        ('tcp_keepalives_idle', '30'), ('tcp_keepalives_interval', '10'), ('tcp_keepalives_count', '3')) \
        AS wanted (name, value) \
    JOIN pg_catalog.pg_settings AS there ON there.name = wanted.name \
    WHERE wanted.name <> 'synchronous_commit' OR there.setting = 'off'";

/// What a statement is given, and as what.
pub(super) type Given<'a> = (&'a (dyn ToSql + Sync), Type);

/// A connection.
#[derive(Debug)]
pub(super) struct Link {
    client: Client,
    /// Why it ended, from what the server said last.
    ended: Arc<Mutex<Option<String>>>,
    /// What moves its bytes.
    task: AbortHandle,
}

/// What a connection goes over.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl Link {
    /// Connects, and sets the session up.
    pub(super) async fn open(settings: &Settings) -> Result<Self, Fault> {
        let link = timeout(settings.connect, Self::connect(settings)).await.map_err(|_| {
            Fault::Unreachable(format!("no answer within {} s", settings.connect.as_secs()))
        })??;
        link.rows(SESSION, &[]).await?;
        Ok(link)
    }

    async fn connect(settings: &Settings) -> Result<Self, Fault> {
        let stream = stream(settings).await?;
        let mut config = Config::new();
        config
            .user(&settings.user)
            .dbname(&settings.database)
            .application_name(&settings.application)
            // What encrypts is below already, so that there is one kind of connection.
            .ssl_mode(SslMode::Disable)
            .channel_binding(ChannelBinding::Disable);
        if let Some(password) = &settings.password {
            config.password(password);
        }
        let (client, connection) =
            config.connect_raw(stream, NoTls).await.map_err(|error| Fault::of_login(&error))?;
        let ended = Arc::new(Mutex::new(None));
        let last = Arc::clone(&ended);
        let task = tokio::spawn(async move {
            if let Err(error) = connection.await {
                *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Fault::of(&error).to_string());
            }
        });
        Ok(Self { client, ended, task: task.abort_handle() })
    }

    /// Runs one statement, and returns its rows.
    pub(super) async fn rows(&self, statement: &str, given: &[Given<'_>]) -> Result<Vec<Row>, Fault> {
        self.sized(statement, given, 0).await
    }

    /// Runs one statement that takes or gives so many bytes, or so many times 100 MB.
    pub(super) async fn sized(
        &self,
        statement: &str,
        given: &[Given<'_>],
        bytes: usize,
    ) -> Result<Vec<Row>, Fault> {
        let pieces = u32::try_from(bytes / PIECE).unwrap_or(u32::MAX);
        let patience = PATIENCE + Duration::from_secs(1) * pieces;
        let answer = timeout(patience, self.client.query_typed(statement, given));
        match answer.await {
            Ok(Ok(rows)) => Ok(rows),
            Ok(Err(error)) => Err(self.told(&error)),
            Err(_) => Err(self.silent(patience)),
        }
    }

    /// Runs statements that take nothing, one after the other.
    pub(super) async fn run(&self, statements: &str) -> Result<(), Fault> {
        match timeout(PATIENCE, self.client.batch_execute(statements)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.told(&error)),
            Err(_) => Err(self.silent(PATIENCE)),
        }
    }

    /// Ends a connection over which no answer came: what was asked is not done later, when nobody expects it any more.
    fn silent(&self, patience: Duration) -> Fault {
        self.cut();
        Fault::Lost(format!("no answer within {} s", patience.as_secs()))
    }

    /// Ends the connection as the death of this process does: at once, and without a word.
    pub(super) fn cut(&self) {
        self.task.abort();
    }

    /// Says of a connection that has ended what the server said last, which is more than that it has ended.
    fn told(&self, error: &tokio_postgres::Error) -> Fault {
        let fault = Fault::of(error);
        if error.as_db_error().is_some() {
            return fault;
        }
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match (fault, ended) {
            (Fault::Lost(_), Some(reason)) => Fault::Lost(reason),
            (fault, _) => fault,
        }
    }
}

async fn stream(settings: &Settings) -> Result<Box<dyn Stream>, Fault> {
    let unreachable = |error: std::io::Error| Fault::Unreachable(error.to_string());
    let (name, mut stream) = match &settings.host {
        Host::Socket(folder) => {
            let path = folder.join(format!(".s.PGSQL.{}", settings.port));
            return Ok(Box::new(UnixStream::connect(path).await.map_err(unreachable)?));
        }
        Host::Net(name) => {
            (name, TcpStream::connect((name.as_str(), settings.port)).await.map_err(unreachable)?)
        }
    };
    stream.set_nodelay(true).map_err(unreachable)?;
    let probes = TcpKeepalive::new().with_time(IDLE).with_interval(BETWEEN);
    SockRef::from(&stream).set_tcp_keepalive(&probes).map_err(unreachable)?;
    if settings.tls == Tls::Off {
        return Ok(Box::new(stream));
    }
    stream.write_all(&ASK_FOR_TLS).await.map_err(unreachable)?;
    match stream.read_u8().await.map_err(unreachable)? {
        b'S' => Ok(Box::new(tls::wrap(stream, name, settings).await?)),
        b'N' if settings.tls == Tls::Offered => Ok(Box::new(stream)),
        b'N' => Err(Fault::Untrusted(
            "the server does not encrypt; have it do so (`ssl = on`), or say `sslmode=disable` where the line is safe"
                .to_owned(),
        )),
        _ => Err(Fault::Unreachable("what answers is no PostgreSQL server".to_owned())),
    }
}

/// The message that asks for TLS: its length, and a number of its own.
const ASK_FOR_TLS: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
