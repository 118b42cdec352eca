//! What a service can do and how it wants to be asked.

/// What a service can do and how it wants to be asked: planner knowledge, so that the executor needs none. Each dialect
/// declares one; `docs/services.md` shows how they differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// How many packages one call adds to a source. Nobody documents a limit; a full list of several hundred has been
    /// seen to pass on OSMS.
    pub packages_per_call: usize,
    /// What is bound to a release: each instance, or a group with all its members.
    pub binding: Binding,
    /// How many instances one call takes into a group or out of it.
    pub instances_per_call: usize,
    /// Whether an instance that joins a group gets the group's sources and installs the latest of them at once.
    pub joining_installs: bool,
    /// Whether an instance's packages are only listed anew when that is asked for.
    pub refreshes: bool,
    /// Whether work that failed on some instances of a group can be done again on those alone.
    pub reruns: bool,
    /// Whether updates can be asked for on one member of a group.
    pub updates_members: bool,
    /// Whether a source is filled from sources of the vendor, which the train has to name.
    pub vendor_sources: bool,
    /// Whether a source can hang under another one: `layout = "child"`.
    pub child_sources: bool,
    /// Whether a new system can come up as a member of a group: `profile = true`.
    pub profiles: bool,
}

/// What a service binds to a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// Each instance by itself; a group is a list of members.
    Instance,
    /// A group: its members get what it has.
    Group,
}
