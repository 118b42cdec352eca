//! The state as text.

use super::Style;
use crate::state::State;

/// Lays out a state.
pub fn state(state: &State, style: Style) -> String {
    format!("{} {}", state.serial, style.width)
}
