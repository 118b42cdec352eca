//! What an instance rides: its parent source, or the release's child under the train's own parent.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Instance, SourceLink};
use crate::name::{Ocid, ReleaseName};

impl Instance {
    /// Tells whether its sources stand beside each other, as in a service that knows no parents.
    pub fn is_flat(&self) -> bool {
        self.parent.is_none() && !self.children.is_empty()
    }

    /// Tells whether the instance has a source: as its parent, or, where it is told what parent that hangs under (which
    /// may not be there yet), as a child under that one.
    pub fn has(&self, source: &Ocid, under: Option<Option<&Ocid>>) -> bool {
        let parent = self.parent.as_ref().map(|parent| &parent.id);
        match under {
            None => {
                parent == Some(source) || (self.is_flat() && self.children.iter().any(|it| it.id == *source))
            }
            Some(None) => false,
            Some(under) => parent == under && self.children.iter().any(|child| child.id == *source),
        }
    }
}

/// Which sources hold a train's releases, and which is the parent of its own that some of them may hang under. Says how
/// an instance's attachments are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Riding {
    /// The train's own parent source, where there is one.
    pub parent: Option<Ocid>,
    /// The release of each source that holds one.
    pub releases: BTreeMap<Ocid, ReleaseName>,
}

impl Riding {
    /// Tells whether an instance's sources are exchanged one by one: its parent is the train's own, or none has a parent.
    pub fn hangs(&self, seen: &Instance) -> bool {
        match &seen.parent {
            Some(parent) => Some(&parent.id) == self.parent.as_ref(),
            None => seen.is_flat(),
        }
    }

    /// Returns the children under the train's own parent that hold releases.
    pub fn children<'s>(&self, seen: &'s Instance) -> impl Iterator<Item = &'s SourceLink> {
        let hangs = self.hangs(seen);
        seen.children.iter().filter(move |child| hangs && self.releases.contains_key(&child.id))
    }

    /// Returns the children under the train's own parent that hold no release: somebody else's.
    pub fn foreign<'s>(&self, seen: &'s Instance) -> impl Iterator<Item = &'s SourceLink> {
        let hangs = self.hangs(seen);
        seen.children.iter().filter(move |child| hangs && !self.releases.contains_key(&child.id))
    }

    /// Returns what an instance rides. Where two releases are attached as children, that is the one that it is to
    /// leave; where none is, the empty parent.
    pub fn link<'s>(&self, seen: &'s Instance, bound: Option<&Ocid>) -> Option<&'s SourceLink> {
        let other = self.children(seen).find(|child| Some(&child.id) != bound);
        other
            .or_else(|| self.children(seen).next())
            .or(seen.parent.as_ref())
            .or_else(|| self.foreign(seen).next())
    }

    /// Returns how people are told what an instance rides: by name, but for several that stand beside each other, none of
    /// them with a release: one of their names would say that it is the only one.
    pub fn named(&self, seen: &Instance, bound: Option<&Ocid>) -> Option<Arc<str>> {
        let link = self.link(seen, bound)?;
        match seen.is_flat() && seen.children.len() > 1 && !self.releases.contains_key(&link.id) {
            true => Some("other sources".into()),
            false => Some(Arc::clone(&link.name)),
        }
    }

    /// Tells whether an instance has a source, as its parent or under the train's own, and no other release beside it;
    /// where sources stand beside each other, nothing else at all, since all of them are offered.
    pub fn rides(&self, seen: &Instance, source: &Ocid) -> bool {
        let mut children = self.children(seen).map(|child| &child.id);
        match self.hangs(seen) {
            true if seen.is_flat() => matches!(seen.children.as_slice(), [only] if only.id == *source),
            true => children.next() == Some(source) && children.next().is_none(),
            false => seen.has(source, None),
        }
    }

    /// Tells whether an instance has a source, whatever else it has.
    pub fn has(&self, seen: &Instance, source: &Ocid) -> bool {
        seen.has(source, None) || self.children(seen).any(|child| child.id == *source)
    }
}
