//! Rows of a PostgreSQL database: many trains in one schema, and a lock that goes with the session.
//!
//! ```text
//! Rows       reads, and takes the lock
//!   held     writes under the lock, each write fenced
//!   lock     who has it; breaking it
//!   schema   the tables, and what `init` makes and tries
//!   pool     whether a pooler stands between
//!   connect  one connection; tls; settings, address and passfile say whereto
//! ```
//!
//! What is kept is bytes to the database. A connection that was cut ends the run: what was acknowledged is kept, and the
//! next run goes on from there.

mod address;
mod connect;
mod fault;
mod held;
mod lock;
mod passfile;
mod pool;
mod schema;
mod settings;
mod tls;

use std::fmt;
use std::sync::Arc;

use tokio_postgres::types::Type;

use connect::{Given, Link};
use fault::Fault;
pub use held::HeldRows;
use settings::Settings;
pub use settings::{Settings as RowsSettings, SettingsError};

use super::medium::{BackupName, Item, Look, Medium, Place};
use super::{Holder, Lock, LockId, Releases, StoreError, Ways};
use crate::name::TrainName;

/// How much is made allowance for when something is read whose size is not known yet.
const LARGE: usize = 16 * 1024 * 1024;

/// The rows of one train.
#[derive(Clone)]
pub struct Rows {
    settings: Arc<Settings>,
    schema: Arc<str>,
    /// The train's name, as the database is given it.
    train: String,
    /// Locks that are being let go.
    releases: Releases,
}

/// Reads over a connection of its own, made when it is needed.
struct Looking<'a> {
    rows: &'a Rows,
    link: Option<Link>,
}

impl fmt::Debug for Rows {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Rows({}, {}, {})", self.settings, self.schema, self.train)
    }
}

impl Rows {
    /// Names the database, the schema and the train; nothing is touched yet.
    pub fn new(settings: Settings, schema: &str, train: &TrainName, releases: Releases) -> Self {
        let (settings, schema) = (Arc::new(settings), schema.into());
        Self { settings, schema, train: train.as_str().to_owned(), releases }
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn schema(&self) -> &str {
        &self.schema
    }

    fn train(&self) -> &str {
        &self.train
    }

    /// Puts the schema's name in the place of each `@`.
    fn sql(&self, text: &str) -> String {
        text.replace('@', &schema::quoted(&self.schema))
    }

    fn given_train(&self) -> Given<'_> {
        (&self.train, Type::TEXT)
    }

