//! What steps do and have done to packages and module streams, in few words.

use super::count;
use crate::op::Adjust;
use crate::package::StreamName;

/// What is done, and has been done, to packages.
pub(super) fn adjusting(adjusts: &[Adjust]) -> (String, String) {
    let installs = adjusts.iter().filter(|adjust| adjust.installs()).count();
    let removes = adjusts.len() - installs;
    let parts = |install: &str, remove: &str| {
        let parts = [(installs, install), (removes, remove)].into_iter().filter(|(number, _)| *number > 0);
        parts
            .map(|(number, verb)| format!("{verb} {}", count(number, "package")))
            .collect::<Vec<_>>()
            .join(", ")
    };
    (parts("installing", "removing"), parts("installed", "removed"))
}

/// What is done, and has been done, to module streams.
pub(super) fn enabling(streams: &[StreamName]) -> (String, String) {
    let names: Vec<String> = streams.iter().map(StreamName::to_string).collect();
    let names = names.join(", ");
    (format!("enabling {names}"), format!("{names} enabled"))
}
