//! What nobody documented about the service, as named switches: each says what the simulator does by default and why.
//! Tests set them, to see that the program does not depend on the answer.

use std::time::Duration;

/// How the service takes a request for what already is so, or cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Success, and nothing happens.
    NoOp,
    /// 409 `Conflict`, which says that trying again will not help.
    Conflict,
}

/// The switches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switches {
    /// Package `name`s carry the epoch. Default yes: the article's loop sends names with it, and they were taken. Both
    /// forms are always accepted.
    pub names_with_epoch: bool,
    /// Rows per page where no `limit` is given. Default 50: a comment in Oracle's collection says pages are small.
    pub default_page: usize,
    /// The largest `limit`. Default 1000: Oracle's samples send 809.
    pub largest_page: usize,
    /// Detaching a parent where none is attached. Default conflict: no client dares to.
    pub detach_without_parent: Reaction,
    /// Attaching the parent that is attached. Default conflict: known clients skip the call.
    pub attach_same_parent: Reaction,
    /// Attaching a child that is attached. Default no-op.
    pub attach_same_child: Reaction,
    /// Detaching a child that is not attached. Default conflict, as for parents.
    pub detach_absent_child: Reaction,
    /// Making a member of a member. Default no-op: known clients skip the call.
    pub join_again: Reaction,
    /// Ending a membership that is not there. Default conflict, as for sources.
    pub leave_absent: Reaction,
    /// Deleting a group that has members. Default yes: Oracle's own provider deletes without emptying.
    pub delete_full_group: bool,
    /// Instances that do not check in can be put on other sources. Default yes: it is the control plane's business.
    pub unreachable_takes_sources: bool,
    /// Work for instances that do not check in is accepted, and waits. Default yes: "ACCEPTED = in queue".
    pub unreachable_takes_work: bool,
    /// After which time work that was never picked up fails. Default 24 hours, as documented for the successor.
    pub pick_up_within: Duration,
    /// How long agents take to pick up work: between these. Not known of the real one; short, so that a demonstration
    /// does not bore.
    pub pick_up: (Duration, Duration),
    /// How long agents take for work: between these.
    pub work: (Duration, Duration),
    /// `displayName` filters of groups, instances and sources find parts of names too. Default yes: every known
    /// client compares again, and one that does not should be caught.
    pub partial_display_names: bool,
    /// An installed package's `softwareSources` are all that hold it, attached or not. Default yes: the published
    /// scripts take an empty list for "no source provides it".
    pub all_sources_of_installed: bool,
    /// An update names the errata of all versions after the installed one. Default yes: `errata` is a list, and only so
    /// does it hold all that the update mends. Otherwise it names that of the available version alone.
    pub errata_between: bool,
    /// Custom sources have the module streams of their packages. Default no: nobody saw one that does, and nothing in
    /// the API puts metadata into one.
    pub custom_sources_have_modules: bool,
    /// A source of another architecture can be attached. Default yes: no rule is documented.
    pub foreign_architectures: bool,
    /// A group's install-all answers with a work request id. Default no: Oracle's collection does not rely on one.
    pub group_update_names_work: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            names_with_epoch: true,
            default_page: 50,
            largest_page: 1000,
            detach_without_parent: Reaction::Conflict,
            attach_same_parent: Reaction::Conflict,
            attach_same_child: Reaction::NoOp,
            detach_absent_child: Reaction::Conflict,
            join_again: Reaction::NoOp,
            leave_absent: Reaction::Conflict,
            delete_full_group: true,
            unreachable_takes_sources: true,
            unreachable_takes_work: true,
            pick_up_within: Duration::from_hours(24),
            pick_up: (Duration::from_millis(200), Duration::from_millis(1000)),
            work: (Duration::from_millis(500), Duration::from_millis(2000)),
            partial_display_names: true,
            all_sources_of_installed: true,
            errata_between: true,
            custom_sources_have_modules: false,
            foreign_architectures: true,
            group_update_names_work: false,
        }
    }
}
