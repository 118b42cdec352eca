//! `state locks` and `force-unlock`: who holds the locks on states, and taking one away from a run that is dead.

use super::args::{ForceUnlock, StateLocks};
use super::context::Context;
use super::signals::unless_interrupted;
use super::{CliError, each, exit, prompt, workspace};
use crate::apply::Interrupt;
use crate::render;
use crate::state::store::{Holder, Lock, LockId, UnlockRecord};
use crate::train::Train;

/// Shows the locks on the selected trains' states.
pub(super) fn list(context: &Context, arguments: &StateLocks) -> Result<u8, CliError> {
    let trains = context.workspace.trains(&arguments.selection.train)?;
    let mut locks: Vec<Lock> = Vec::new();
    // A store that cannot be reached says nothing of the others.
    let code = context.block_on(async |interrupt| {
        Ok(each::train(context, &trains, async |train| {
            let store = context.unsealed(train, &interrupt).await?;
            let lock = unless_interrupted(&interrupt, store.locked()).await??;
            locks.extend(lock.map(|mut lock| {
                lock.holder.train.get_or_insert_with(|| train.name.clone());
                lock
            }));
            Ok(exit::DONE)
        })
        .await)
    })?;
    if code == exit::INTERRUPTED {
        return Ok(code);
    }
    if arguments.json {
        context.terminal.print(&render::locks_json(&locks))?;
    } else if !locks.is_empty() {
        context.terminal.print(&render::locks(&locks))?;
    } else if code == exit::DONE {
        context.terminal.say("No state is locked.");
    }
    Ok(code)
}

/// Takes a lock away, once that is approved.
pub(super) fn force(context: &Context, arguments: &ForceUnlock) -> Result<u8, CliError> {
    let trains = context.workspace.trains(&[])?;
    let why = "a lock is on the state of one train, and there are several";
    let train = workspace::one_of(&trains, arguments.of.train.as_deref(), why)?;
    if !arguments.auto_approve && !context.terminal.can_ask {
        return Err(CliError::usage("there is no terminal to ask for approval on")
            .hint("take the lock away without being asked, with --auto-approve"));
    }
    let id = LockId(arguments.id.clone());
    context.block_on(async |interrupt| {
        let store = context.unsealed(train, &interrupt).await?;
        let lock = unless_interrupted(&interrupt, store.locked()).await??;
        let Some(lock) = lock else {
            context.terminal.say(&format!("The state of train {} is not locked.", train.name));
            return Ok(exit::DONE);
        };
        if lock.holder.id != id {
            let message = format!("lock `{id}` is not the one on the state of train `{}`", train.name);
            return Err(CliError::new(exit::ERROR, message)
                .cause(render::lock(&lock))
                .hint("`patchtrain state locks` shows what is held now"));
        }
        context.terminal.say(&format!("Train {} is locked {}.", train.name, render::lock(&lock)));
        let question = "\nDo you want to take the lock away?\n  Only where that run is dead: if it is not, it fails at its next step, and what it asked the service for runs on.";
        if !arguments.auto_approve && !prompt::yes(context, &interrupt, question).await? {
            return Err(CliError::new(exit::ERROR, "nothing was changed"));
        }
        let by = context.holder(&train.name)?;
        store.break_lock(&id, &by).await?;
        context.terminal.say("The lock is taken away. The next `patchtrain apply` goes on from what that run has recorded.");
        let Holder { who, host, since: at, .. } = by;
        note(context, &interrupt, train, UnlockRecord { at, who, host, unlocked: lock.holder }).await;
        Ok(exit::DONE)
    })
}

/// Has the history tell whose lock was taken away. It may be encrypted, and whoever takes a lock away need not have the
/// passphrase.
async fn note(context: &Context, interrupt: &Interrupt, train: &Train, record: UnlockRecord) {
    let noted = async {
        let store = context.store(train, interrupt).await?;
        unless_interrupted(interrupt, store.note_unlock(record)).await??;
        Ok::<_, CliError>(())
    };
    if let Err(error) = noted.await {
        let text = error.while_doing("the history does not tell of it").text(false);
        context.terminal.say(text.trim_end().replacen("Error:", "Warning:", 1).as_str());
    }
}
