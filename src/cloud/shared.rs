//! One copy of each text and of each update: a fleet of thousands shares some hundred.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use super::wire::Text;
use crate::advisory::Severity;
use crate::observed::AvailableUpdate;

/// What has been read before.
#[derive(Debug, Default)]
pub(super) struct Shared {
    texts: HashSet<Arc<str>>,
    updates: HashSet<Arc<AvailableUpdate>>,
}

impl Shared {
    /// Returns the one copy of a text.
    pub(super) fn text(&mut self, text: &str) -> Arc<str> {
        match self.texts.get(text) {
            Some(known) => Arc::clone(known),
            None => keep(&mut self.texts, text.into()),
        }
    }

    /// Returns the one copy of each of many texts.
    pub(super) fn texts(&mut self, texts: Option<&Vec<Text<'_>>>) -> Vec<Arc<str>> {
        texts.into_iter().flatten().map(|text| self.text(&text.0)).collect()
    }

    /// Returns the one copy of an update.
    pub(super) fn update(&mut self, update: AvailableUpdate) -> Arc<AvailableUpdate> {
        match self.updates.get(&update) {
            Some(known) => Arc::clone(known),
            None => keep(&mut self.updates, Arc::new(update)),
        }
    }
}

fn keep<V: Clone + Eq + Hash>(kept: &mut HashSet<V>, value: V) -> V {
    kept.insert(value.clone());
    value
}

/// Reads the severity off a synopsis: the word before its first colon, where it is one of the four, also behind the
/// name of the erratum.
pub(super) fn severity_of(synopsis: &str) -> Option<Severity> {
    let (head, _) = synopsis.split_once(':')?;
    let word = head.split_whitespace().next_back()?;
    Severity::of_word(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_severity_is_read_where_the_synopsis_says_it_and_nowhere_else() {
        for (synopsis, expected) in [
            ("Important: kernel security update", Some(Severity::Important)),
            ("CRITICAL: x", Some(Severity::Critical)),
            ("ELSA-2023-12136 Moderate: curl security update", Some(Severity::Moderate)),
            ("low:", Some(Severity::Low)),
            ("kernel security update", None),
            ("important kernel update", None),
            ("unimportant: kernel update", None),
            ("openssl: an important update", None),
            ("", None),
        ] {
            assert_eq!(severity_of(synopsis), expected, "{synopsis}");
        }
        assert!(Severity::Critical > Severity::Low);
    }
}
