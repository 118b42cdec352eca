//! The settings that this version reads and checks, and answers with "not supported yet" at their place, so that none
//! is ever silently ignored. A later version replaces the answer by an action.

use super::table::{Fields, File};

/// The keys of `[[group]]` that are for later.
pub(super) fn group(file: &mut File<'_>, fields: &Fields<'_>) {
    if let Some(value) = fields.optional("enforce")
        && let Some(at) = file.word(value, "`enforce`", &["update", "exact"])
        && at.value != "update"
    {
        let hint = "write `enforce = \"update\"`, or delete the line";
        file.not_yet(at.span, &format!("`enforce = \"{}\"`", at.value), hint);
    }
    if let Some(value) = fields.optional("remove_extras")
        && file.flag(value, "`remove_extras`") == Some(true)
    {
        file.not_yet(
            value.span(),
            "`remove_extras = true`",
            "this version removes no package: delete the line",
        );
    }
}
