//! WIP
use std::sync::Arc;

use super::CliError;
use super::context::Context;
use crate::apply::{Clock, Interrupt};
use crate::cloud::*;
use crate::observed::*;
use crate::op::*;
use crate::plan::ServiceLabel;
use crate::train::Train;

pub(super) enum Nowhere {}
impl Cloud for Nowhere {
    async fn observe(&self, _: &Scope) -> Result<Sighting, CloudError> {
        match *self {}
    }
    async fn submit(&self, _: &Op, _: &RetryToken) -> Result<Submitted, CloudError> {
        match *self {}
    }
    async fn poll(&self, _: &Ticket) -> Result<Progress, CloudError> {
        match *self {}
    }
}

pub(super) struct Connection<C> {
    pub(super) cloud: Arc<C>,
    pub(super) label: ServiceLabel,
    pub(super) capabilities: Capabilities,
    pub(super) clock: Clock,
}

pub(super) struct Connector<'a> {
    context: &'a Context,
}

impl<'a> Connector<'a> {
    pub(super) fn new(context: &'a Context) -> Self {
        Self { context }
    }
    pub(super) async fn connect(
        &mut self,
        _train: &Train,
        _interrupt: &Interrupt,
    ) -> Result<Connection<Nowhere>, CliError> {
        let _ = self.context;
        Err(CliError::new(1, "not merged yet"))
    }
}
