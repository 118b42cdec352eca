//! Name patterns of the train file's `unmanaged` list: a package name in which `*` stands for any characters and
//! `?` for one.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A glob over package names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(Box<str>);

/// The text cannot match any package name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is not a name pattern: package names with `*` and `?`, nothing else")]
pub struct PatternError(String);

impl Pattern {
    /// Checks and keeps a pattern.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._+-*?".contains(c);
        if text.is_empty() || !text.chars().all(allowed) {
            return Err(PatternError(text.to_owned()));
        }
        Ok(Self(text.into()))
    }

    /// Returns the pattern as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether the name matches, at worst in the product of both lengths: only the last `*` is ever retried.
    pub fn matches(&self, name: &str) -> bool {
        let (pattern, name) = (self.0.as_bytes(), name.as_bytes());
        let (mut p, mut n) = (0, 0);
        // Where to go on after the last `*` when what follows it does not fit.
        let mut retry: Option<(usize, usize)> = None;
        while n < name.len() {
            if p < pattern.len() && pattern[p] == b'*' {
                retry = Some((p + 1, n));
                p += 1;
            } else if p < pattern.len() && (pattern[p] == b'?' || pattern[p] == name[n]) {
                p += 1;
                n += 1;
            } else if let Some((after_star, from)) = retry {
                retry = Some((after_star, from + 1));
                p = after_star;
                n = from + 1;
            } else {
                return false;
            }
        }
        pattern[p..].iter().all(|byte| *byte == b'*')
    }
}

impl TryFrom<String> for Pattern {
    type Error = PatternError;

    fn try_from(text: String) -> Result<Self, PatternError> {
        Self::new(&text)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.0.into()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, without the cleverness.
    fn naive(pattern: &[u8], name: &[u8]) -> bool {
        match (pattern, name) {
            ([], []) => true,
            ([b'*', rest @ ..], _) => naive(rest, name) || (!name.is_empty() && naive(pattern, &name[1..])),
            ([b'?', rest @ ..], [_, tail @ ..]) => naive(rest, tail),
            ([a, rest @ ..], [b, tail @ ..]) => a == b && naive(rest, tail),
            _ => false,
        }
    }

    #[test]
    fn the_default_list_matches_what_it_should() {
        let keys = Pattern::new("gpg-pubkey*").unwrap();
        assert!(keys.matches("gpg-pubkey"));
        assert!(keys.matches("gpg-pubkey-extra"));
        assert!(!keys.matches("gpg"));
        let kernel = Pattern::new("kernel-*-core").unwrap();
        assert!(kernel.matches("kernel-uek-core"));
        assert!(!kernel.matches("kernel-core"));
        assert!(!kernel.matches("kernel-uek-core-debug"));
    }

    #[test]
    fn what_no_name_can_hold_is_refused() {
        for bad in ["", "a b", "a[b]", "ä*", "a/b", "a:b", "a~b"] {
            assert_eq!(Pattern::new(bad), Err(PatternError(bad.to_owned())));
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[ab*?]{1,8}", name in "[ab]{0,10}") {
            let matches = Pattern::new(&pattern).unwrap().matches(&name);
            prop_assert_eq!(matches, naive(pattern.as_bytes(), name.as_bytes()));
        }
    }
}
