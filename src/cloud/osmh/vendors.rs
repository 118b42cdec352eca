//! The vendor's sources: which there are for the train's system, which of them the train names, and which packages none
//! of those has.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::inventory::Reading;
use super::{OsmhCloud, ROWS, spelling, wire};
use crate::cloud::CloudError;
use crate::cloud::calls::found;
use crate::name::Ocid;
use crate::observed::Vendor;
use crate::oci::{Call, Transport};
use crate::package::{Arch, Package};

/// What a vendor's source must be before it is used on OCI (documented).
const SELECTED: &str = "SELECTED";

/// How long the vendor's sources serve for looking for packages. A plan reads them anew for what it says of them.
const SETTLED: Duration = Duration::from_secs(5 * 60);

/// The vendor's sources that were read last, and when.
pub(super) type Latest = tokio::sync::Mutex<Option<(Instant, Arc<Catalogue>)>>;

/// The vendor's sources of a system.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    pub(super) vendors: BTreeMap<Ocid, Vendor>,
    /// The selected ones that the train names, as it names them, each with how many packages it says that it has.
    used: Vec<(Ocid, Option<u64>)>,
}

impl<T: Transport> OsmhCloud<T> {
    /// Reads the vendor's sources for the train's system, and those that it names by their ids. They lie in the root
    /// compartment. One that the train calls by its repository's id bears that name here.
    pub(super) async fn catalogue(&self) -> Result<Arc<Catalogue>, CloudError> {
        let read = async || {
            let root = self.calls.client.tenancy().await?;
            let call = Call::get("ListSoftwareSources", &["softwareSources"])
                .query("compartmentId", root.as_deref().unwrap_or(self.compartment.as_str()))
                .query("softwareSourceType", "VENDOR")
                .query("vendorName", "ORACLE")
                .query("osFamily", spelling::os_family(&self.system.os))
                .query("archType", spelling::arch_type("ListSoftwareSources", &self.system.arch)?)
                .query("limit", ROWS);
            let mut rows: Vec<wire::SoftwareSource> = self.items(call).await?;
            let by_id = self.vendor_sources.iter().filter(|name| name.starts_with("ocid1."));
            let others = by_id.filter(|id| !rows.iter().any(|row| row.id == **id)).cloned();
            let get = |id: String| async move {
                let call = Call::get("GetSoftwareSource", &["softwareSources", &id]);
                found(self.calls.one::<wire::SoftwareSource>(&call).await)
            };
            let others: Vec<String> = others.collect();
            rows.extend(self.calls.each(others, get).await?.into_iter().flatten());
            Ok(Catalogue::of(&rows, &self.vendor_sources))
        };
        self.catalogues.get((), None, read).await
    }

    /// Returns the name of a vendor's source, which must be said beside its id.
    pub(super) async fn vendor_name(&self, id: &Ocid) -> Result<String, CloudError> {
        let call = Call::get("GetSoftwareSource", &["softwareSources", id.as_str()]);
        let row: wire::SoftwareSource = self.calls.one(&call).await?;
        Ok(row.display_name.unwrap_or(row.id))
    }

    /// Returns the packages that no selected source of the vendor offers that the train names, in order. Asks for what
    /// is not known: each source for its whole list, or for one name after the other, whichever takes fewer calls.
    pub(super) async fn unoffered(&self, packages: &[Package]) -> Result<Vec<Package>, CloudError> {
        // One at a time: what one has found out, the next need not ask.
        let mut known = self.asking.lock().await;
        let catalogue = self.settled(&mut known).await?;
        let vendors: Vec<Ocid> = catalogue.used.iter().map(|(id, _)| id.clone()).collect();
        // Trust keys are in no source.
        let (mut nowhere, packages): (Vec<Package>, Vec<Package>) =
            packages.iter().partition(|package| package.arch() == Arch::None);
        let mut missing = self.offers.unknown(&packages, &vendors);
        for (source, count) in &catalogue.used {
            if missing.is_empty() {
                break;
            }
            let names = missing.iter().map(|package| Arc::from(package.name())).collect();
            self.ask_source(source, *count, &names).await?;
            missing = self.offers.unknown(&missing, &vendors);
        }
        nowhere.extend(missing);
        nowhere.sort_unstable();
        Ok(nowhere)
    }

