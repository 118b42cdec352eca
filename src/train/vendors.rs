//! `train.vendor_sources`: the vendor's software sources that releases are made of. Left out: which there are, which only
//! the service can say.

use std::collections::BTreeSet;
use std::fmt;

use super::table::{At, File, Value};
use crate::name::Ocid;

/// A software source of the vendor, as a train names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VendorSource {
    /// By its id.
    Id(Ocid),
    /// By its display name.
    Name(String),
}

impl VendorSource {
    /// Reads one as people write it: whatever begins like an OCID is one.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with("ocid1.") {
            return Ocid::parse(text).map(Self::Id).map_err(|error| error.to_string());
        }
        if text.trim() != text || text.is_empty() || text.chars().any(char::is_control) {
            return Err(format!(
                "`{text}` is not a software source: expected its name, as in `ol8_baseos_latest-x86_64`, or its OCID"
            ));
        }
        Ok(Self::Name(text.to_owned()))
    }

    /// Tells whether a source of the service is meant.
    pub fn is(&self, id: &Ocid, name: &str) -> bool {
        match self {
            Self::Id(meant) => meant == id,
            Self::Name(meant) => meant == name,
        }
    }
}

impl fmt::Display for VendorSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// Reads the list, each with its place.
pub(super) fn read(file: &mut File<'_>, value: Value<'_>) -> Vec<VendorSource> {
    let (mut known, mut sources) = (BTreeSet::new(), Vec::new());
    let elements = file.list(value, "`vendor_sources`");
    if elements.as_ref().is_some_and(Vec::is_empty) {
        file.problem(value.span(), "`vendor_sources` names none", "name those that the golden instance has");
    }
    for element in elements.unwrap_or_default() {
        let parsed = file.parsed(element, "an element of `vendor_sources`", VendorSource::parse);
        let Some(At { value, span }) = parsed else { continue };
        if known.insert(value.clone()) {
            sources.push(value);
        } else {
            file.problem(
                span,
                format!("the software source `{value}` is named twice"),
                "delete one of the two",
            );
        }
    }
    sources
}

/// Returns the names of the sources that every system of an operating system has, to start from: `os` and architecture
/// as a train has them.
pub fn usual(os: &str, architecture: &str) -> Vec<String> {
    let major: u32 = os.rsplit('-').next().and_then(|digits| digits.parse().ok()).unwrap_or_default();
    // Before 8 there was one repository for both.
    let repositories: &[&str] = if major < 8 { &["latest"] } else { &["baseos_latest", "appstream"] };
    repositories.iter().map(|repository| format!("ol{major}_{repository}-{architecture}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_goes_by_its_name_or_its_ocid() {
        let id = Ocid::new("ocid1.osmhsoftwaresource.oc1..base");
        let by_id = VendorSource::parse(id.as_str()).unwrap();
        let by_name = VendorSource::parse("ol8_baseos_latest-x86_64").unwrap();
        assert_eq!(by_id, VendorSource::Id(id.clone()));
        assert!(by_id.is(&id, "whatever") && !by_id.is(&Ocid::new("ocid1.x.oc1..other"), id.as_str()));
        assert!(by_name.is(&id, "ol8_baseos_latest-x86_64") && !by_name.is(&id, "ol8_appstream-x86_64"));
        for text in [&by_id, &by_name].map(ToString::to_string) {
            assert_eq!(VendorSource::parse(&text).unwrap().to_string(), text);
        }
        for wrong in ["", " ", " ol8", "ol8\n", "ocid1.", "ocid1.softwaresource"] {
            assert!(VendorSource::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn every_system_has_some() {
        assert_eq!(usual("oracle-linux-8", "x86_64"), ["ol8_baseos_latest-x86_64", "ol8_appstream-x86_64"]);
        assert_eq!(
            usual("oracle-linux-10", "aarch64"),
            ["ol10_baseos_latest-aarch64", "ol10_appstream-aarch64"]
        );
        assert_eq!(usual("oracle-linux-7", "x86_64"), ["ol7_latest-x86_64"]);
    }
}