    fn table(item: &Item) -> &'static str {
        match item {
            Item::Snapshot => "snapshots",
            Item::Journal => "journal",
            Item::History => "history",
            Item::Reports => "reports",
            Item::Inventory => "inventories",
            Item::Backup(_) => "backups",
        }
    }

    fn place_of(&self, item: &Item) -> Place {
        let (table, train) = (Self::table(item), &self.train);
        let name = match item {
            Item::Backup(BackupName { lineage, serial, twin }) => {
                let twin = twin.as_ref().map(|twin| format!("-{twin}")).unwrap_or_default();
                format!("{train}.{lineage}-{serial}{twin}")
            }
            _ => train.clone(),
        };
        Place::named(format!("{}.{table} `{name}` in {}", self.schema, self.settings))
    }

    /// Connects, and refuses tables that this build does not know.
    async fn open(&self, action: &'static str) -> Result<Link, StoreError> {
        let link = Link::open(&self.settings).await.map_err(|fault| self.fault(action, fault))?;
        self.check_version(&link).await?;
        Ok(link)
    }

    async fn check_version(&self, link: &Link) -> Result<(), StoreError> {
        let found = link.rows(&self.sql("SELECT max(version) FROM @.meta"), &[]).await;
        let found = found.map_err(|fault| self.fault("read", fault))?;
        let version: Option<i32> = found.first().and_then(|row| row.try_get(0).ok()).flatten();
        match version {
            Some(schema::VERSION) => Ok(()),
            Some(newer) if newer > schema::VERSION => Err(StoreError::Newer {
                place: Place::named(format!("schema {} in {}", self.schema, self.settings)),
                found: newer.unsigned_abs().into(),
                known: schema::VERSION.unsigned_abs(),
            }),
            _ => {
                Err(self
                    .fault("read", Fault::Unfit("its tables were not made by `patchtrain init`".to_owned())))
            }
        }
    }

    /// Reads an item, and which version of the snapshot it is.
    async fn read_over(
        &self,
        link: &Link,
        item: &Item,
    ) -> Result<(Option<Vec<u8>>, Option<i64>), StoreError> {
        let table = Self::table(item);
        let (statement, names) = match item {
            Item::Snapshot => ("SELECT content, version FROM @.snapshots WHERE train = $1".to_owned(), None),
            Item::Backup(name) => (
                "SELECT content, serial FROM @.backups \
                 WHERE train = $1 AND lineage = $2 AND serial = $3 AND twin = $4"
                    .to_owned(),
                Some(keys(name)),
            ),
            Item::Inventory => {
                ("SELECT content, 0::int8 FROM @.inventories WHERE train = $1".to_owned(), None)
            }
            Item::Journal | Item::History | Item::Reports => {
                (format!("SELECT content, number FROM @.{table} WHERE train = $1 ORDER BY number"), None)
            }
        };
        let mut given = vec![self.given_train()];
        if let Some((lineage, serial, twin)) = &names {
            given.extend([(lineage as _, Type::TEXT), (serial as _, Type::INT8), (twin as _, Type::TEXT)]);
        }
        let wrong = |fault| self.fault_at("read", item, fault);
        let found = link.sized(&self.sql(&statement), &given, LARGE).await.map_err(wrong)?;
        let mut content: Option<Vec<u8>> = None;
        let mut version = None;
        for row in &found {
            let piece: &[u8] = row.try_get(0).map_err(|error| wrong(Fault::of(&error)))?;
            content.get_or_insert_default().extend_from_slice(piece);
            version = Some(row.try_get(1).map_err(|error| wrong(Fault::of(&error)))?);
        }
        Ok((content, version))
    }

    /// Returns the same place for a train that is only tried with, by one session. A name like it is no train's: it begins
    /// with a blank.
    fn probe(&self, session: i32) -> Self {
        let train = format!(" tried by init in session {session}");
        Self { train, ..self.clone() }
    }

    /// Removes all of a train.
    async fn forget(&self) -> Result<(), StoreError> {
        let link = self.open("prepare").await?;
        for table in ["locks", "snapshots"] {
            let gone = self.sql(&format!("DELETE FROM @.{table} WHERE train = $1"));
            link.rows(&gone, &[self.given_train()]).await.map_err(|fault| self.fault("prepare", fault))?;
        }
        Ok(())
    }

    /// Says of what was asked of the whole schema how it failed.
    fn fault(&self, action: &'static str, fault: Fault) -> StoreError {
        self.failed(action, Place::named(format!("schema {} in {}", self.schema, self.settings)), &fault)
    }

    /// The same of an item.
    fn fault_at(&self, action: &'static str, item: &Item, fault: Fault) -> StoreError {
        self.failed(action, self.place_of(item), &fault)
    }

    /// The same of a write under the lock, which goes with its connection.
    fn fault_held(&self, item: &Item, fault: Fault) -> StoreError {
        match fault {
            Fault::Lost(reason) => {
                let problem = format!(
                    "the connection that it goes with was cut ({reason}), and whether the last write arrived is not known"
                );
                StoreError::LockLost { place: self.place_of(item), problem }
            }
            fault => self.fault_at("write", item, fault),
        }
    }

    fn failed(&self, action: &'static str, place: Place, fault: &Fault) -> StoreError {
        let problem = fault.to_string();
        let way_out = match action {
            "prepare" if fault.is_forbidden() => {
                "Run `patchtrain init` once as a role that may create the schema; what a run needs is less: see docs/state.md"
                    .to_owned()
            }
            _ => fault.way_out(&self.settings.named),
        };
        match fault {
            Fault::Broken(_) => StoreError::LockLost { place, problem },
            Fault::Unfit(_) | Fault::Pooled => StoreError::Unfit { place, problem, way_out },
            _ => StoreError::Remote { action, place, problem, way_out },
        }
    }
}

/// What a backup is found by.
fn keys(name: &BackupName) -> (&str, i64, &str) {
    let BackupName { lineage, serial, twin } = name;
    // Serials are far below: `snapshot` believes no larger ones.
    (lineage, i64::try_from(*serial).unwrap_or(i64::MAX), twin.as_deref().unwrap_or_default())
}

