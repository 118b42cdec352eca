//! Packages and frozen sets of them: one NEVRA, its order as rpm sees it, sets with a digest, the delta of two
//! sets, and the manifest file that holds a release's packages.
//!
//! Pure: nothing here reads a file, a clock or a network. What a set *means* for an instance is the business of
//! [`crate::conformance`].

mod arch;
mod delta;
mod digest;
pub mod freeze;
mod list;
pub mod manifest;
mod module;
mod nevra;
mod pattern;
mod set;
mod streams;
mod uname;

pub use arch::Arch;
pub(crate) use delta::walk;
pub use delta::{Delta, DeltaEntry, DeltaKind, Lore};
pub use digest::{Digest, DigestError, Hasher};
pub use list::{BadLine, List, lost_epochs, with_epochs};
pub use manifest::Manifest;
pub use module::{ModuleStream, StreamContents, StreamName, StreamStatus};
pub use nevra::{NevraError, Package};
pub use pattern::{Pattern, PatternError};
pub use set::{PackageSet, SetPool};
pub use streams::{StreamMove, Streams};
