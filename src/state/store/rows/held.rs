//! The rows of one train under its lock: each write is one statement that is its own transaction, and writes only where
//! the lock's row still names this lock and this session.
//!
//! Once a write has met another row, or no answer, nothing more is written: what became of it is not known.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::connect::{Given, Link};
use super::fault::Fault;
use super::lock::Taken;
use super::{Rows, keys};
use crate::state::store::medium::{Held, Item, Look};
use crate::state::store::{Base, Holder, StoreError};

/// How long it is looked for why a connection ended.
const LOOK: Duration = Duration::from_secs(3);

/// How long letting go may take, after which the end of the session does it.
const FAREWELL: Duration = Duration::from_secs(5);

/// Whether the lock is whole; what follows in a statement happens where it is, and waits for whoever breaks it just now.
const MINE: &str = "WITH mine AS (SELECT FROM @.locks WHERE train = $1 AND fence = $2 AND backend = pg_backend_pid() FOR SHARE)";

/// The locked rows of one train.
#[derive(Debug)]
pub struct HeldRows {
    rows: Rows,
    link: Arc<Link>,
    fence: i64,
    previous: Option<Box<Holder>>,
    /// Which version of the snapshot this session has read or written last.
    seen: Seen,
    /// Whether this session appends to a journal that it has begun.
    journal: bool,
    /// Why nothing more is written.
    over: Option<Fault>,
    heart: AbortHandle,
}

/// What a session knows of the snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// It has not looked.
    Nothing,
    /// There was none.
    Absent,
    Version(i64),
}

impl HeldRows {
    pub(super) fn new(rows: Rows, link: Arc<Link>, taken: Taken) -> Self {
        let Taken { fence, previous } = taken;
        let heart = tokio::spawn(rows.clone().beat(Arc::clone(&link), fence)).abort_handle();
        Self { rows, link, fence, previous, seen: Seen::Nothing, journal: false, over: None, heart }
    }

    /// Lets go as a process that is killed does.
    #[cfg(test)]
    pub(super) fn cut(&self) {
        self.link.cut();
    }

