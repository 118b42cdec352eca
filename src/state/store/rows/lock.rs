//! The lock of a train: an advisory lock of the session that holds it, and a row that says who that is.
//!
//! The advisory lock tells whether somebody has it, and goes with the session: a holder that died is none. The row is the
//! fence: each write asks, in its own transaction, whether the row still names this lock. Whoever breaks the lock changes
//! the row, and with it the number of the advisory lock, so that the next holder need not wait for a session that nobody
//! can end. No clock of ours is compared with the server's.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_postgres::types::Type;

use super::connect::Link;
use super::fault::Fault;
use super::held::HeldRows;
use super::schema::lock_number;
use super::{Rows, pool};
use crate::state::store::{Holder, Lock, LockId, StoreError};

/// How often a holder gives a sign of life.
const BEAT: Duration = Duration::from_secs(30);

/// How often a lock that is just being let go, or taken, is tried again, and how long between.
const TRIES: usize = 20;
const BETWEEN: Duration = Duration::from_millis(50);

/// Finds the session that has the advisory lock of the number `$1`.
const HOLDING: &str = "SELECT held.pid FROM pg_locks AS held WHERE held.locktype = 'advisory' AND held.granted \
    AND held.objsubid = 1 AND ((held.classid::int8 << 32) | held.objid::int8) = $1 \
    AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// A lock that was taken.
pub(super) struct Taken {
    /// Raised with each taking and each breaking: tells this one from every other.
    pub(super) fence: i64,
    pub(super) previous: Option<Box<Holder>>,
}

impl Rows {
    /// Takes the lock, or fails with who has it.
    pub(super) async fn hold_now(&self, holder: &Holder) -> Result<HeldRows, StoreError> {
        // Whoever has just let go of it may take it again at once.
        self.releases.ended().await;
        let link = self.open("lock").await?;
        let refused = |fault| self.fault("lock", fault);
        pool::refuse(&link, self.settings()).await.map_err(refused)?;
        let row = self.sql("INSERT INTO @.locks (train) VALUES ($1) ON CONFLICT DO NOTHING");
        link.rows(&row, &[self.given_train()]).await.map_err(refused)?;
        for _ in 0..TRIES {
            match self.take(&link, holder).await? {
                Ok(taken) => return Ok(HeldRows::new(self.clone(), Arc::new(link), taken)),
                Err(Some(holder)) => {
                    return Err(StoreError::Locked { lock: Some(Box::new(goes(*holder, None))) });
                }
                // Between the lock and the row: whoever comes or goes is done in a moment.
                Err(None) => sleep(BETWEEN).await,
            }
        }
        Err(StoreError::Locked { lock: None })
    }

    /// Tries once. The inner error is that somebody has it, who signed or has not yet.
    async fn take(
        &self,
        link: &Link,
        holder: &Holder,
    ) -> Result<Result<Taken, Option<Box<Holder>>>, StoreError> {
        let refused = |fault| self.fault("lock", fault);
        let wrong = |error: tokio_postgres::Error| self.fault("lock", Fault::of(&error));
        let look = self.sql("SELECT generation, id, holder FROM @.locks WHERE train = $1");
        let found = link.rows(&look, &[self.given_train()]).await.map_err(refused)?;
        let Some(row) = found.first() else { return Ok(Err(None)) };
        let generation: i64 = row.try_get(0).map_err(wrong)?;
        let number = self.lock_number(generation);
        let lock = "SELECT pg_try_advisory_lock($1)";
        let locked = link.rows(lock, &[(&number, Type::INT8)]).await.map_err(refused)?;
        if !locked.first().is_some_and(|row| row.try_get(0).unwrap_or(false)) {
            let id: Option<String> = row.try_get(1).map_err(wrong)?;
            let holder: Option<String> = row.try_get(2).map_err(wrong)?;
            return Ok(Err(id.and(holder).and_then(|text| serde_json::from_str(&text).ok())));
        }
        // Unless the lock was broken since, and the number that is locked is nobody's.
        let sign = self.sql(
            "WITH before AS (SELECT holder FROM @.locks WHERE train = $1 AND generation = $2 FOR UPDATE) \
             UPDATE @.locks AS lock SET fence = lock.fence + 1, id = $3, holder = $4, backend = pg_backend_pid(), \
                heartbeat = now() \
             FROM before WHERE lock.train = $1 AND lock.generation = $2 RETURNING lock.fence, before.holder",
        );
        let text = serde_json::to_string(holder).unwrap_or_default();
        let given =
            [self.given_train(), (&generation, Type::INT8), (&holder.id.0, Type::TEXT), (&text, Type::TEXT)];
        let signed = link.rows(&sign, &given).await.map_err(refused)?;
        let Some(row) = signed.first() else {
            let free = "SELECT pg_advisory_unlock($1)";
            link.rows(free, &[(&number, Type::INT8)]).await.map_err(refused)?;
            return Ok(Err(None));
        };
        // Whoever ended well has left none.
        let before: Option<String> = row.try_get(1).map_err(wrong)?;
        let previous = before.and_then(|text| serde_json::from_str(&text).ok());
        Ok(Ok(Taken { fence: row.try_get(0).map_err(wrong)?, previous }))
    }

