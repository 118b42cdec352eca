//! Where rows are tried: a schema of its own for each test, on the one server.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::server::{PASSWORD, Server, USER, server};
use crate::name::TrainName;
use crate::state::store::Releases;
use crate::state::store::contract::Ground;
use crate::state::store::medium::Medium;
use crate::state::store::rows::held::HeldRows;
use crate::state::store::rows::{Rows, Settings};

impl Server {
    /// Returns settings that reach it over its socket, without a password.
    pub(super) fn by_socket(&self) -> Settings {
        self.settings(&format!("host={} user={USER}", self.folder.display()), self.port)
    }

    /// The same over the network, at a port that leads to it.
    pub(super) fn by_net(&self, port: u16, more: &str) -> Settings {
        self.settings(&format!("host=localhost user={USER} password={PASSWORD} {more}"), port)
    }

    pub(super) fn settings(&self, text: &str, port: u16) -> Settings {
        let text = format!("port={port} dbname=postgres {text}");
        Settings::read(Some("DB"), |name| (name == "DB").then(|| text.clone())).unwrap()
    }
}

/// A schema of its own on the server.
pub(super) struct Schema {
    pub(super) server: &'static Server,
    pub(super) name: String,
}

impl Schema {
    /// Makes one with its tables, or none where there is no server.
    pub(super) async fn new() -> Option<Self> {
        let schema = Self { server: server()?, name: unused() };
        schema.client(&TrainName::new("init")).prepare().await.unwrap();
        Some(schema)
    }

    pub(super) fn at(&self, settings: Settings) -> Rows {
        Rows::new(settings, &self.name, &crate::state::store::contract::train(), Releases::default())
    }
}

/// Returns a name that nobody has, and that has to be quoted.
pub(super) fn unused() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("tëst \"{}\"", NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Ground for Schema {
    type Medium = Rows;

    fn client(&self, train: &TrainName) -> Rows {
        Rows::new(self.server.by_socket(), &self.name, train, Releases::default())
    }

    fn kill(&self, held: HeldRows) {
        held.cut();
        drop(held);
    }

    async fn break_lock(&self, train: &TrainName) -> bool {
        let client = self.client(train);
        let lock = client.locked().await.unwrap().unwrap();
        let by = crate::state::store::contract::holder("breaker");
        client.break_lock(&lock.holder.id, &by).await.unwrap();
        true
    }
}
