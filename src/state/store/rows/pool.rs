//! Whether what we speak to is one session, or a pooler that gives each transaction whichever session is free. Under such
//! a one a lock holds nothing: it belongs to a session that others are given next.

use std::time::Duration;

use super::connect::Link;
use super::fault::Fault;
use super::settings::Settings;

/// How long the second of the others waits for a session: a pool of sessions may have no third one to give.
const PATIENCE: Duration = Duration::from_secs(2);

/// Fails where transactions of one connection do not share a session.
///
/// One connection alone cannot tell: a pooler that is not busy gives it the same session again. Others can. The first opens
/// a transaction, for which a pooler takes the session that was used last; that is ours, or ours is another then. One that
/// goes around its sessions in turn comes back to ours where it has two of them: then a second one gets it. Where there is
/// nothing for that one, ours was not free, and so is its own.
pub(super) async fn refuse(link: &Link, settings: &Settings) -> Result<(), Fault> {
    let mark = "SELECT pg_backend_pid(), set_config('patchtrain.session', md5(random()::text), false)";
    let here: (i32, String) = session(link, mark).await?;
    let first = other(settings, here.0).await?;
    let again = "SELECT pg_backend_pid(), coalesce(current_setting('patchtrain.session', true), '')";
    for _ in 0..2 {
        if session(link, again).await? != here {
            return Err(Fault::Pooled);
        }
    }
    let second = tokio::time::timeout(PATIENCE, other(settings, here.0)).await;
    drop(first);
    match second {
        Ok(Err(Fault::Pooled)) => Err(Fault::Pooled),
        _ => Ok(()),
    }
}

/// Opens a transaction on another connection, and fails where that is given the session of this process.
async fn other(settings: &Settings, ours: i32) -> Result<Link, Fault> {
    let other = Link::open(settings).await?;
    // A pooler that gives each statement another session takes no transaction at all.
    other.run("BEGIN").await.map_err(|fault| match fault {
        Fault::Refused { .. } => Fault::Pooled,
        fault => fault,
    })?;
    // Before ours is asked again: a pool of one session would let it wait for ever.
    let (theirs, _) = session(&other, "SELECT pg_backend_pid(), ''").await?;
    if theirs == ours { Err(Fault::Pooled) } else { Ok(other) }
}

async fn session(link: &Link, statement: &str) -> Result<(i32, String), Fault> {
    let rows = link.rows(statement, &[]).await?;
    let row = rows.first().ok_or_else(|| Fault::Lost("no answer".to_owned()))?;
    let get = (row.try_get(0), row.try_get(1));
    match get {
        (Ok(process), Ok(mark)) => Ok((process, mark)),
        (Err(error), _) | (_, Err(error)) => Err(Fault::of(&error)),
    }
}
