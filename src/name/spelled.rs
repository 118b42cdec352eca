//! Addresses as people spell them: `release.GL1.1`, `group.web`, `instance.web-113`. The first dot splits. Left out: what
//! is there, and so whether anything has that address, which is the caller's to compare.

use std::fmt;

use thiserror::Error;

use super::{GroupName, ReleaseName, TrainName};

/// An address as people spell it. As [`super::Address`], but an instance goes by its display name or OCID.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spelled {
    /// A release and its source.
    Release(ReleaseName),
    /// The train's own parent source.
    Parent(TrainName),
    /// A group, and all that is the group's: its instances, its scheduled job, its registration profile.
    Group(GroupName),
    /// An instance, by display name or OCID.
    Instance(String),
    /// The scheduled job of a group.
    Schedule(GroupName),
    /// The registration profile of a group.
    Profile(GroupName),
}

/// A text is no address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{0}` is no address: release.NAME, group.NAME (with all that is the group's), instance.NAME (a display name or an OCID), schedule.GROUP, profile.GROUP or parent.TRAIN"
)]
pub struct SpellingError(String);

impl Spelled {
    /// Reads an address.
    pub fn parse(text: &str) -> Result<Self, SpellingError> {
        let wrong = || SpellingError(text.to_owned());
        let (kind, name) = text.split_once('.').ok_or_else(wrong)?;
        // A wave that is a group of the service of its own goes by `NAME/1`.
        let group = || GroupName::parse_wave(name).map_err(|_| wrong());
        match kind {
            "release" => ReleaseName::parse(name).map(Self::Release).map_err(|_| wrong()),
            "parent" => TrainName::parse(name).map(Self::Parent).map_err(|_| wrong()),
            "group" => group().map(Self::Group),
            // Whatever a service lets people call an instance.
            "instance" if !name.is_empty() => Ok(Self::Instance(name.to_owned())),
            "schedule" => group().map(Self::Schedule),
            "profile" => group().map(Self::Profile),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Spelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Release(name) => write!(f, "release.{name}"),
            Self::Parent(name) => write!(f, "parent.{name}"),
            Self::Group(name) => write!(f, "group.{name}"),
            Self::Instance(name) => write!(f, "instance.{name}"),
            Self::Schedule(name) => write!(f, "schedule.{name}"),
            Self::Profile(name) => write!(f, "profile.{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_dot_splits_and_what_was_read_is_what_is_written() {
        let group = |name| Spelled::Group(GroupName::new(name));
        for (text, meant) in [
            ("release.GL1.1", Spelled::Release(ReleaseName::new("GL1.1"))),
            ("parent.great-linux", Spelled::Parent(TrainName::new("great-linux"))),
            ("group.web", group("web")),
            ("group.web.eu", group("web.eu")),
            ("instance.web-01", Spelled::Instance("web-01".to_owned())),
            ("instance.ocid1.instance.oc1..a", Spelled::Instance("ocid1.instance.oc1..a".to_owned())),
            ("schedule.web", Spelled::Schedule(GroupName::new("web"))),
            ("profile.web", Spelled::Profile(GroupName::new("web"))),
        ] {
            assert_eq!(Spelled::parse(text), Ok(meant.clone()), "{text}");
            assert_eq!(meant.to_string(), text);
        }
    }

    #[test]
    fn what_names_no_kind_or_nothing_is_no_address() {
        for text in
            ["", "web", "web-01", "ocid1.instance.oc1..a", "group.", "group.a/b", "instance.", "Group.web"]
        {
            let error = Spelled::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{text}` is no address: release.NAME")), "{error}");
        }
    }
}
