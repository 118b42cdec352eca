//! What an instance could be updated with, and the errata behind it. Errata are known by their names here, and have a
//! severity where they are about security; but for those that are listed for an instance, of which it is asked for by
//! name, many at once.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::{OsmhCloud, ROWS, spelling, wire};
use crate::advisory::Severity;
use crate::cloud::CloudError;
use crate::cloud::calls::{found, is_not_found};
use crate::cloud::rows::packages_of;
use crate::cloud::shared::{Shared, severity_of};
use crate::cloud::wire::instant;
use crate::cloud::words::kind;
use crate::name::Ocid;
use crate::observed::{AvailableUpdate, Erratum, ErratumLink, Updates};
use crate::oci::{Call, Transport};
use crate::op::UpdateKind;

/// How many errata are asked for by one call, which names them in its URL.
const NAMES: usize = 50;

/// The severities of errata, where they have been asked for.
pub(super) type Severities = tokio::sync::Mutex<HashMap<Arc<str>, Option<Severity>>>;

impl<T: Transport> OsmhCloud<T> {
    /// Reads what the sources of an instance offer it; none when the service does not know it.
    pub(super) async fn updates(&self, id: &Ocid) -> Result<Option<Updates>, CloudError> {
        let path = ["managedInstances", id.as_str(), "updatablePackages"];
        let call = Call::get("ListManagedInstanceUpdatablePackages", &path).query("limit", ROWS);
        let mut updates = Vec::new();
        let mut pages = self.calls.client.pages(call);
        loop {
            match found(pages.next().await.map_err(CloudError::from))? {
                None => return Ok(None),
                Some(None) => return Ok(Some(updates)),
                Some(Some(page)) => {
                    let rows: wire::Items<wire::Update<'_>> = page.json()?;
                    let mut shared = self.shared();
                    updates.extend(rows.items.iter().map(|row| update(&mut shared, row)));
                }
            }
        }
    }

    /// Reads the errata that the service relates to an instance, each with its severity.
    pub(super) async fn errata_of(&self, id: &Ocid) -> Result<Vec<Erratum>, CloudError> {
        let path = ["managedInstances", id.as_str(), "errata"];
        let call = Call::get("ListManagedInstanceErrata", &path).query("limit", ROWS);
        let mut errata = Vec::new();
        let mut pages = self.calls.client.pages(call);
        loop {
            match pages.next().await.map_err(CloudError::from) {
                Ok(None) => break,
                Err(error) if is_not_found(&error) => break,
                Err(error) => return Err(error),
                Ok(Some(page)) => {
                    let rows: wire::Items<wire::Erratum<'_>> = page.json()?;
                    let mut shared = self.shared();
                    errata.extend(rows.items.iter().map(|row| erratum(&mut shared, row)));
                }
            }
        }
        self.add_severities(&mut errata).await?;
        Ok(errata)
    }

    /// Adds what a list of an instance's errata does not say: only those about security have a severity.
    async fn add_severities(&self, errata: &mut [Erratum]) -> Result<(), CloudError> {
        // Locked while it is asked: the next instance of the fleet wants the same.
        let mut known = self.severities.lock().await;
        let lacks = |erratum: &&Erratum| {
            erratum.kind == UpdateKind::Security
                && erratum.severity.is_none()
                && !known.contains_key(&erratum.name)
        };
        let names: BTreeSet<Arc<str>> =
            errata.iter().filter(lacks).map(|erratum| erratum.name.clone()).collect();
        let names: Vec<Arc<str>> = names.into_iter().collect();
        let ask = |names: Vec<Arc<str>>| async move {
            let call = Call::get("ListErrata", &["errata"])
                .query("compartmentId", self.compartment.as_str())
                .query("limit", ROWS);
            let call = names.iter().fold(call, |call, name| call.query("name", &**name));
            self.listed(call).await
        };
        let batches: Vec<Vec<Arc<str>>> = names.chunks(NAMES).map(<[_]>::to_vec).collect();
        for found in self.calls.each(batches, ask).await? {
            known.extend(found.into_iter().map(|erratum| (erratum.name, erratum.severity)));
        }
        // One that is not listed is not asked for again.
        for name in names {
            known.entry(name).or_insert(None);
        }
        for erratum in errata.iter_mut().filter(|erratum| erratum.severity.is_none()) {
            erratum.severity = known.get(&erratum.name).copied().flatten();
        }
        Ok(())
    }

    /// Reads all errata for the train's system since a time, without their packages.
    pub(super) async fn errata_since(&self, since: Option<Timestamp>) -> Result<Vec<Erratum>, CloudError> {
        let mut call = Call::get("ListErrata", &["errata"])
            .query("compartmentId", self.compartment.as_str())
            .query("osFamily", spelling::os_family(&self.system.os))
            .query("limit", ROWS);
        if let Some(since) = since {
            call = call.query("timeIssueDateStart", since.to_string());
        }
        self.listed(call).await
    }

    async fn listed(&self, call: Call) -> Result<Vec<Erratum>, CloudError> {
        let mut found = Vec::new();
        let mut pages = self.calls.client.pages(call);
        while let Some(page) = pages.next().await? {
            let rows: wire::Items<wire::Erratum<'_>> = page.json()?;
            let mut shared = self.shared();
            found.extend(rows.items.iter().map(|row| erratum(&mut shared, row)));
        }
        Ok(found)
    }

    /// Reads one erratum; none when there is none of this name.
    pub(super) async fn erratum(&self, name: &str) -> Result<Option<Erratum>, CloudError> {
        let call =
            Call::get("GetErratum", &["errata", name]).query("compartmentId", self.compartment.as_str());
        let Some(reply) = found(self.calls.client.send(&call).await.map_err(CloudError::from))? else {
            return Ok(None);
        };
        let row: wire::Erratum<'_> = reply.json()?;
        Ok(Some(erratum(&mut self.shared(), &row)))
    }
}

fn update(shared: &mut Shared, row: &wire::Update<'_>) -> Arc<AvailableUpdate> {
    let names = shared.texts(row.errata.as_ref());
    let architecture = row.architecture.as_ref().map_or("", |text| &text.0).to_ascii_lowercase();
    let update = AvailableUpdate {
        name: shared.text(&row.display_name),
        architecture: shared.text(&architecture),
        installed: shared.text(row.installed_version.as_ref().map_or("", |text| &text.0)),
        available: shared.text(&row.version),
        kind: kind(row.update_type.as_ref()),
        errata: names.into_iter().map(|name| ErratumLink { id: name.clone(), name }).collect(),
        cves: shared.texts(row.related_cves.as_ref()),
    };
    shared.update(update)
}

fn erratum(shared: &mut Shared, row: &wire::Erratum<'_>) -> Erratum {
    let synopsis = row.synopsis.as_ref().map_or("", |text| &text.0);
    let name = shared.text(&row.name);
    Erratum {
        id: name.clone(),
        name,
        synopsis: synopsis.into(),
        kind: kind(row.advisory_type.as_ref()),
        severity: row
            .advisory_severity
            .as_ref()
            .and_then(|word| Severity::of_word(&word.0))
            .or_else(|| severity_of(synopsis)),
        issued: row.time_issued.as_ref().and_then(|text| instant(&text.0)),
        cves: shared.texts(row.related_cves.as_ref()),
        packages: packages_of(row.packages.as_ref()),
    }
}
