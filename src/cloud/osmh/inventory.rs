//! Pages of package rows, made into sets: the most read of all answers, some 650 rows an instance.

use super::offers::Offers;
use super::{OsmhCloud, ROWS, wire};
use crate::cloud::CloudError;
use crate::cloud::calls::found;
use crate::cloud::rows::package_of;
use crate::cloud::wire::PackageRow;
use crate::name::Ocid;
use crate::observed::Inventory;
use crate::oci::{Call, Transport};
use crate::package::{Package, PackageSet, SetPool};

type Row<'a> = PackageRow<'a, wire::RowSource<'a>>;

/// A list of packages being read.
#[derive(Debug, Default)]
pub(super) struct Reading {
    packages: Vec<Package>,
    unsourced: Vec<Package>,
    /// Of those in `packages`: those of which the service does not say whether a source provides them.
    silent: Vec<Package>,
    buffer: String,
}

impl Reading {
    /// Takes in one page of what is installed on an instance. A row that is no package is an error, unless no source
    /// offers it: then it is something hand-made, outside of every train, and left out.
    fn installed(&mut self, page: &[u8], offers: &Offers) -> Result<(), String> {
        let page: wire::Items<Row<'_>> = serde_json::from_slice(page).map_err(|error| error.to_string())?;
        let mut seen: Vec<(&str, Package)> = Vec::new();
        for row in &page.items {
            let package = match (package_of(row, &mut self.buffer), &row.software_sources) {
                (Ok(package), _) => package,
                (Err(_), Some(sources)) if sources.is_empty() => continue,
                (Err(error), _) => return Err(format!("row `{}`: {error}", row.name)),
            };
            match &row.software_sources {
                // Null is a fault of the API that Oracle's own tests note (osmh.md, section 2), and says nothing.
                None => self.silent.push(package),
                Some(sources) if sources.is_empty() => self.unsourced.push(package),
                Some(sources) => {
                    let ids = sources.iter().filter_map(|source| source.id.as_ref());
                    seen.extend(ids.map(|id| (&*id.0, package)));
                }
            }
            self.packages.push(package);
        }
        offers.learn(seen);
        Ok(())
    }

    /// Takes in one page of what a source offers.
    fn offered(&mut self, page: &[u8], source: &Ocid, offers: &Offers) -> Result<(), String> {
        let page: wire::Items<PackageRow<'_>> =
            serde_json::from_slice(page).map_err(|error| error.to_string())?;
        let before = self.packages.len();
        for row in &page.items {
            let package = package_of(row, &mut self.buffer);
            self.packages.push(package.map_err(|error| format!("row `{}`: {error}", row.name))?);
        }
        offers.learn(self.packages[before..].iter().map(|package| (source.as_str(), *package)));
        Ok(())
    }

    /// Takes in one page of what a source offers, for what is offered alone, and returns how many rows it has. Rows that
    /// are no packages (sources of packages, architectures without a word) are passed over: nobody asked for them.
    pub(super) fn search(page: &[u8], source: &Ocid, offers: &Offers) -> Result<usize, String> {
        let page: wire::Items<PackageRow<'_>> =
            serde_json::from_slice(page).map_err(|error| error.to_string())?;
        let mut buffer = String::new();
        let packages: Vec<Package> =
            page.items.iter().filter_map(|row| package_of(row, &mut buffer).ok()).collect();
        offers.learn(packages.iter().map(|package| (source.as_str(), *package)));
        Ok(page.items.len())
    }

    /// Ends the reading of an instance, with one copy of each distinct set in the pool.
    fn into_inventory(self, pool: &mut SetPool) -> Inventory {
        Inventory { installed: pool.intern(self.packages), unsourced: pool.intern(self.unsourced) }
    }
}

impl<T: Transport> OsmhCloud<T> {
    /// Reads what is installed on an instance; none when the service does not know it.
    pub(super) async fn inventory(&self, id: &Ocid) -> Result<Option<Inventory>, CloudError> {
        let path = ["managedInstances", id.as_str(), "installedPackages"];
        let call = Call::get("ListManagedInstanceInstalledPackages", &path);
        let Some(mut reading) =
            found(self.read(call, |reading, page| reading.installed(page, &self.offers)).await)?
        else {
            return Ok(None);
        };
        // What is not in the vendor's sources cannot be in a release: for a train, no source provides it. Trust keys
        // never are in any. One look for a fleet, since what a source has been asked for is known from then on.
        if !reading.silent.is_empty() && !self.vendor_sources.is_empty() {
            let unoffered = self.unoffered(&reading.silent).await?;
            reading.unsourced.extend(unoffered);
        }
        Ok(Some(reading.into_inventory(&mut self.pool())))
    }

    /// Reads what a source offers; none when there is no such source.
    pub(super) async fn contents(&self, id: &Ocid) -> Result<Option<PackageSet>, CloudError> {
        let path = ["softwareSources", id.as_str(), "softwarePackages"];
        let call = Call::get("ListSoftwarePackages", &path);
        let read = self.read(call, |reading, page| reading.offered(page, id, &self.offers));
        Ok(found(read.await)?.map(|reading| self.pool().intern(reading.packages)))
    }

    async fn read(
        &self,
        call: Call,
        take: impl Fn(&mut Reading, &[u8]) -> Result<(), String>,
    ) -> Result<Reading, CloudError> {
        let mut reading = Reading::default();
        let mut pages = self.calls.client.pages(call.query("limit", ROWS));
        while let Some(page) = pages.next().await? {
            take(&mut reading, &page.body).map_err(|reason| page.unreadable(reason))?;
        }
        Ok(reading)
    }
}
