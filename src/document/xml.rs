//! XML as our readers walk it: element by element, in bounded memory, with the line of whatever is wrong.
//!
//! A walk holds the tags that are open and the text it was asked for. Entities that a file declares itself are refused,
//! so that none can blow up.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use quick_xml::XmlVersion;
use quick_xml::errors::SyntaxError;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::fault::{Fault, FaultKind};

/// Far more than the longest text of an advisory.
const LONGEST: usize = 8 << 20;

/// Far deeper than criteria of OVAL are nested; our readers descend with the elements.
const DEEPEST: usize = 64;

/// A walk over a document.
pub(crate) struct Xml<R> {
    reader: Reader<Counted<R>>,
    packing: &'static str,
    buffer: Vec<u8>,
    open: Vec<String>,
    /// Tags that are no longer used, for their memory.
    spare: Vec<String>,
}

/// The start tag of an element.
pub(crate) struct Element {
    content: String,
    name: usize,
    line: u64,
}

enum Step {
    Open(Element),
    Text,
    Close,
    End,
}

impl<R: BufRead> Xml<R> {
    /// Starts a walk. `packing` names what is read, for errors.
    pub(crate) fn new(input: R, packing: &'static str) -> Self {
        let mut reader = Reader::from_reader(Counted { input, line: 1, since_event: 0 });
        reader.config_mut().expand_empty_elements = true;
        Self { reader, packing, buffer: Vec::new(), open: Vec::new(), spare: Vec::new() }
    }

    /// Returns the line that the walk has come to.
    pub(crate) fn line(&self) -> u64 {
        self.reader.get_ref().line
    }

    /// Finds the root.
    pub(crate) fn root(&mut self) -> Result<Element, Fault> {
        loop {
            match self.step(None)? {
                Step::Open(element) => return Ok(element),
                Step::Text => {}
                Step::Close | Step::End => return Err(self.fault(FaultKind::Empty)),
            }
        }
    }

    /// Reads on behind the root to the end: only there do packed files say whether they are whole.
    pub(crate) fn finish(&mut self) -> Result<(), Fault> {
        while !matches!(self.step(None)?, Step::End) {}
        Ok(())
    }

    /// Visits each child of the element that was opened last, to its end. What a visit does not walk is skipped.
    pub(crate) fn each(
        &mut self,
        mut visit: impl FnMut(&mut Self, &Element) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let depth = self.open.len();
        loop {
            match self.step(None)? {
                Step::Open(element) => {
                    visit(self, &element)?;
                    while self.open.len() > depth {
                        self.skip()?;
                    }
                    self.spare.push(element.content);
                }
                Step::Text => {}
                Step::Close | Step::End => return Ok(()),
            }
        }
    }