impl Look for Looking<'_> {
    async fn read(&mut self, item: &Item) -> Result<Option<Vec<u8>>, StoreError> {
        let link = match &mut self.link {
            Some(link) => link,
            none => none.insert(self.rows.open("read").await?),
        };
        self.rows.read_over(link, item).await.map(|(content, _)| content)
    }
}

impl Medium for Rows {
    type Held = HeldRows;

    fn place(&self, item: &Item) -> Place {
        self.place_of(item)
    }

    fn ways(&self) -> Ways {
        Ways::Rows
    }

    fn way_to_cut(&self, line: usize) -> String {
        let (train, whole) = (&self.train, line.saturating_sub(1));
        let cut = format!(
            "WITH gone AS (DELETE FROM @.journal WHERE train = '{train}' RETURNING number, content), \
             whole AS (SELECT convert_from(string_agg(content, ''::bytea ORDER BY number), 'UTF8') AS text FROM gone) \
             INSERT INTO @.journal (train, content) SELECT '{train}', convert_to(array_to_string( \
             (string_to_array(text, chr(10)))[1:{whole}], chr(10)) || chr(10), 'UTF8') FROM whole"
        );
        format!("in psql: {};", self.sql(&cut))
    }

    fn look(&self) -> impl Look + Send {
        Looking { rows: self, link: None }
    }

    async fn backups(&self) -> Result<Vec<BackupName>, StoreError> {
        let link = self.open("read").await?;
        let list = self.sql("SELECT lineage, serial, twin FROM @.backups WHERE train = $1");
        let found =
            link.rows(&list, &[self.given_train()]).await.map_err(|fault| self.fault("read", fault))?;
        let name = |row: &tokio_postgres::Row| -> Result<BackupName, tokio_postgres::Error> {
            let serial: i64 = row.try_get(1)?;
            let twin: String = row.try_get(2)?;
            Ok(BackupName {
                lineage: row.try_get(0)?,
                serial: serial.unsigned_abs(),
                twin: Some(twin).filter(|twin| !twin.is_empty()),
            })
        };
        found
            .iter()
            .map(name)
            .collect::<Result<_, _>>()
            .map_err(|error| self.fault("read", Fault::of(&error)))
    }

    async fn add_line(&self, item: &Item, line: &[u8]) -> Result<(), StoreError> {
        let link = self.open("write").await?;
        let table = Self::table(item);
        let add = self.sql(&format!("INSERT INTO @.{table} (train, content) VALUES ($1, $2)"));
        let given: [Given<'_>; 2] = [self.given_train(), (&line, Type::BYTEA)];
        let added = link.sized(&add, &given, line.len()).await;
        added.map_err(|fault| self.fault_at("write", item, fault)).map(|_| ())
    }

    async fn put(&self, item: &Item, content: &[u8]) -> Result<(), StoreError> {
        let link = self.open("write").await?;
        let table = Self::table(item);
        let put = match item {
            Item::Inventory => {
                "INSERT INTO @.inventories (train, content) VALUES ($1, $2) ON CONFLICT (train) \
                DO UPDATE SET content = excluded.content, written = excluded.written"
                    .to_owned()
            }
            Item::Journal | Item::History | Item::Reports => format!(
                "WITH gone AS (DELETE FROM @.{table} WHERE train = $1) \
                 INSERT INTO @.{table} (train, content) VALUES ($1, $2)"
            ),
            Item::Snapshot | Item::Backup(_) => {
                let unfenced = "a state is only written under the lock".to_owned();
                return Err(self.fault_at("write", item, Fault::Broken(unfenced)));
            }
        };
        let given: [Given<'_>; 2] = [self.given_train(), (&content, Type::BYTEA)];
        let put = link.sized(&self.sql(&put), &given, content.len()).await;
        put.map_err(|fault| self.fault_at("write", item, fault)).map(|_| ())
    }

    async fn prepare(&self) -> Result<Vec<String>, StoreError> {
        schema::prepare(self).await
    }

    async fn locked(&self) -> Result<Option<Lock>, StoreError> {
        self.locked_now().await
    }

    async fn break_lock(&self, id: &LockId, by: &Holder) -> Result<(), StoreError> {
        self.break_now(id, by).await
    }

    async fn hold(&self, holder: &Holder) -> Result<HeldRows, StoreError> {
        self.hold_now(holder).await
    }
}

#[cfg(test)]
mod tests;