    /// Writes with one statement, which returns a row where the lock is whole. `given` follows train and lock.
    async fn write(
        &mut self,
        item: &Item,
        statement: &str,
        given: &[Given<'_>],
        bytes: usize,
    ) -> Result<Row, StoreError> {
        if let Some(over) = &self.over {
            return Err(self.rows.fault_held(item, over.clone()));
        }
        // Whoever drops this amid the call does not know what becomes of it.
        self.over = Some(Fault::Lost("an earlier write was given up before it was answered".to_owned()));
        let statement = self.rows.sql(&format!("{MINE} {statement}"));
        let mut all = vec![self.rows.given_train(), (&self.fence as _, Type::INT8)];
        all.extend(given.iter().cloned());
        let answer = self.link.sized(&statement, &all, bytes).await;
        drop(all);
        let fault = match answer {
            Ok(rows) => match rows.into_iter().next() {
                Some(row) => {
                    self.over = None;
                    return Ok(row);
                }
                None => Fault::Broken(self.who_broke().await),
            },
            Err(fault @ Fault::Refused { .. }) => {
                self.over = None;
                return Err(self.rows.fault_held(item, fault));
            }
            Err(fault) => self.ended(fault).await,
        };
        self.over = Some(fault.clone());
        Err(self.rows.fault_held(item, fault))
    }

    async fn who_broke(&self) -> String {
        let found = self.rows.who_broke(&self.link, self.fence).await.ok().flatten();
        found.unwrap_or_else(|| "another session has it".to_owned())
    }

    /// Tells whether a connection ended since its lock was broken. Only to say so, and not for long: nothing is ever written
    /// over another connection.
    async fn ended(&self, fault: Fault) -> Fault {
        if !fault.is_lost() {
            return fault;
        }
        let open = timeout(LOOK, Link::open(self.rows.settings())).await;
        let Ok(Ok(link)) = open else { return fault };
        match self.rows.who_broke(&link, self.fence).await {
            Ok(Some(how)) => Fault::Broken(how),
            Ok(None) | Err(_) => fault,
        }
    }

    async fn put_snapshot(&mut self, content: &[u8]) -> Result<(), StoreError> {
        let insert = "INSERT INTO @.snapshots AS old (train, content) SELECT $1, $3 FROM mine";
        let update = "ON CONFLICT (train) DO UPDATE SET content = excluded.content, version = excluded.version, \
                      written = excluded.written";
        let version = match self.seen {
            Seen::Version(version) => version,
            Seen::Nothing | Seen::Absent => 0,
        };
        let put = match self.seen {
            Seen::Nothing => format!("{insert} WHERE $4::int8 = 0 {update}"),
            Seen::Absent => format!("{insert} WHERE $4::int8 = 0 ON CONFLICT DO NOTHING"),
            Seen::Version(_) => format!(
                "{insert} WHERE EXISTS (SELECT FROM @.snapshots WHERE train = $1 AND version = $4) \
                 {update} WHERE old.version = $4"
            ),
        };
        let statement =
            format!(", put AS ({put} RETURNING version) SELECT (SELECT version FROM put) FROM mine");
        let given: [Given<'_>; 2] = [(&content, Type::BYTEA), (&version, Type::INT8)];
        let row = self.write(&Item::Snapshot, &statement, &given, content.len()).await?;
        match row.try_get::<_, Option<i64>>(0) {
            Ok(Some(version)) => {
                self.seen = Seen::Version(version);
                Ok(())
            }
            _ => Err(StoreError::Conflict {
                place: self.rows.place_of(&Item::Snapshot),
                problem: "somebody has written it who does not have the lock, or has removed it".to_owned(),
            }),
        }
    }
}

impl Look for HeldRows {
    async fn read(&mut self, item: &Item) -> Result<Option<Vec<u8>>, StoreError> {
        let (content, version) = self.rows.read_over(&self.link, item).await?;
        if *item == Item::Snapshot {
            let found = version.map_or(Seen::Absent, Seen::Version);
            // What a run builds on is what it has read first: another one read later is no leave to replace that.
            if !matches!(self.seen, Seen::Nothing) && self.seen != found {
                return Err(StoreError::Conflict {
                    place: self.rows.place_of(&Item::Snapshot),
                    problem: "somebody has written it who does not have the lock, or has removed it"
                        .to_owned(),
                });
            }
            self.seen = found;
        }
        Ok(content)
    }
}

impl Held for HeldRows {
    fn previous(&mut self) -> Option<Box<Holder>> {
        self.previous.take()
    }

    async fn replace(&mut self, item: &Item, content: &[u8]) -> Result<(), StoreError> {
        let length = content.len();
        match item {
            Item::Snapshot => return self.put_snapshot(content).await,
            Item::Backup(name) => {
                let statement = ", put AS (INSERT INTO @.backups (train, content, lineage, serial, twin) \
                        SELECT $1, $3, $4, $5, $6 FROM mine ON CONFLICT (train, lineage, serial, twin) \
                        DO UPDATE SET content = excluded.content, written = excluded.written) \
                    SELECT 1 FROM mine";
                let (lineage, serial, twin) = keys(name);
                let given: [Given<'_>; 4] = [
                    (&content, Type::BYTEA),
                    (&lineage, Type::TEXT),
                    (&serial, Type::INT8),
                    (&twin, Type::TEXT),
                ];
                self.write(item, statement, &given, length).await?;
            }
            Item::Inventory => {
                let statement = ", put AS (INSERT INTO @.inventories (train, content) SELECT $1, $3 FROM mine \
                        ON CONFLICT (train) DO UPDATE SET content = excluded.content, written = excluded.written) \
                    SELECT 1 FROM mine";
                self.write(item, statement, &[(&content, Type::BYTEA)], length).await?;
            }
            lines => {
                let table = Rows::table(lines);
                let statement = format!(
                    ", gone AS (DELETE FROM @.{table} WHERE train = $1 AND EXISTS (SELECT FROM mine)), \
                     put AS (INSERT INTO @.{table} (train, content) SELECT $1, $3 FROM mine) SELECT 1 FROM mine"
                );
                self.write(item, &statement, &[(&content, Type::BYTEA)], length).await?;
            }
        }
        Ok(())
    }

    async fn remove(&mut self, item: &Item) -> Result<(), StoreError> {
        let table = Rows::table(item);
        let gone = format!(", gone AS (DELETE FROM @.{table} WHERE train = $1 AND EXISTS (SELECT FROM mine)");
        match item {
            Item::Backup(name) => {
                let (lineage, serial, twin) = keys(name);
                let statement =
                    format!("{gone} AND lineage = $3 AND serial = $4 AND twin = $5) SELECT 1 FROM mine");
                let given: [Given<'_>; 3] =
                    [(&lineage, Type::TEXT), (&serial, Type::INT8), (&twin, Type::TEXT)];
                self.write(item, &statement, &given, 0).await?;
            }
            _ => {
                self.write(item, &format!("{gone}) SELECT 1 FROM mine"), &[], 0).await?;
            }
        }
        if *item == Item::Snapshot {
            self.seen = Seen::Absent;
        }
        Ok(())
    }

    async fn append(&mut self, _base: &Base, batch: &[u8]) -> Result<(), StoreError> {
        let gone = match self.journal {
            true => "",
            // What is there is of another session, or of another try of this one.
            false => ", gone AS (DELETE FROM @.journal WHERE train = $1 AND EXISTS (SELECT FROM mine))",
        };
        let statement = format!(
            "{gone}, put AS (INSERT INTO @.journal (train, content) SELECT $1, $3 FROM mine) SELECT 1 FROM mine"
        );
        self.write(&Item::Journal, &statement, &[(&batch, Type::BYTEA)], batch.len()).await?;
        self.journal = true;
        Ok(())
    }

    fn leave_journal(&mut self) {
        self.journal = false;
    }
}

impl Drop for HeldRows {
    fn drop(&mut self) {
        self.heart.abort();
        let (rows, link, fence) = (self.rows.clone(), Arc::clone(&self.link), self.fence);
        // Where it is not said the end of the session frees the lock, and the row names a holder that is gone.
        self.rows.releases.spawn(async move {
            let _ = timeout(FAREWELL, rows.let_go(&link, fence)).await;
        });
    }
}