    /// Returns the text of the element that was opened last, without that of its children, with single spaces.
    pub(crate) fn text(&mut self) -> Result<String, Fault> {
        let depth = self.open.len();
        let mut text = String::new();
        loop {
            match self.step(Some(&mut text))? {
                Step::Open(_) => {
                    while self.open.len() > depth {
                        self.skip()?;
                    }
                }
                Step::Text if text.len() > LONGEST => {
                    return Err(self.fault(FaultKind::Long { most: LONGEST }));
                }
                Step::Text => {}
                Step::Close | Step::End => break,
            }
        }
        Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Walks to the end of the element that was opened last.
    fn skip(&mut self) -> Result<(), Fault> {
        let depth = self.open.len();
        while self.open.len() >= depth && depth > 0 {
            if let Step::Open(element) = self.step(None)? {
                self.spare.push(element.content);
            }
        }
        Ok(())
    }

    fn step(&mut self, text: Option<&mut String>) -> Result<Step, Fault> {
        self.buffer.clear();
        self.reader.get_mut().since_event = 0;
        let malformed = |message: String| FaultKind::Malformed { message };
        let found = match self.reader.read_event_into(&mut self.buffer) {
            Ok(Event::Start(start)) if self.open.len() < DEEPEST => {
                let mut tag = self.spare.pop().unwrap_or_default();
                tag.clear();
                tag.push_str(local(start.name().as_ref()));
                self.open.push(tag);
                let mut content = self.spare.pop().unwrap_or_default();
                content.clear();
                content.push_str(&start);
                Ok(Step::Open(Element { name: start.name().as_ref().len(), content, line: 0 }))
            }
            Ok(Event::Start(_)) => Err(FaultKind::Deep { most: DEEPEST }),
            Ok(Event::End(_)) => {
                self.spare.extend(self.open.pop());
                Ok(Step::Close)
            }
            Ok(Event::Eof) => match self.open.last() {
                Some(inside) => Err(FaultKind::Cut { inside: inside.clone() }),
                None => Ok(Step::End),
            },
            Ok(Event::Text(piece)) => {
                if let Some(text) = text {
                    text.push_str(&piece.xml10_content());
                }
                Ok(Step::Text)
            }
            Ok(Event::CData(piece)) => {
                if let Some(text) = text {
                    text.push_str(&piece.xml10_content());
                }
                Ok(Step::Text)
            }
            Ok(Event::GeneralRef(entity)) => match entity.resolve_char_ref() {
                Ok(Some(character)) => {
                    if let Some(text) = text {
                        text.push(character);
                    }
                    Ok(Step::Text)
                }
                Ok(None) => match resolve_xml_entity(&entity) {
                    Some(resolved) => {
                        if let Some(text) = text {
                            text.push_str(resolved);
                        }
                        Ok(Step::Text)
                    }
                    None => Err(malformed(format!("the entity `&{};` is not one of XML's own", &*entity))),
                },
                Err(error) => Err(malformed(error.to_string())),
            },
            Ok(Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_)) => {
                Ok(Step::Text)
            }
            Err(quick_xml::Error::Io(source)) if !self.reader.get_ref().is_too_long() => {
                let source = io::Error::new(source.kind(), source.to_string());
                Err(FaultKind::Read { packing: self.packing, source })
            }
            Err(quick_xml::Error::Io(_)) => Err(FaultKind::Long { most: LONGEST }),
            // What the parser calls syntax is that the end came first, but for this one.
            Err(quick_xml::Error::Syntax(error))
                if error != SyntaxError::InvalidBangMarkup && !self.open.is_empty() =>
            {
                Err(FaultKind::Cut { inside: self.open.last().cloned().unwrap_or_default() })
            }
            Err(error) => Err(malformed(error.to_string())),
        };
        match found {
            Ok(Step::Open(element)) => Ok(Step::Open(Element { line: self.line(), ..element })),
            Ok(step) => Ok(step),
            Err(kind) => Err(self.fault(kind)),
        }
    }

    pub(crate) fn fault(&self, kind: FaultKind) -> Fault {
        Fault { line: self.line(), kind }
    }
}

impl Element {
    /// Returns its name, without a prefix.
    pub(crate) fn name(&self) -> &str {
        local(&self.content[..self.name])
    }

    /// Returns the line on which its start tag ends.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// Returns the value of an attribute; empty where there is none.
    pub(crate) fn attribute(&self, name: &str) -> Result<Cow<'_, str>, Fault> {
        let malformed = |message: String| Fault { line: self.line, kind: FaultKind::Malformed { message } };
        // Made anew from what the reader parsed: an element outlives the reader's buffer.
        let start = BytesStart::from_content(&*self.content, self.name);
        let found = start.try_get_attribute(name).map_err(|error| malformed(error.to_string()))?;
        let Some(attribute) = found else { return Ok(Cow::Borrowed("")) };
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        Ok(Cow::Owned(value.map_err(|error| malformed(error.to_string()))?.trim().to_owned()))
    }
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// Counts lines, and how much is read for one piece of XML, which the reader holds whole.
struct Counted<R> {
    input: R,
    line: u64,
    since_event: usize,
}

impl<R> Counted<R> {
    fn is_too_long(&self) -> bool {
        self.since_event > LONGEST
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.is_too_long() {
            return Err(io::Error::other("too long a piece"));
        }
        self.input.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        if amount == 0 {
            return;
        }
        // What is consumed was filled, and is there still: this reads nothing.
        if let Ok(filled) = self.input.fill_buf() {
            let consumed = &filled[..amount.min(filled.len())];
            let lines = consumed.iter().filter(|byte| **byte == b'\n').count();
            self.line += u64::try_from(lines).unwrap_or_default();
        }
        self.since_event += amount;
        self.input.consume(amount);
    }
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let amount = self.fill_buf()?.read(into)?;
        self.consume(amount);
        Ok(amount)
    }
}