    /// Returns all versions of these names that the selected sources of the vendor offer which the train names, and the
    /// names of those sources that could not be read.
    pub(super) async fn offers_of(
        &self,
        names: &BTreeSet<Arc<str>>,
    ) -> Result<(Vec<Package>, Vec<Arc<str>>), CloudError> {
        let mut known = self.asking.lock().await;
        let catalogue = self.settled(&mut known).await?;
        let (mut found, mut unread) = (Vec::new(), Vec::new());
        for (source, count) in &catalogue.used {
            if !self.ask_source(source, *count, names).await? {
                let vendor = catalogue.vendors.get(source);
                unread.push(vendor.map_or_else(|| source.as_str().into(), |vendor| Arc::clone(&vendor.name)));
            }
            found.extend(self.offers.of_names(names, source));
        }
        Ok((found, unread))
    }

    /// Returns the vendor's sources as they were read a moment ago.
    async fn settled(
        &self,
        known: &mut Option<(Instant, Arc<Catalogue>)>,
    ) -> Result<Arc<Catalogue>, CloudError> {
        if let Some((since, catalogue)) = known
            && since.elapsed() < SETTLED
        {
            return Ok(Arc::clone(catalogue));
        }
        let catalogue = self.catalogue().await?;
        *known = Some((Instant::now(), Arc::clone(&catalogue)));
        Ok(catalogue)
    }

    /// Asks a source for these names. Tells whether it let us.
    async fn ask_source(
        &self,
        source: &Ocid,
        count: Option<u64>,
        names: &BTreeSet<Arc<str>>,
    ) -> Result<bool, CloudError> {
        let names = self.offers.unasked(names, source);
        let list = || {
            let path = ["softwareSources", source.as_str(), "softwarePackages"];
            Call::get("ListSoftwarePackages", &path).query("limit", ROWS)
        };
        // What a source does not let us look for is not known; whoever asks says so if nothing else knows it.
        let refused = |error: CloudError| match error {
            CloudError::Service { status: 400 | 403 | 404, .. } => Ok(false),
            error => Err(error),
        };
        let pages = |left: u64, page: u64| left.div_ceil(page.max(1));
        let many = |pages: u64| u64::try_from(names.len()).is_ok_and(|names| pages > names);
        if names.is_empty() {
            return Ok(true);
        }
        if !count.is_some_and(|count| many(pages(count, 1000))) {
            let mut list = self.calls.client.pages(list());
            let mut read = 0;
            loop {
                let page = match list.next().await.map_err(CloudError::from) {
                    Ok(Some(page)) => page,
                    Ok(None) => {
                        self.offers.is_complete(source);
                        return Ok(true);
                    }
                    Err(error) => return refused(error),
                };
                let rows = Reading::search(&page.body, source, &self.offers)
                    .map_err(|reason| page.unreadable(reason))?;
                let rows = u64::try_from(rows).unwrap_or(u64::MAX);
                read += rows;
                // A page may hold fewer rows than were asked for.
                if count.is_some_and(|count| many(pages(count.saturating_sub(read), rows))) {
                    break;
                }
            }
        }
        let questions: Vec<(Arc<str>, Call)> =
            names.iter().map(|name| (Arc::clone(name), list().query("displayName", &**name))).collect();
        let ask = |(name, call): (Arc<str>, Call)| async move {
            let mut list = self.calls.client.pages(call);
            loop {
                match list.next().await.map_err(CloudError::from) {
                    Ok(None) => {
                        self.offers.was_asked(source, &name);
                        return Ok(true);
                    }
                    Ok(Some(page)) => {
                        Reading::search(&page.body, source, &self.offers)
                            .map_err(|reason| page.unreadable(reason))?;
                    }
                    Err(error) => return refused(error),
                }
            }
        };
        Ok(self.calls.each(questions, ask).await?.into_iter().all(|let_us| let_us))
    }
}

impl Catalogue {
    fn of(rows: &[wire::SoftwareSource], named: &[String]) -> Self {
        let is = |row: &wire::SoftwareSource, name: &str| {
            row.id == name
                || [&row.display_name, &row.repo_id].into_iter().flatten().any(|known| known == name)
        };
        let selected = |row: &wire::SoftwareSource| row.availability_at_oci.as_deref() == Some(SELECTED);
        let vendors = rows.iter().map(|row| {
            let by_repository = row.repo_id.as_ref().filter(|id| named.contains(id));
            let name = by_repository.or(row.display_name.as_ref()).unwrap_or(&row.id);
            (Ocid::new(&row.id), Vendor { name: name.as_str().into(), selected: selected(row) })
        });
        let used = named.iter().filter_map(|name| rows.iter().find(|row| is(row, name) && selected(row)));
        Self {
            used: used.map(|row| (Ocid::new(&row.id), row.package_count)).collect(),
            vendors: vendors.collect(),
        }
    }
}
