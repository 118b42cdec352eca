//! `enforce`, `remove_extras` and `reboot` of a group: how they are written, and what of them goes together. Left out:
//! what they mean, which is [`crate::conformance`]'s and the planner's.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::problem::{Report, Source};
use super::shape::{GroupShape, Shape};
use super::table::{At, Fields, File};
use crate::patching::{Enforce, Wanted};

/// What is done to members of a group beyond updates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enforcing {
    /// `enforce`: what its members are to be.
    pub enforce: Enforce,
    /// `remove_extras`: whether packages are removed for that.
    pub remove_extras: bool,
    /// `reboot`: whether members are rebooted that an update has left waiting for it.
    pub reboot: Reboot,
}

/// `reboot` of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reboot {
    /// Nobody is rebooted, and of nobody it is told or counted that he waits for it: somebody else sees to that.
    Never,
    /// Nobody is rebooted; who waits for it is told.
    #[default]
    Report,
    /// Members are rebooted in the group's window.
    Window,
}

impl Reboot {
    /// Tells whether it is what a group that says nothing asks for.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the word that people write for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Report => "report",
            Self::Window => "window",
        }
    }
}

impl Enforcing {
    /// Tells whether it is what a group that says nothing asks for.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Tells whether members are rebooted.
    pub fn reboots(&self) -> bool {
        self.reboot == Reboot::Window
    }
}

/// As it goes into a train's digest.
impl fmt::Display for Enforcing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { enforce, remove_extras, reboot } = self;
        let enforce = match enforce {
            Enforce::Update => "update",
            Enforce::Exact => "exact",
        };
        write!(f, "{enforce} {remove_extras} {}", reboot.word())
    }
}

/// The same as it is written, with where.
#[derive(Debug, Default)]
pub(super) struct EnforcingShape {
    pub(super) value: Enforcing,
    /// Where `enforce = "exact"` stands.
    exact: Option<Range<usize>>,
    /// Where `remove_extras = true` stands.
    removes: Option<Range<usize>>,
    /// Where `reboot = "window"` stands.
    reboots: Option<Range<usize>>,
    /// Whether there is a `window`.
    window: bool,
}

/// Reads them.
pub(super) fn read(file: &mut File<'_>, fields: &Fields<'_>) -> EnforcingShape {
    let mut shape = EnforcingShape { window: fields.optional("window").is_some(), ..Default::default() };
    if let Some(At { value: "exact", span }) =
        fields.optional("enforce").and_then(|value| file.word(value, "`enforce`", &["update", "exact"]))
    {
        shape.value.enforce = Enforce::Exact;
        shape.exact = Some(span);
    }
    if let Some(value) = fields.optional("remove_extras")
        && file.flag(value, "`remove_extras`") == Some(true)
    {
        shape.value.remove_extras = true;
        shape.removes = Some(value.span());
    }
    let words = [Reboot::Never, Reboot::Report, Reboot::Window];
    if let Some(value) = fields.optional("reboot")
        && let Some(At { value, span }) = file.word(value, "`reboot`", &words.map(Reboot::word))
    {
        shape.value.reboot = words.into_iter().find(|word| word.word() == value).unwrap_or_default();
        shape.reboots = Some(span).filter(|_| shape.value.reboots());
    }
    shape
}

/// Checks what of them goes together.
pub(super) fn check(source: &Arc<Source>, shape: &Shape, report: &mut Report) {
    for GroupShape { enforcing, update, .. } in &shape.groups {
        if let (Some(span), false) = (&enforcing.exact, *update == Some(Wanted::All)) {
            let message =
                "`enforce = \"exact\"` makes members exactly their release, and `update` leaves updates out";
            let hint = "write `update = \"all\"`, or delete one of the two lines";
            report.at(source, span.clone(), message, hint);
        }
        if let (Some(span), Enforce::Update) = (&enforcing.removes, enforcing.value.enforce) {
            let message = "`remove_extras = true` without `enforce = \"exact\"`";
            let hint = "packages are removed only to make members exactly their release: add `enforce = \"exact\"`, or \
                        delete the line";
            report.at(source, span.clone(), message, hint);
        }
        if let (Some(span), false) = (&enforcing.reboots, enforcing.window) {
            let message = "`reboot = \"window\"`, and the group has no `window`";
            let hint = "say when its members may be rebooted: `window = { days = [\"Sat\"], from = \"22:00\", to = \"04:00\", \
                        timezone = \"Europe/Berlin\" }`";
            report.at(source, span.clone(), message, hint);
        }
    }
}
