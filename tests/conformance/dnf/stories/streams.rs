//! Stories of module streams, in sources that tell of them and in one that does not.

use super::super::case::Off::{Osms, Verdict};
use super::super::case::Words::{Install, Sync, Upgrade};
use super::super::case::{Story, agree, limit};
use super::{BOTH, UNTOLD};

pub(super) const STORIES: &[Story] = &[
    Story {
        name: "stream-enabled",
        story: "packages of an enabled stream are updated within it",
        installed: "postgresql-15.2-1.[postgresql:15].x86_64 bash-4.4.20-4.el8.x86_64",
        enabled: "postgresql:15",
        sources: &[("GL1.1+", "postgresql-15.6-1.[postgresql:15].x86_64 bash-4.4.20-5.el8.x86_64")],
        cases: &[agree(Upgrade), agree(Sync), agree(Install("postgresql-15.6-1.[postgresql:15].x86_64"))],
        ..Story::PLAIN
    },
    Story {
        name: "stream-default",
        story: "a default stream is active though nobody enabled it",
        installed: "perl-5.26.3-420.[perl:5.26].x86_64 bash-4.4.20-4.el8.x86_64",
        sources: &[("GL1.1+", "perl-5.26.3-422.[perl:5.26].x86_64 bash-4.4.20-5.el8.x86_64")],
        cases: &[agree(Upgrade), agree(Sync)],
        ..Story::PLAIN
    },
    Story {
        name: "stream-not-enabled",
        story: "a modular build of a stream that is not in use is no update of the plain one",
        installed: "postgresql-10.1-1.el8.x86_64 bash-4.4.20-4.el8.x86_64",
        sources: &[("GL1.1+", "postgresql-15.6-1.[postgresql:15].x86_64 bash-4.4.20-5.el8.x86_64")],
        cases: &[agree(Upgrade), agree(Sync), agree(Install("postgresql-15.6-1.[postgresql:15].x86_64"))],
        ..Story::PLAIN
    },
    Story {
        name: "stream-just-enabled",
        story: "it is one once the stream is enabled: the stream changes",
        installed: "postgresql-10.1-1.el8.x86_64 bash-4.4.20-4.el8.x86_64",
        enabled: "postgresql:15",
        sources: &[("GL1.1+", "postgresql-15.6-1.[postgresql:15].x86_64 bash-4.4.20-5.el8.x86_64")],
        cases: &[agree(Upgrade), agree(Sync), agree(Install("postgresql-15.6-1.[postgresql:15].x86_64"))],
        ..Story::PLAIN
    },
    Story {
        name: "stream-hides-plain",
        story: "where a stream is in use, plain builds of its packages are no updates, however new",
        installed: "postgresql-15.2-1.[postgresql:15].x86_64",
        enabled: "postgresql:15",
        sources: &[("GL1.1+", "postgresql-15.2-1.[postgresql:15].x86_64 postgresql-16.1-1.el8.x86_64")],
        cases: &[limit(Upgrade, BOTH, &[Verdict]), limit(Sync, BOTH, &[Verdict])],
        ..Story::PLAIN
    },
    Story {
        name: "stream-beside-plain",
        story: "a stream that is not in use hides no plain builds",
        installed: "postgresql-10.1-1.el8.x86_64",
        sources: &[("GL1.1+", "postgresql-15.2-1.[postgresql:15].x86_64 postgresql-10.6-1.el8.x86_64")],
        cases: &[limit(Upgrade, BOTH, &[Verdict]), limit(Sync, BOTH, &[Verdict])],
        ..Story::PLAIN
    },
    Story {
        name: "modules-untold",
        story: "a source without module metadata holds a modular package",
        installed: "postgresql-15.2-1.[postgresql:15].x86_64 bash-4.4.20-4.el8.x86_64",
        enabled: "postgresql:15",
        sources: &[("GL1.1", "postgresql-15.6-1.[postgresql:15].x86_64 bash-4.4.20-5.el8.x86_64")],
        cases: &[
            limit(Upgrade, UNTOLD, &[Osms, Verdict]),
            limit(Sync, UNTOLD, &[Verdict]),
            limit(Install("postgresql-15.6-1.[postgresql:15].x86_64"), UNTOLD, &[Osms]),
        ],
        ..Story::PLAIN
    },
    Story {
        name: "modules-untold-level",
        story: "the same, where the modular package is at its level already",
        installed: "postgresql-15.6-1.[postgresql:15].x86_64 bash-4.4.20-4.el8.x86_64",
        enabled: "postgresql:15",
        sources: &[("GL1.1", "postgresql-15.6-1.[postgresql:15].x86_64 bash-4.4.20-5.el8.x86_64")],
        cases: &[agree(Upgrade)],
        ..Story::PLAIN
    },
];
