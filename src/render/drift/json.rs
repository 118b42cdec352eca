//! What others changed as JSON: a versioned document with every train that was looked at, drifted or not.

use jiff::Timestamp;
use serde::Serialize;

use super::super::encoded;
use super::super::plan::drift as section;
use super::super::words::address;
use crate::name::{Address, GroupName, Ocid, TrainName};
use crate::plan::{Drift, DriftKind, Drifts, Plan, ServiceLabel};

/// The version of the document: its first number changes when something that was there means something else or is gone.
const FORMAT_VERSION: &str = "1.0";

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    /// Whether anything is told of any train.
    drifted: bool,
    trains: Vec<Train<'a>>,
}

#[derive(Serialize)]
struct Train<'a> {
    train: &'a TrainName,
    service: &'a ServiceLabel,
    serial: u64,
    /// When the train was applied last; null where that was never.
    applied: Option<Timestamp>,
    /// When the service was asked.
    as_of: Timestamp,
    /// Addresses that drifted and are passed over.
    ignored: usize,
    drift: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    address: String,
    /// Of an instance: its OCID, and the group that it happened in.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a Ocid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a GroupName>,
    /// Null where the state does not say.
    last_right: Option<Timestamp>,
    text: String,
    /// `drift`, which kind of change it is, and what that kind has to say.
    change: &'a DriftKind,
}

pub(super) fn json(trains: &[Drifts<'_>]) -> String {
    let document = Document {
        format_version: FORMAT_VERSION,
        drifted: trains.iter().any(|drifts| !drifts.told.is_empty()),
        trains: trains.iter().map(train).collect(),
    };
    encoded::document(&document)
}

fn train<'a>(drifts: &'a Drifts<'_>) -> Train<'a> {
    let Drifts { plan, applied, told, ignored } = drifts;
    Train {
        train: &plan.basis.train,
        service: &plan.service,
        serial: plan.basis.serial,
        applied: *applied,
        as_of: plan.created,
        ignored: *ignored,
        drift: told.iter().map(|drift| row(plan, drift)).collect(),
    }
}

fn row<'a>(plan: &Plan, drift: &'a Drift) -> Row<'a> {
    let id = match &drift.address {
        Address::Instance(id) => Some(id),
        Address::Release(_) | Address::Group(_) | Address::Schedule(_) | Address::Profile(_) => None,
    };
    Row {
        address: address(plan, &drift.address),
        id,
        group: drift.group.as_ref(),
        last_right: drift.right,
        text: section::words(plan, drift),
        change: &drift.kind,
    }
}
