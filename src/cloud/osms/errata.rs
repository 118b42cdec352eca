//! What an instance could be updated with, and the errata behind it: rows made into what [`crate::observed`] calls them.
//!
//! Of a CVE the API gives the name alone, and an erratum has no field for its severity. Its synopsis may begin with
//! it, as in the errata of the vendor's mailing list ("Important: kernel security update"); where it does not, the
//! severity is not known, and nothing is made up.

use std::sync::Arc;

use jiff::Timestamp;

use super::{OsmsCloud, ROWS, wire};
use crate::cloud::CloudError;
use crate::cloud::calls::{found, is_not_found};
use crate::cloud::rows::packages_of;
use crate::cloud::shared::{Shared, severity_of};
use crate::cloud::wire::instant;
use crate::cloud::words::kind;
use crate::name::Ocid;
use crate::observed::{AvailableUpdate, Erratum, ErratumLink, Updates};
use crate::oci::{Call, Transport};

fn update(shared: &mut Shared, row: &wire::Update<'_>) -> Arc<AvailableUpdate> {
    let errata = row.errata.iter().flatten().map(|link| ErratumLink {
        id: shared.text(&link.id),
        name: shared.text(link.display_name.as_ref().map_or(&*link.id, |name| &name.0)),
    });
    let errata = errata.collect();
    let update = AvailableUpdate {
        name: shared.text(&row.display_name),
        architecture: shared.text(row.architecture.as_ref().map_or("", |text| &text.0)),
        installed: shared.text(&row.installed_version),
        available: shared.text(&row.available_version),
        kind: kind(row.update_type.as_ref()),
        errata,
        cves: shared.texts(row.related_cves.as_ref()),
    };
    shared.update(update)
}

fn erratum(shared: &mut Shared, row: &wire::Erratum<'_>) -> Erratum {
    let synopsis = row.synopsis.as_ref().map_or("", |text| &text.0);
    Erratum {
        id: shared.text(&row.id),
        name: shared.text(&row.name),
        synopsis: synopsis.into(),
        kind: kind(row.advisory_type.as_ref()),
        severity: severity_of(synopsis),
        issued: row.issued.as_ref().and_then(|text| instant(&text.0)),
        cves: shared.texts(row.related_cves.as_ref()),
        packages: packages_of(row.packages.as_ref()),
    }
}

impl<T: Transport> OsmsCloud<T> {
    /// Reads what the sources of an instance offer it; none when the service does not know it.
    pub(super) async fn updates(&self, id: &Ocid) -> Result<Option<Updates>, CloudError> {
        let path = ["managedInstances", id.as_str(), "packages", "updates"];
        let call = Call::get("ListAvailableUpdatesForManagedInstance", &path).query("limit", ROWS);
        let mut updates = Vec::new();
        let mut pages = self.calls.client.pages(call);
        loop {
            match found(pages.next().await.map_err(CloudError::from))? {
                None => return Ok(None),
                Some(None) => return Ok(Some(updates)),
                Some(Some(page)) => {
                    let rows: Vec<wire::Update<'_>> = page.json()?;
                    let mut shared = self.shared();
                    updates.extend(rows.iter().map(|row| update(&mut shared, row)));
                }
            }
        }
    }

    /// Reads the errata that the service relates to an instance.
    pub(super) async fn errata_of(&self, id: &Ocid) -> Result<Vec<Erratum>, CloudError> {
        let path = ["managedInstances", id.as_str(), "errata"];
        let call = Call::get("ListManagedInstanceErrata", &path).query("limit", ROWS);
        let mut errata = Vec::new();
        let mut pages = self.calls.client.pages(call);
        loop {
            match pages.next().await.map_err(CloudError::from) {
                Ok(None) => return Ok(errata),
                Err(error) if is_not_found(&error) => return Ok(errata),
                Err(error) => return Err(error),
                Ok(Some(page)) => {
                    let rows: Vec<wire::Erratum<'_>> = page.json()?;
                    let mut shared = self.shared();
                    errata.extend(rows.iter().map(|row| erratum(&mut shared, row)));
                }
            }
        }
    }

    /// Reads all errata since a time, of every system that the service knows and without their packages. Errata lie in
    /// the root compartment (inferred: it is what their `compartmentId` says).
    pub(super) async fn errata_since(&self, since: Option<Timestamp>) -> Result<Vec<Erratum>, CloudError> {
        let mut call = Call::get("ListErrata", &["errata"]).query("limit", ROWS);
        if let Some(root) = self.calls.client.tenancy().await? {
            call = call.query("compartmentId", root);
        }
        if let Some(since) = since {
            call = call.query("timeIssueDateStart", since.to_string());
        }
        let mut errata = Vec::new();
        let mut pages = self.calls.client.pages(call);
        while let Some(page) = pages.next().await? {
            let rows: Vec<wire::Erratum<'_>> = page.json()?;
            let mut shared = self.shared();
            errata.extend(rows.iter().map(|row| erratum(&mut shared, row)));
        }
        Ok(errata)
    }

    /// Reads one erratum; none when there is none of this id.
    pub(super) async fn erratum(&self, id: &str) -> Result<Option<Erratum>, CloudError> {
        let call = Call::get("GetErratum", &["errata", id]);
        let Some(reply) = found(self.calls.client.send(&call).await.map_err(CloudError::from))? else {
            return Ok(None);
        };
        let row: wire::Erratum<'_> = reply.json()?;
        Ok(Some(erratum(&mut self.shared(), &row)))
    }
}
