//! Finding the service's names of packages: what has been read before, else a search.
//!
//! A release mostly holds what some instance has installed or some source was seen to offer. For the rest the service
//! is asked, from the cheapest question to the dearest: for the very name, for all packages of an RPM name, and for
//! those in each source that we can read.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::packages::Reading;
use super::{OsmsCloud, ROWS};
use crate::cloud::CloudError;
use crate::name::Ocid;
use crate::oci::{Call, Transport};
use crate::package::Package;

impl<T: Transport> OsmsCloud<T> {
    /// Translates packages into the service's names, all or none of them.
    pub(super) async fn names_of(&self, packages: &[Package]) -> Result<Vec<Cow<'static, str>>, CloudError> {
        let missing = self.unoffered(packages).await?;
        if !missing.is_empty() {
            let packages = missing.iter().map(Package::to_string).collect();
            return Err(CloudError::UnknownPackages { packages });
        }
        Ok(packages.iter().filter_map(|package| self.names.get(*package)).collect())
    }

    /// Returns the packages that the service knows under no name, in order.
    pub(super) async fn unoffered(&self, packages: &[Package]) -> Result<Vec<Package>, CloudError> {
        let unknown = || -> Vec<Package> {
            packages.iter().copied().filter(|package| self.names.get(*package).is_none()).collect()
        };
        let mut missing = unknown();
        if !missing.is_empty() {
            self.search_by_name(missing).await?;
            missing = unknown();
        }
        if !missing.is_empty() {
            let search = |name| Call::get("SearchSoftwarePackages", SEARCH).query("displayName", name);
            let questions: Vec<Call> = rpm_names(&missing).into_iter().map(search).collect();
            self.calls.each(questions, |call| self.learn(call)).await?;
            missing = unknown();
        }
        if !missing.is_empty() {
            let names = rpm_names(&missing).into_iter().map(Arc::from).collect();
            self.search_sources(&names).await?;
            missing = unknown();
        }
        missing.sort_unstable();
        Ok(missing)
    }

    /// Returns all versions of these names that the instance's sources have. Without an instance those that the service
    /// has, of whatever system: by a search, and from the sources that we can read where that finds none. And the sources
    /// of the instance that could not be read.
    pub(super) async fn offers(
        &self,
        instance: Option<&Ocid>,
        names: &BTreeSet<Arc<str>>,
    ) -> Result<(Vec<Package>, Vec<Arc<str>>), CloudError> {
        if let Some(id) = instance {
            let Some((instance, _)) = self.known(id).await? else { return Ok((Vec::new(), Vec::new())) };
            let links = || instance.parent.iter().chain(&instance.children);
            let (mut found, unread) =
                self.ask_sources(&links().map(|link| link.id.clone()).collect(), names).await?;
            found.retain(|package| names.contains(package.name()));
            let unread = links().filter(|link| unread.contains(&link.id));
            return Ok((found, unread.map(|link| Arc::clone(&link.name)).collect()));
        }
        let search =
            |name: &Arc<str>| Call::get("SearchSoftwarePackages", SEARCH).query("displayName", &**name);
        let questions: Vec<Call> = names.iter().map(search).collect();
        let found = self.calls.each(questions, |call| self.learn(call)).await?;
        let mut found: Vec<Package> = found.into_iter().flatten().flatten().collect();
        let seen: BTreeSet<&str> = found.iter().map(|package| package.name()).collect();
        let missing: BTreeSet<Arc<str>> =
            names.iter().filter(|name| !seen.contains(&***name)).cloned().collect();
        if !missing.is_empty() {
            found.extend(self.search_sources(&missing).await?);
        }
        // The filter of the service may match a part of the name.
        found.retain(|package| names.contains(package.name()));
        Ok((found, Vec::new()))
    }

    /// Asks for the very names, in both spellings that they could have.
    async fn search_by_name(&self, packages: Vec<Package>) -> Result<(), CloudError> {
        let search =
            |name: String| Call::get("SearchSoftwarePackages", SEARCH).query("softwarePackageName", name);
        let ask = |package: Package| async move {
            self.learn(search(package.to_string())).await?;
            if package.epoch() != 0 && self.names.get(package).is_none() {
                let bare = format!(
                    "{}-{}-{}.{}",
                    package.name(),
                    package.version(),
                    package.release(),
                    package.arch()
                );
                self.learn(search(bare)).await?;
            }
            Ok(())
        };
        self.calls.each(packages, ask).await.map(drop)
    }

    /// Asks each source of the compartment and each one that an instance was seen on.
    async fn search_sources(&self, names: &BTreeSet<Arc<str>>) -> Result<Vec<Package>, CloudError> {
        let mut sources: BTreeSet<Ocid> = self.sources(None).await?.into_keys().collect();
        sources.extend(self.met().iter().cloned());
        Ok(self.ask_sources(&sources, names).await?.0)
    }

    /// Asks sources for these names; tells what they have, and which of them did not let us look.
    async fn ask_sources(
        &self,
        sources: &BTreeSet<Ocid>,
        names: &BTreeSet<Arc<str>>,
    ) -> Result<(Vec<Package>, BTreeSet<Ocid>), CloudError> {
        let questions: Vec<(Ocid, Call)> = sources
            .iter()
            .flat_map(|source| names.iter().map(move |name| (source, &**name)))
            .map(|(source, name)| {
                let path = ["softwareSources", source.as_str(), "softwarePackages"];
                (source.clone(), Call::get("ListSoftwareSourcePackages", &path).query("displayName", name))
            })
            .collect();
        let ask = |(source, call): (Ocid, Call)| async move {
            let found = self.learn(call).await?;
            Ok((source, found))
        };
        let (mut offered, mut unread) = (Vec::new(), BTreeSet::new());
        for (source, found) in self.calls.each(questions, ask).await? {
            match found {
                Some(found) => offered.extend(found),
                None => drop(unread.insert(source)),
            }
        }
        Ok((offered, unread))
    }

    /// Reads all pages of a list of packages, whose names are known from then on, and returns them; none where the
    /// service does not find it, or does not let us look.
    async fn learn(&self, call: Call) -> Result<Option<Vec<Package>>, CloudError> {
        let mut pages = self.calls.client.pages(call.query("limit", ROWS));
        let mut found = Vec::new();
        loop {
            match pages.next().await.map_err(CloudError::from) {
                Ok(None) => return Ok(Some(found)),
                Ok(Some(page)) => {
                    let read = Reading::search(&page.body, &self.names);
                    found.extend(read.map_err(|reason| page.unreadable(reason))?);
                }
                Err(CloudError::Service { status: 400 | 403 | 404, .. }) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }
}

const SEARCH: &[&str] = &["softwareSources", "softwarePackages"];

/// Returns the distinct RPM names.
fn rpm_names(packages: &[Package]) -> BTreeSet<&'static str> {
    packages.iter().map(|package| package.name()).collect()
}
