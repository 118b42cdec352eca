//! Releases as people review them: how two sets of packages differ, what a release is made of, who rides it, where its
//! groups may go, whether it is the same everywhere, and whether it can be installed by itself.
//!
//! Pure: which files, instances and sources are compared, and how they are read, is the command line's; how it looks is
//! [`crate::render`]'s.

mod closure;
mod compare;
mod managed;
mod portrait;
mod promote;
#[cfg(test)]
mod sample;
mod sbom;
mod timeline;
mod verify;

pub use closure::{Clash, Dependencies, Unmet, dependencies};
pub use compare::{Comparison, Content, Judgement, KeyMove, Origin, Side};
pub use managed::Managed;
pub use portrait::{Portrait, Size};
pub use promote::{Irreversible, Promotion, PromotionError, Way, promotion, suggestion};
pub use sbom::{purl, sbom};
pub use timeline::{Milestone, Rider, SourceOnRecord, Timeline, flagged, timeline};
pub use verify::{Difference, Found, Held, Standing, Verified, Witness, verify};
