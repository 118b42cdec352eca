//! From a train's `[state]` table to a store that can be read and locked: a folder, a bucket, a database.

use std::sync::{Arc, PoisonError};

use jiff::Timestamp;

use super::connect::own_credentials;
use super::context::Context;
use super::signals::unless_interrupted;
use super::{CliError, connect, own_state};
use crate::apply::Interrupt;
use crate::oci::object_storage::{API_VERSION, ObjectStorage};
use crate::oci::{Client, Endpoint, HttpTransport};
use crate::seal::Sealing;
use crate::state::State;
use crate::state::store::{
    Files, Kept, LocalStore, Objects, Rows, RowsSettings, Shelf, Store, StoreError, TrainStore,
};
use crate::train::{self, Bucket, Keeping, Train};

impl Context {
    /// Returns the store of a train's state. The credentials that it needs are there; nothing is read from it yet.
    pub(super) async fn store(&self, train: &Train, interrupt: &Interrupt) -> Result<TrainStore, CliError> {
        let stores = || self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        let known = stores().get(&train.name).cloned();
        if let Some(store) = known {
            return Ok(store);
        }
        let store = self.opened(train, interrupt).await?;
        stores().insert(train.name.clone(), store.clone());
        Ok(store)
    }

    /// Reads the state of a train, where it has one.
    pub(super) async fn state(
        &self,
        train: &Train,
        interrupt: &Interrupt,
    ) -> Result<Option<State>, CliError> {
        let store = self.store(train, interrupt).await?;
        let state = unless_interrupted(interrupt, store.load()).await??;
        self.left_behind(train, state.as_ref()).await?;
        Ok(state)
    }

    /// Refuses to begin anew in another store while the state lies in the folder still: all would be made again.
    pub(super) async fn left_behind(&self, train: &Train, state: Option<&State>) -> Result<(), CliError> {
        if state.is_some() || train.keeping == Keeping::Local {
            return Ok(());
        }
        let local = LocalStore::new(self.workspace.state_folder(), train.name.clone());
        let local = local.sealed(self.sealing(train)?);
        match local.load().await {
            // One that was moved is none that is left behind; one that cannot be read is.
            Err(StoreError::Moved { .. } | StoreError::OtherTrain { .. }) => return Ok(()),
            Ok(None) => {
                let (past, kept) = (local.past().await?, local.backups().await?);
                // What is named there is looked for where the file says.
                return own_state::gone(train, (&local.place(), local.ways()), &past, &kept).map_err(|error| {
                    error.hint(format!(
                        "that lies in the folder, and {} says `store = \"{}\"`: say `store = \"local\"` until it is there \
                         again, and then move it with `patchtrain init --migrate-state`",
                        train.file.display(),
                        train.keeping.word()
                    ))
                });
            }
            Ok(Some(_)) | Err(_) => {}
        }
        let (file, word, place) = (train.file.display(), train.keeping.word(), local.place());
        let message = format!(
            "{file} says `store = \"{word}\"`, where there is no state yet, and there is one in {place}"
        );
        Err(CliError::new(super::exit::ERROR, message)
            .hint(format!("move it: `patchtrain init --migrate-state --train {}`", train.name))
            .hint("or, to begin anew, move that file away"))
    }

    /// Returns the state that a command works on: the train's own, or a new one where it was never applied.
    pub(super) async fn own_state(
        &self,
        train: &Train,
        stored: Option<State>,
        interrupt: &Interrupt,
    ) -> Result<State, CliError> {
        match &stored {
            None => self.never_applied(train, interrupt).await?,
            Some(state) => self.not_put_back(train, state, interrupt).await?,
        }
        own_state::of(train, stored)
    }

    /// Refuses an older copy that somebody has put in the state's place: plans that were saved before would fit it again.
    pub(super) async fn not_put_back(
        &self,
        train: &Train,
        state: &State,
        interrupt: &Interrupt,
    ) -> Result<(), CliError> {
        let store = self.store(train, interrupt).await?;
        unless_interrupted(interrupt, async {
            // Nothing is decided by a history that cannot be read.
            let Ok(past) = store.past().await else { return Ok(()) };
            let Some(left) = past.ahead_of(state) else { return Ok(()) };
            // Unless a whole run has come between the two looks.
            let now = store.load().await?;
            if now.is_some_and(|now| past.ahead_of(&now).is_none()) {
                return Ok(());
            }
            Err(own_state::put_back(train, state, &store.place(), &past.place, &left))
        })
        .await?
    }

    /// Refuses to begin anew where there was a state, here or in the folder: its sources and groups would be taken for
    /// somebody else's.
    pub(super) async fn never_applied(&self, train: &Train, interrupt: &Interrupt) -> Result<(), CliError> {
        self.left_behind(train, None).await?;
        let store = self.store(train, interrupt).await?;
        let kept = async { Ok::<_, CliError>((store.past().await?, store.backups().await?)) };
        let (past, kept) = unless_interrupted(interrupt, kept).await??;
        own_state::gone(train, (&store.place(), store.ways()), &past, &kept)
    }

