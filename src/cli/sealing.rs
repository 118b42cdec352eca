//! The passphrases of trains: read from the variables that their files name, once for each train, and handed to whatever
//! is sealed with them. What a passphrase is never goes anywhere else.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::context::Context;
use super::{CliError, exit};
use crate::name::TrainName;
use crate::seal::{Passphrase, SealError, Sealing};
use crate::train::{Encryption, Train};

/// What was made of passphrases so far: a key that was made of one serves the whole process.
#[derive(Debug, Default)]
pub(super) struct Sealings(Mutex<BTreeMap<TrainName, Sealing>>);

impl Context {
    /// Returns how what is kept of a train is sealed.
    pub(super) fn sealing(&self, train: &Train) -> Result<Sealing, CliError> {
        let mut made = self.sealings.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sealing) = made.get(&train.name) {
            return Ok(sealing.clone());
        }
        let sealing = match &train.encryption {
            None => Sealing::none(),
            Some(encryption) => self.sealing_of(train, encryption)?,
        };
        made.insert(train.name.clone(), sealing.clone());
        Ok(sealing)
    }

    /// Returns how what is kept of a train is sealed whose state this process has opened.
    pub(super) fn known_sealing(&self, train: &TrainName) -> Sealing {
        let made = self.sealings.0.lock().unwrap_or_else(PoisonError::into_inner);
        made.get(train).cloned().unwrap_or_default()
    }

    /// Returns what opens something by the passphrase of a variable that it names itself.
    pub(super) fn sealing_by(&self, variable: &str) -> Result<Sealing, CliError> {
        let passphrase = self.passphrase(variable)?;
        Ok(Sealing::new(None, passphrase))
    }

    fn sealing_of(&self, train: &Train, encryption: &Encryption) -> Result<Sealing, CliError> {
        let Encryption { passphrase_env, fallback_env, enforced } = encryption;
        let (current, fallback) = (passphrase_env.as_deref(), fallback_env.as_deref());
        let passphrase = current.map(|variable| self.passphrase(variable)).transpose()?.flatten();
        if let Some(variable) = current
            && passphrase.is_none()
        {
            let message = format!(
                "the state of train `{}` is encrypted with the passphrase in {variable}, which is not set",
                train.name
            );
            let hint = format!(
                "set {variable} to it, at least 16 characters; {} names the variable in `[state] encryption`",
                train.file.display()
            );
            return Err(CliError::new(exit::ERROR, message).hint(hint));
        }
        let former = fallback.map(|variable| self.passphrase(variable)).transpose()?.flatten();
        // Once all is sealed anew nobody needs it: that it is not set is told where something does.
        let lacking = fallback.filter(|_| former.is_none());
        let sealing = Sealing::new(passphrase, former);
        let sealing = lacking.into_iter().fold(sealing, |sealing, variable| sealing.lacking(variable));
        Ok(if *enforced { sealing.enforced() } else { sealing })
    }

    fn passphrase(&self, variable: &str) -> Result<Option<Passphrase>, CliError> {
        let made = self.variable(variable).map(|text| Passphrase::new(variable, text)).transpose();
        made.map_err(|weak| {
            CliError::of(exit::ERROR, &weak)
                .hint("a passphrase that is to keep a state from others is long and random, as of `openssl rand -base64 32`")
        })
    }
}

/// Adds the ways out of what cannot be opened.
pub(super) fn hinted(error: CliError, why: &SealError) -> CliError {
    match why {
        SealError::NoKey { variable } => error
            .hint(format!(
                "it was encrypted with the passphrase in {variable}: set that, and in the train file `[state] encryption = {{ \
                 passphrase_env = \"{variable}\" }}`"
            ))
            .hint(format!(
                "to have it plain again: `encryption = {{ fallback = {{ passphrase_env = \"{variable}\" }} }}`"
            )),
        SealError::WrongKey { tried: _, unset, variable } => {
            let error = unset.iter().fold(error, |error, unset| {
                error.hint(format!("`fallback` names {unset}, which is not set"))
            });
            error.hint(format!(
                "whoever wrote it had the passphrase in {variable}: set that to what it was then, or name a variable that \
                 holds it as `fallback`"
            ))
        }
        SealError::Plain => error.hint(
            "take `enforced` out of the train file until an apply has encrypted what is there, if it is yours; a plan is \
             made anew with `patchtrain plan --out FILE`",
        ),
        SealError::Newer { .. } | SealError::Damaged(_) | SealError::NoChance => error,
    }
}
