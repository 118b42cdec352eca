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

/// On which systems an agent that is told to install an older version than is there goes back to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoesBack {
    /// On none: it says "nothing to do".
    Never,
    /// On those of this major release and later.
    From(u16),
}

impl GoesBack {
    /// Tells whether it does on a system, by its release (`8.10`) or its name (`ORACLE_LINUX_8`).
    pub(crate) fn on(self, system: &str) -> bool {
        let digits = system.split(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty());
        let major = digits.and_then(|major| major.parse().ok());
        match self {
            Self::Never => false,
            Self::From(first) => major.is_some_and(|major: u16| major >= first),
        }
    }
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
    /// Custom sources that are made have the module streams of their packages, so that agents leave out what is of a stream
    /// that is not in use. Default no: nobody saw one that does, and nothing in the API puts metadata into one. Where no
    /// source tells of a module, agents take its packages as any others.
    pub custom_sources_have_modules: bool,
    /// Installing an older version than is there goes back to it. Default from release 8 on: dnf's manual says of `install`
    /// that a version which is asked for is installed whichever is there, and yum of release 7 says "nothing to do". What
    /// the agent runs is unknown.
    pub install_goes_back: GoesBack,
    /// A source of another architecture can be attached. Default yes: no rule is documented.
    pub foreign_architectures: bool,
    /// A group's install-all answers with a work request id. Default no: Oracle's collection does not rely on one.
    pub group_update_names_work: bool,
    /// What nobody documented about OS Management Hub.
    pub hub: HubSwitches,
    /// What nobody documented about Object Storage.
    pub objects: ObjectSwitches,
}

/// Which installed packages come with `softwareSources` that are null, as a test of Oracle's provider says some do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NullSources {
    /// None: an empty list says that no source provides a package.
    Never,
    /// Those that no source provides.
    Unprovided,
    /// Those, and some that sources do provide.
    Some,
}

/// The switches of OS Management Hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubSwitches {
    /// How long agents take to pick up work: between these. The real one looks every 2 minutes; short, so that a
    /// demonstration does not bore.
    pub pick_up: (Duration, Duration),
    /// How long it takes until the parts of a group's work request are there.
    pub parts_appear_after: Duration,
    /// How long sources and groups are CREATING.
    pub creating: Duration,
    /// Detaching sources from a group makes a work request that can be found by the group's id. Default yes: the answer
    /// names none, but attaching makes one.
    pub detaching_makes_work: bool,
    /// Who leaves a group keeps its sources. Default yes: "leaving changes nothing on the system".
    pub leaving_keeps_sources: bool,
    /// Who joins a group is updated at once from its sources. Default yes, as documented.
    pub joining_installs: bool,
    /// Who joins a group gets all that its sources hold. Default no: that is documented of lifecycle stages.
    pub joining_installs_everything: bool,
    /// A group's work request fails where one of its parts does. Default yes: clients must look at the parts.
    pub mixed_fails: bool,
    /// A group's update of all is done in four parts for each instance, one for each kind of update. Default no: that is
    /// documented of jobs of the console.
    pub updates_split: bool,
    /// Making a source, and having its metadata written, makes a work request that can be found by its id. Default yes:
    /// the answer names none, but there is an operation type for it.
    pub making_makes_work: bool,
    /// The same of installing an older version as [`Switches::install_goes_back`]: the agent runs the same tools.
    pub install_goes_back: GoesBack,
    /// Packages must be spelled as each operation's examples have them. Default yes.
    pub strict_spellings: bool,
    /// Which installed packages have null for sources. Default those that no source provides.
    pub null_sources: NullSources,
    /// Versions in package lists carry the epoch. Default yes, as in OSMS.
    pub versions_with_epoch: bool,
    /// Etags of GET and POST end in `--gzip`. Default yes, as recorded.
    pub etags_say_gzip: bool,
    /// `if-match` takes them with that ending. Default yes: clients hand back what they were given.
    pub if_match_takes_gzip: bool,
    /// A source that a group, an instance or a profile has can be deleted. Default no.
    pub delete_attached_source: bool,
    /// A group with members can be deleted. Default yes: Oracle's own provider deletes without emptying.
    pub delete_full_group: bool,
    /// What an agent has changed, it tells at once. Default no: `refreshSoftware` would be of little use. Who registers
    /// tells in any case.
    pub work_refreshes: bool,
}

/// The switches of Object Storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectSwitches {
    /// Rows of a page where no `limit` is given. Default 1000, which is documented as the most that a page has.
    pub default_page: usize,
    /// Rows that a page has at most. Default 1000.
    pub largest_page: usize,
    /// A higher `limit` is refused (412 `LimitTooHigh`). Default yes: there is such a code; otherwise pages are shorter.
    pub large_limits_fail: bool,
    /// Deleting what is not there with an `if-match` fails by that (412). Default no: it is not found (404). A PUT is
    /// known to fail by it.
    pub absent_fails_if_match: bool,
    /// Each so-manieth request is answered as if the bucket were not there (404 `BucketNotFound`). Default none; seen in
    /// a tenancy of somebody's, at 3 to 16 of a hundred, with its cause unknown.
    pub hidden_every: Option<u64>,
}

impl Default for ObjectSwitches {
    fn default() -> Self {
        Self {
            default_page: 1000,
            largest_page: 1000,
            large_limits_fail: true,
            absent_fails_if_match: false,
            hidden_every: None,
        }
    }
}

impl HubSwitches {
    /// Lets agents be at once where they are wanted, and take so long for work, and the service as long for what it makes.
    pub fn at_once(&mut self, work: Duration) {
        self.pick_up = (Duration::ZERO, Duration::ZERO);
        self.parts_appear_after = Duration::ZERO;
        self.creating = work;
    }
}

impl Default for HubSwitches {
    fn default() -> Self {
        Self {
            pick_up: (Duration::from_millis(200), Duration::from_millis(1000)),
            parts_appear_after: Duration::from_millis(100),
            creating: Duration::from_millis(1500),
            detaching_makes_work: true,
            leaving_keeps_sources: true,
            joining_installs: true,
            joining_installs_everything: false,
            mixed_fails: true,
            updates_split: false,
            making_makes_work: true,
            install_goes_back: GoesBack::From(8),
            strict_spellings: true,
            null_sources: NullSources::Unprovided,
            versions_with_epoch: true,
            etags_say_gzip: true,
            if_match_takes_gzip: true,
            delete_attached_source: false,
            delete_full_group: true,
            work_refreshes: false,
        }
    }
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
            install_goes_back: GoesBack::From(8),
            foreign_architectures: true,
            group_update_names_work: false,
            hub: HubSwitches::default(),
            objects: ObjectSwitches::default(),
        }
    }
}
