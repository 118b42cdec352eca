//! The canonical form of a train file: one way to lay out the same values, with every comment kept and nothing moved.
//!
//! - `=` is aligned within a block of consecutive lines that hold one setting each; so are the comments behind them
//! - one empty line before each table, none behind its header, no two in a row; comments right above a header are its
//! - an array or inline table that is written over several lines has one element a line, indented by four, each with a
//!   comma; one on a single line stays there: `["a", "b"]`, `{ osms = "simulator" }`
//! - LF, no white space at the end of a line, a newline at the end of the file
//!
//! Works on the parser's events, so that keys and values stay letter by letter as people wrote them (a string in
//! quotes of another kind, a number with underscores). Left out: what the values mean.

mod render;
mod tree;

use super::edit::{EditError, values};

/// Lays out a file anew. Any TOML is taken; what does not parse is refused.
pub fn format(text: &str) -> Result<String, EditError> {
    let before = values(text)?;
    let laid_out = render::document(&tree::read(text));
    // A file that people reviewed is about to be replaced: that the values are the same is checked, not believed.
    match values(&laid_out) {
        Ok(after) if after == before => Ok(laid_out),
        _ => Err(EditError::Layout),
    }
}

#[cfg(test)]
mod tests;