    /// Opens a store, whatever was opened before.
    pub(super) async fn opened(&self, train: &Train, interrupt: &Interrupt) -> Result<TrainStore, CliError> {
        let store = Kept::on(self.shelf(train, interrupt).await?, train.name.clone());
        Ok(store.keeping(train.backups).sealed(self.sealing(train)?))
    }

    /// Opens a store whose content is not read: a lock is never sealed.
    pub(super) async fn unsealed(
        &self,
        train: &Train,
        interrupt: &Interrupt,
    ) -> Result<TrainStore, CliError> {
        let store = Kept::on(self.shelf(train, interrupt).await?, train.name.clone());
        Ok(store.sealed(Sealing::none()))
    }

    async fn shelf(&self, train: &Train, interrupt: &Interrupt) -> Result<Shelf, CliError> {
        let name = train.name.clone();
        Ok(match &train.keeping {
            Keeping::Local => Shelf::Files(Files::new(self.workspace.state_folder(), name.clone())),
            Keeping::ObjectStorage(bucket) => {
                let service = self.object_storage(train, bucket, interrupt).await?;
                let place = (bucket.name.as_str(), bucket.prefix.as_str());
                Shelf::Objects(Objects::new(
                    service,
                    place,
                    name.clone(),
                    self.releases.clone(),
                    Timestamp::now,
                ))
            }
            Keeping::Postgres(database) => {
                let settings =
                    RowsSettings::read(database.url_env.as_deref(), |name| std::env::var(name).ok())
                        .map_err(|error| CliError::of(super::exit::ERROR, &error))?;
                Shelf::Rows(Rows::new(settings, &database.schema, &name, self.releases.clone()))
            }
        })
    }

    /// Makes the bucket that a train's state is to be kept in, where that is the simulator's and is not there. Anywhere
    /// else it is for its owner to make.
    pub(super) async fn simulated_bucket(
        &self,
        train: &Train,
        interrupt: &Interrupt,
    ) -> Result<(), CliError> {
        let Keeping::ObjectStorage(bucket) = &train.keeping else { return Ok(()) };
        if train.service.object_storage != train::Endpoint::Simulator {
            return Ok(());
        }
        let service = self.object_storage(train, bucket, interrupt).await?;
        let failed =
            |error| CliError::of(super::exit::ERROR, &error).while_doing("the simulator has no bucket");
        if service.bucket(&bucket.name).await.map_err(failed)?.is_none() {
            service.create_bucket(&bucket.name, train.compartment.as_str()).await.map_err(failed)?;
            self.terminal.say(&format!("Made bucket {} in the simulator.", bucket.name));
        }
        Ok(())
    }

    async fn object_storage(
        &self,
        train: &Train,
        bucket: &Bucket,
        interrupt: &Interrupt,
    ) -> Result<ObjectStorage<HttpTransport>, CliError> {
        let (endpoint, credentials, authorities) = match &train.service.object_storage {
            train::Endpoint::Simulator => {
                let handle = self.simulator(interrupt).await?;
                (connect::served_by(&handle), own_credentials()?, None)
            }
            written @ (train::Endpoint::Url(_) | train::Endpoint::Region) => {
                let authorities = self.credentials.authorities()?;
                let http = HttpTransport::new().with_authorities(authorities.clone());
                let found = self.credentials.resolve(train, self.profile.as_deref(), http);
                let found = unless_interrupted(interrupt, found).await??;
                let derived = found.region.map(|region| region.old_endpoint("objectstorage"));
                let endpoint = match written {
                    train::Endpoint::Url(url) => url.clone(),
                    _ => derived.unwrap_or_default(),
                };
                (Endpoint::fixed(&endpoint), found.credentials, authorities)
            }
        };
        let http = HttpTransport::new().with_authorities(authorities);
        // Not within what the run may ask of the services: what it did must be written down whatever they do.
        let client = Client::new(http, endpoint, API_VERSION, credentials);
        Ok(ObjectStorage::new(client, bucket.namespace.clone()))
    }

    /// Returns the workspace's simulator, which is found or started once.
    pub(super) async fn simulator(
        &self,
        interrupt: &Interrupt,
    ) -> Result<Arc<crate::simulator::Handle>, CliError> {
        self.simulator
            .get_or_try_init(|| async {
                let _waiting =
                    self.terminal.can_draw.then(|| crate::render::Spinner::new("waiting for the simulator"));
                let attached = crate::simulator::Handle::attach(self.workspace.simulator());
                let handle = unless_interrupted(interrupt, attached).await?.map_err(|error| {
                    CliError::of(super::exit::ERROR, &error)
                        .while_doing("the simulator can be neither reached nor started")
                })?;
                Ok(Arc::new(handle))
            })
            .await
            .cloned()
    }
}
