//! Tests, objects and states, by their ids: of each what is referred to, and of texts one copy.

use std::collections::HashMap;
use std::io::BufRead;
use std::sync::Arc;

use crate::document::{Element, Fault, Xml};

/// A text that is kept once, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Text(u32);

/// An id, as `oval:com.oracle.elsa:tst:20242961001`: what stands before its number, and the number. In an eighth of
/// the room that its letters take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    start: Text,
    number: [u32; 2],
}

/// What is known of the ids that are referred to.
#[derive(Default)]
pub(super) struct Tables {
    texts: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
    tests: HashMap<Key, Option<Refers>>,
    objects: HashMap<Key, Option<Text>>,
    states: HashMap<Key, State>,
}

/// What a test refers to.
struct Refers {
    object: Key,
    /// Nearly always one.
    first: Option<Key>,
    more: Box<[Key]>,
}

/// What a state asks of a package.
#[derive(Clone, Copy, Default)]
pub(super) struct State {
    /// That it is older than this.
    pub(super) older_than: Option<Text>,
    /// Its architecture.
    pub(super) arch: Option<Text>,
    /// Its version, by a pattern: that of the package which tells the system.
    pub(super) version: Option<Text>,
    /// Who signed it.
    pub(super) signed: bool,
}

impl Tables {
    /// Keeps a text.
    pub(super) fn text(&mut self, text: &str) -> Text {
        if let Some(number) = self.numbers.get(text) {
            return Text(*number);
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        let text: Arc<str> = text.into();
        self.texts.push(Arc::clone(&text));
        self.numbers.insert(text, number);
        Text(number)
    }

    /// Returns a text that is kept.
    pub(super) fn get(&self, text: Text) -> &str {
        usize::try_from(text.0).ok().and_then(|number| self.texts.get(number)).map_or("", |text| text)
    }

    /// Keeps an id.
    pub(super) fn key(&mut self, id: &str) -> Key {
        let start = id.trim_end_matches(|c: char| c.is_ascii_digit());
        let digits = &id[start.len()..];
        // With a leading zero, or too long, the number would not be the id's alone.
        match digits.parse::<u64>() {
            Ok(number) if !digits.starts_with('0') => {
                let number = [(number >> 32) as u32, (number & u64::from(u32::MAX)) as u32];
                Key { start: self.text(start), number }
            }
            _ => Key { start: self.text(id), number: [0, 0] },
        }
    }

    /// Says that a test is referred to.
    pub(super) fn want(&mut self, key: Option<Key>) {
        if let Some(key) = key {
            self.tests.entry(key).or_default();
        }
    }

    /// Returns the name of the package that a test is about, and what it asks of it.
    pub(super) fn test_of(&self, key: Key) -> Option<(&str, State)> {
        let Refers { object, first, more } = self.tests.get(&key)?.as_ref()?;
        let name = (*self.objects.get(object)?)?;
        let mut asked = State::default();
        for state in first.iter().chain(more) {
            let State { older_than, arch, version, signed } = *self.states.get(state)?;
            asked.older_than = asked.older_than.or(older_than);
            asked.arch = asked.arch.or(arch);
            asked.version = asked.version.or(version);
            asked.signed |= signed;
        }
        Some((self.get(name), asked))
    }

    /// Reads one of the tests.
    pub(super) fn test<R: BufRead>(&mut self, xml: &mut Xml<R>, element: &Element) -> Result<(), Fault> {
        let key = self.key(&element.attribute("id")?);
        if !self.tests.contains_key(&key) {
            return Ok(());
        }
        let (mut object, mut states) = (None, Vec::new());
        xml.each(|_, child| {
            match child.name() {
                "object" => object = Some(self.key(&child.attribute("object_ref")?)),
                "state" => states.push(self.key(&child.attribute("state_ref")?)),
                _ => {}
            }
            Ok(())
        })?;
        if let Some(object) = object {
            self.objects.entry(object).or_default();
            for state in &states {
                self.states.entry(*state).or_default();
            }
            let more = states.get(1..).unwrap_or_default().into();
            self.tests.insert(key, Some(Refers { object, first: states.first().copied(), more }));
        }
        Ok(())
    }

    /// Reads one of the objects.
    pub(super) fn object<R: BufRead>(&mut self, xml: &mut Xml<R>, element: &Element) -> Result<(), Fault> {
        let key = self.key(&element.attribute("id")?);
        if !self.objects.contains_key(&key) {
            return Ok(());
        }
        xml.each(|xml, child| {
            if child.name() == "name" {
                let name = self.text(&xml.text()?);
                self.objects.insert(key, Some(name));
            }
            Ok(())
        })
    }

    /// Reads one of the states.
    pub(super) fn state<R: BufRead>(&mut self, xml: &mut Xml<R>, element: &Element) -> Result<(), Fault> {
        let key = self.key(&element.attribute("id")?);
        if !self.states.contains_key(&key) {
            return Ok(());
        }
        let mut state = State::default();
        xml.each(|xml, child| {
            match child.name() {
                "evr" if child.attribute("operation")? == "less than" => {
                    state.older_than = Some(self.text(&xml.text()?));
                }
                "arch" => state.arch = Some(self.text(&xml.text()?)),
                "version" => state.version = Some(self.text(&xml.text()?)),
                "signature_keyid" => state.signed = true,
                _ => {}
            }
            Ok(())
        })?;
        self.states.insert(key, state);
        Ok(())
    }
}
