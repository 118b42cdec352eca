//! What says that an instance does its work: a command or a page, asked from where apply runs. Who asks is the
//! executor's.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// A check of one instance's health.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// What is asked.
    #[serde(flatten)]
    pub probe: Probe,
    /// How long it may take.
    pub timeout: SignedDuration,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Probe {
    /// A command with its arguments, never through a shell: healthy if it exits with 0. The instance's facts are in its
    /// environment.
    Command(Vec<String>),
    /// A page: healthy if it is answered with a 2xx. [`HealthCheck::PLACES`] in it stand for the instance's facts.
    Http(String),
}

impl HealthCheck {
    /// How long a check may take where nothing is said.
    pub const DEFAULT_TIMEOUT: SignedDuration = SignedDuration::from_secs(60);

    /// What may stand in braces in a page's address.
    pub const PLACES: [&'static str; 4] = ["name", "id", "group", "release"];

    /// Returns the first thing in braces that stands for nothing, or an open brace without an end.
    pub fn unknown_place(url: &str) -> Option<&str> {
        let mut rest = url;
        while let Some(begin) = rest.find('{') {
            let inner = &rest[begin + 1..];
            let Some(end) = inner.find('}') else { return Some(&rest[begin..]) };
            if !Self::PLACES.contains(&&inner[..end]) {
                return Some(&rest[begin..begin + end + 2]);
            }
            rest = &inner[end + 1..];
        }
        None
    }

    /// Fills the places of a page's address; each value is percent-encoded by the caller.
    pub fn fill<'v>(url: &str, value: impl Fn(&str) -> &'v str) -> String {
        let places = Self::PLACES.iter();
        places.fold(url.to_owned(), |url, place| url.replace(&format!("{{{place}}}"), value(place)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_known_and_filled() {
        assert_eq!(HealthCheck::unknown_place("http://{name}:8080/health?id={id}"), None);
        assert_eq!(HealthCheck::unknown_place("http://{host}/"), Some("{host}"));
        assert_eq!(HealthCheck::unknown_place("http://{name"), Some("{name"));
        let filled =
            HealthCheck::fill(
                "http://{name}:80/{group}",
                |place| if place == "name" { "web-1" } else { "web" },
            );
        assert_eq!(filled, "http://web-1:80/web");
    }
}
