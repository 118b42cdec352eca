//! `docs/services.md` says how the services differ, and these are the differences that their dialects declare.

use patchtrain::cloud::{osmh, osms};
use patchtrain::op::{Binding, Capabilities};

const PAGE: &str = include_str!("../../docs/services.md");

/// One row a capability. Taken apart without `..`, so that a new one cannot be forgotten.
fn rows(capabilities: Capabilities) -> Vec<(&'static str, String)> {
    let Capabilities {
        packages_per_call,
        binding,
        instances_per_call,
        joining_installs,
        refreshes,
        reruns,
        updates_members,
        vendor_sources,
        child_sources,
        profiles,
    } = capabilities;
    let yes = |is: bool| if is { "yes".to_owned() } else { "no".to_owned() };
    let bound = match binding {
        Binding::Instance => "each instance",
        Binding::Group => "the group, with all its members",
    };
    vec![
        ("what is bound to a release", bound.to_owned()),
        ("packages that one call adds to a source", packages_per_call.to_string()),
        ("instances that one call takes into a group", instances_per_call.to_string()),
        ("joining a group installs all updates at once", yes(joining_installs)),
        ("packages are listed anew only when that is asked for", yes(refreshes)),
        ("work that failed on some members can be done again on those", yes(reruns)),
        ("one member of a group can be updated by itself", yes(updates_members)),
        ("releases are made from sources of the vendor that the train names", yes(vendor_sources)),
        ("`layout = \"child\"`", yes(child_sources)),
        ("`profile = true`", yes(profiles)),
    ]
}

#[test]
fn the_declared_differences_are_those_of_the_dialects() {
    let mut table = "| | `osms` | `osmh` |\n|---|---|---|\n".to_owned();
    for ((what, old), (_, new)) in rows(osms::CAPABILITIES).into_iter().zip(rows(osmh::CAPABILITIES)) {
        table.push_str(&["| ", what, " | ", &old, " | ", &new, " |\n"].concat());
    }
    // A line that goes on below would be a row that nothing declares.
    table.push('\n');
    assert!(
        PAGE.contains(&table),
        "docs/services.md does not hold this table, and nothing below it:\n{table}"
    );
}
