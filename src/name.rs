//! Typed names: trains, releases, groups, and the service's OCIDs. A value of one kind cannot stand where another is
//! meant. Cheap to clone; checked where people write them, taken as they come where a service does.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

mod nearest;
mod spelled;
mod waves;

pub use nearest::nearest;
pub use spelled::{Spelled, SpellingError};

/// A name that people choose breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NameError {
    /// Empty, too long, or with a character that is not safe in file names, addresses and display names.
    #[error(
        "`{0}` is not a name: letters, digits, `.`, `_` and `-`, starting with a letter or digit, at most 64"
    )]
    Shape(String),
    /// Not `ocid1.<type>.<realm>.<region>.<unique>`.
    #[error("`{0}` is not an OCID: expected `ocid1.<type>.<realm>.[region].<unique>`")]
    Ocid(String),
}

fn check_name(text: &str) -> Result<(), NameError> {
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if starts_well && text.len() <= 64 && text.chars().all(safe) {
        return Ok(());
    }
    Err(NameError::Shape(text.to_owned()))
}

fn check_ocid(text: &str) -> Result<(), NameError> {
    let parts: Vec<&str> = text.split('.').collect();
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let filled = parts.len() >= 5
        && !parts[1].is_empty()
        && !parts[2].is_empty()
        && !parts[parts.len() - 1].is_empty();
    if filled && parts[0] == "ocid1" && text.len() <= 255 && text.chars().all(safe) {
        return Ok(());
    }
    Err(NameError::Ocid(text.to_owned()))
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident checked by $check:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a text as it is, from a place that has checked it or cannot be argued with.
            pub fn new(text: &str) -> Self {
                Self(text.into())
            }

            /// Checks what a person wrote.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                $check(text).map(|()| Self(text.into()))
            }

            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

names! {
    /// The name of a train; also the stem of its files.
    TrainName checked by check_name;
    /// The name of a release, unique in its train.
    ReleaseName checked by check_name;
    /// The name of a group, unique in its train; also the display name of the service's group. Where each wave is a group
    /// of the service of its own, those are `NAME/1`, `NAME/2` and so on, which nobody can give a group of the train.
    GroupName checked by check_name;
    /// An Oracle Cloud identifier. Opaque: nothing is read out of it.
    Ocid checked by check_ocid;
}

impl ReleaseName {
    /// Returns the name under which plan, state and tags hold the train's own parent source: that of a release without
    /// packages to which nothing can be bound, since nobody can give a release this name.
    pub fn own_parent() -> Self {
        Self::new("_parent")
    }

    /// Tells whether this is [`ReleaseName::own_parent`].
    pub fn is_own_parent(&self) -> bool {
        self.as_str() == "_parent"
    }
}

/// What a plan, the state and people call a thing: `release.GL1.1`, `group.web`, `instance.web-113`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Address {
    /// A release and the software source that holds it.
    Release(ReleaseName),
    /// A managed instance group.
    Group(GroupName),
    /// An instance, by OCID; people are shown its display name.
    Instance(Ocid),
    /// The scheduled job of a group.
    Schedule(GroupName),
    /// The registration profile of a group.
    Profile(GroupName),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_cannot_choose_names_that_break_files_or_addresses() {
        for good in ["GL1", "GL1.1", "great-linux", "web_2", "2026"] {
            assert_eq!(ReleaseName::parse(good), Ok(ReleaseName::new(good)));
        }
        for bad in ["", ".", "-x", "a/b", "a b", "ä", &"x".repeat(65)] {
            assert_eq!(GroupName::parse(bad), Err(NameError::Shape(bad.to_owned())));
        }
        let own = ReleaseName::own_parent();
        assert!(own.is_own_parent() && ReleaseName::parse(own.as_str()).is_err());
    }

    #[test]
    fn an_ocid_has_its_parts() {
        for good in ["ocid1.instance.oc1..aaaa", "ocid1.compartment.oc1.eu-frankfurt-1.x"] {
            assert_eq!(Ocid::parse(good), Ok(Ocid::new(good)));
        }
        for bad in
            ["", "ocid1", "ocid1.instance.oc1.a", "ocid2.instance.oc1..a", "ocid1.instance.oc1..", "web-1"]
        {
            assert_eq!(Ocid::parse(bad), Err(NameError::Ocid(bad.to_owned())));
        }
    }
}