    /// Tells who has the lock, and when by the server's clock they last gave a sign of life.
    pub(super) async fn locked_now(&self) -> Result<Option<Lock>, StoreError> {
        let link = self.open("read").await?;
        let refused = |fault| self.fault("read", fault);
        let wrong = |error: tokio_postgres::Error| self.fault("read", Fault::of(&error));
        let look = self.sql(
            "SELECT generation, holder, (extract(epoch FROM heartbeat) * 1000000)::int8 \
             FROM @.locks WHERE train = $1 AND id IS NOT NULL AND holder IS NOT NULL",
        );
        let found = link.rows(&look, &[self.given_train()]).await.map_err(refused)?;
        let Some(row) = found.first() else { return Ok(None) };
        let number = self.lock_number(row.try_get(0).map_err(wrong)?);
        if link.rows(HOLDING, &[(&number, Type::INT8)]).await.map_err(refused)?.is_empty() {
            return Ok(None);
        }
        let holder: String = row.try_get(1).map_err(wrong)?;
        let beat: Option<i64> = row.try_get(2).map_err(wrong)?;
        let beat = beat.and_then(|at| Timestamp::from_microsecond(at).ok());
        Ok(serde_json::from_str(&holder).ok().map(|holder| goes(holder, beat)))
    }

    /// Breaks a lock: whoever has it writes nothing more. Its session is ended too, where that is allowed.
    pub(super) async fn break_now(&self, id: &LockId, by: &Holder) -> Result<(), StoreError> {
        let link = self.open("unlock").await?;
        let Some((number, backend)) = self.fence_off(&link, id, by).await? else {
            return match self.locked_now().await? {
                Some(other) => Err(StoreError::Locked { lock: Some(Box::new(other)) }),
                None => Ok(()),
            };
        };
        let end = format!("SELECT pg_terminate_backend(pid) FROM ({HOLDING}) AS held WHERE pid = $2");
        // The fence holds without it, and not everyone may.
        let _ = link.rows(&end, &[(&number, Type::INT8), (&backend, Type::INT4)]).await;
        Ok(())
    }

    /// Has nothing more taken from who holds the lock by this id, if somebody does: returns the number of the advisory lock
    /// and the session that may still have it.
    pub(super) async fn fence_off(
        &self,
        link: &Link,
        id: &LockId,
        by: &Holder,
    ) -> Result<Option<(i64, Option<i32>)>, StoreError> {
        let wrong = |error: tokio_postgres::Error| self.fault("unlock", Fault::of(&error));
        // Waits for a write that is under way. The holder stays for whoever comes next and wonders what was cut off.
        let fence = self.sql(
            "WITH before AS (SELECT generation, backend, fence FROM @.locks WHERE train = $1 AND id = $2 FOR UPDATE) \
             UPDATE @.locks AS lock SET generation = lock.generation + 1, fence = lock.fence + 1, id = NULL, \
                backend = NULL, heartbeat = NULL, broken = before.fence, broken_by = $3, broken_at = now() \
             FROM before WHERE lock.train = $1 AND lock.id = $2 RETURNING before.generation, before.backend",
        );
        let who = format!("{} on {}", by.who, by.host);
        let given = [self.given_train(), (&id.0 as _, Type::TEXT), (&who as _, Type::TEXT)];
        let found = link.rows(&fence, &given).await.map_err(|fault| self.fault("unlock", fault))?;
        let Some(row) = found.first() else { return Ok(None) };
        let number = self.lock_number(row.try_get(0).map_err(wrong)?);
        Ok(Some((number, row.try_get(1).map_err(wrong)?)))
    }

    /// Says who broke a lock, or what else is known; none where it is whole.
    pub(super) async fn who_broke(&self, link: &Link, fence: i64) -> Result<Option<String>, Fault> {
        let look = self.sql(
            "SELECT fence = $2, coalesce(broken = $2, false), coalesce(broken_by, 'somebody'), \
                coalesce(to_char(broken_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), '') \
             FROM @.locks WHERE train = $1",
        );
        let found = link.rows(&look, &[self.given_train(), (&fence, Type::INT8)]).await?;
        let Some(row) = found.first() else { return Ok(Some("its row is gone".to_owned())) };
        let whole = row.try_get(0).unwrap_or(false);
        let broken = row.try_get(1).unwrap_or(false);
        let (by, at) = (row.try_get::<_, String>(2), row.try_get::<_, String>(3));
        Ok(match (whole, broken, by, at) {
            (true, ..) => None,
            (_, true, Ok(by), Ok(at)) => {
                Some(format!("it was broken by {by} at {at} (by the server's clock)"))
            }
            _ => Some("it was broken, and others have had it since".to_owned()),
        })
    }

    /// Frees a lock, and leaves in its row that nobody was cut off.
    pub(super) async fn let_go(&self, link: &Link, fence: i64) -> Result<(), Fault> {
        let free = self.sql(
            "WITH left_well AS (UPDATE @.locks SET id = NULL, holder = NULL, backend = NULL, heartbeat = NULL \
                WHERE train = $1 AND fence = $2) \
             SELECT pg_advisory_unlock_all()::text",
        );
        link.rows(&free, &[self.given_train(), (&fence, Type::INT8)]).await.map(|_| ())
    }

    /// Gives signs of life, until the lock is not this one any more.
    pub(super) async fn beat(self, link: Arc<Link>, fence: i64) {
        let beat =
            self.sql("UPDATE @.locks SET heartbeat = now() WHERE train = $1 AND fence = $2 RETURNING 1");
        let mut ticks = interval(BEAT);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first comes at once, and the row was just written.
        ticks.tick().await;
        loop {
            ticks.tick().await;
            match link.rows(&beat, &[self.given_train(), (&fence, Type::INT8)]).await {
                Ok(rows) if rows.is_empty() => return,
                Err(Fault::Lost(_)) => return,
                Ok(_) | Err(_) => {}
            }
        }
    }

    fn lock_number(&self, generation: i64) -> i64 {
        lock_number(&["train", self.schema(), self.train(), &generation.to_string()])
    }
}

/// A lock that goes with its holder's session.
fn goes(holder: Holder, heartbeat: Option<Timestamp>) -> Lock {
    Lock { holder, heartbeat, stays: false }
}
