//! Tests of all renderers, on plans made by hand: whole texts compared with golden files, and what must hold of any.

mod borders;
mod crews;
#[path = "../../tests/support/golden.rs"]
pub(super) mod golden;
mod imports;
mod lags;
mod plans;
mod progress;
mod runs;
mod sample;
mod stands;
mod updates;

use super::{Detail, Style};

/// A style without colour.
fn style(width: usize, detail: Detail) -> Style {
    Style { width, colour: false, detail }
}
