//! Tests of all renderers, on plans made by hand: whole texts compared with golden files, and what must hold of any.

mod agree;
pub(super) mod borders;
mod comments;
mod crews;
mod formats;
#[path = "../../tests/support/golden.rs"]
pub(super) mod golden;
mod graphs;
mod imports;
#[path = "../../tests/support/schema.rs"]
mod judge;
mod lags;
mod messages;
mod owns;
mod pages;
mod plans;
mod policies;
mod progress;
mod runs;
mod sample;
mod stands;
mod streams;
mod told;
mod updates;

use super::{Detail, Style};

/// A style without colour.
fn style(width: usize, detail: Detail) -> Style {
    Style { width, colour: false, detail }
}
