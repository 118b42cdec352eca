//! Documents of vendors, as all our readers of them take them: unpacked as they are read, XML walked element by element in
//! bounded memory, and what can be wrong, with its line.
//!
//! Knows nothing of what stands in them: that is [`crate::advisory`]'s and [`crate::repodata`]'s.

mod fault;
mod packed;
mod xml;

pub(crate) use fault::shown;
pub use fault::{Fault, FaultKind};
pub(crate) use packed::unpack;
pub(crate) use xml::{Element, Xml};
