//! Pages of package rows, made into sets: the most read of all answers, some 650 rows an instance.
//!
//! Rows borrow from the answer; a package that any instance has had before costs a look-up and no memory.

use super::names::Names;
use super::{OsmsCloud, ROWS};
use crate::cloud::CloudError;
use crate::cloud::calls::found;
use crate::cloud::rows::package_of;
use crate::cloud::wire::PackageRow;
use crate::name::Ocid;
use crate::observed::Inventory;
use crate::oci::{Call, Transport};
use crate::package::{Package, PackageSet, SetPool};

/// A list of packages being read.
#[derive(Debug, Default)]
pub struct Reading {
    packages: Vec<Package>,
    unsourced: Vec<Package>,
    buffer: String,
}

impl Reading {
    /// Takes in one page of what is installed on an instance. Names are learnt of packages that a source offers: the
    /// service takes no others into a source. A row that is no package is an error, unless no source offers it:
    /// then it is something hand-made, outside of every train, and left out.
    pub fn installed(&mut self, page: &[u8], names: &Names) -> Result<(), String> {
        let rows: Vec<PackageRow<'_>> = serde_json::from_slice(page).map_err(|error| error.to_string())?;
        let mut sourced = Vec::with_capacity(rows.len());
        for row in &rows {
            let offered = row.software_sources.as_ref().is_some_and(|sources| !sources.is_empty());
            match package_of(row, &mut self.buffer) {
                Ok(package) if offered => sourced.push((package, &*row.name)),
                Ok(package) => self.unsourced.push(package),
                Err(error) if offered => return Err(format!("row `{}`: {error}", row.name)),
                Err(_) => continue,
            }
        }
        self.packages.extend(sourced.iter().map(|(package, _)| *package));
        names.learn(sourced);
        Ok(())
    }

    /// Takes in one page of what a source offers.
    pub fn offered(&mut self, page: &[u8], names: &Names) -> Result<(), String> {
        let rows: Vec<PackageRow<'_>> = serde_json::from_slice(page).map_err(|error| error.to_string())?;
        let mut offered = Vec::with_capacity(rows.len());
        for row in &rows {
            let package = package_of(row, &mut self.buffer);
            offered.push((package.map_err(|error| format!("row `{}`: {error}", row.name))?, &*row.name));
        }
        self.packages.extend(offered.iter().map(|(package, _)| *package));
        names.learn(offered);
        Ok(())
    }

    /// Takes in one page of search results, and returns them. Rows that are no packages are passed over: nobody asked
    /// for them.
    pub(super) fn search(page: &[u8], names: &Names) -> Result<Vec<Package>, String> {
        let rows: Vec<PackageRow<'_>> = serde_json::from_slice(page).map_err(|error| error.to_string())?;
        let mut buffer = String::new();
        let found: Vec<(Package, &str)> =
            rows.iter().filter_map(|row| Some((package_of(row, &mut buffer).ok()?, &*row.name))).collect();
        let packages = found.iter().map(|(package, _)| *package).collect();
        names.learn(found);
        Ok(packages)
    }

    /// Ends the reading of an instance, with one copy of each distinct set in the pool.
    pub fn into_inventory(mut self, pool: &mut SetPool) -> Inventory {
        self.packages.extend_from_slice(&self.unsourced);
        Inventory { installed: pool.intern(self.packages), unsourced: pool.intern(self.unsourced) }
    }

    /// Ends the reading of a source.
    pub fn into_set(self, pool: &mut SetPool) -> PackageSet {
        pool.intern(self.packages)
    }
}

impl<T: Transport> OsmsCloud<T> {
    /// Reads what is installed on an instance; none when the service does not know it.
    pub(super) async fn inventory(&self, id: &Ocid) -> Result<Option<Inventory>, CloudError> {
        let call = Call::get(
            "ListPackagesInstalledOnManagedInstance",
            &["managedInstances", id.as_str(), "packages"],
        );
        let read = found(self.read(call, Reading::installed).await)?;
        Ok(read.map(|reading| reading.into_inventory(&mut self.pool())))
    }

    /// Reads what a source offers; none when there is no such source.
    pub(super) async fn contents(&self, id: &Ocid) -> Result<Option<PackageSet>, CloudError> {
        let call =
            Call::get("ListSoftwareSourcePackages", &["softwareSources", id.as_str(), "softwarePackages"]);
        let read = found(self.read(call, Reading::offered).await)?;
        Ok(read.map(|reading| reading.into_set(&mut self.pool())))
    }

    async fn read(
        &self,
        call: Call,
        take: fn(&mut Reading, &[u8], &Names) -> Result<(), String>,
    ) -> Result<Reading, CloudError> {
        let mut reading = Reading::default();
        let mut pages = self.calls.client.pages(call.query("limit", ROWS));
        while let Some(page) = pages.next().await? {
            take(&mut reading, &page.body, &self.names).map_err(|reason| page.unreadable(reason))?;
        }
        Ok(reading)
    }
}
