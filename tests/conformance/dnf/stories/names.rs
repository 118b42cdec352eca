//! Stories of names and architectures: 32-bit twins, packages that change their architecture, obsolete others or need them.

use super::super::case::Off::{Delta, Hub, Osms, Verdict};
use super::super::case::Words::{Install, Sync, Upgrade};
use super::super::case::{Story, agree, limit};
use super::{ARCHITECTURE, DEPENDENCIES, OBSOLETED, TWIN};

pub(super) const STORIES: &[Story] = &[
    Story {
        name: "twins",
        story: "a 32-bit twin moves with its 64-bit one",
        installed: "glibc-2.28-236.el8.x86_64 glibc-2.28-236.el8.i686 zlib-1.2.11-20.el8.x86_64 zlib-1.2.11-20.el8.i686",
        sources: &[(
            "GL1.1",
            "glibc-2.28-251.el8.x86_64 glibc-2.28-251.el8.i686 zlib-1.2.11-25.el8.x86_64 zlib-1.2.11-25.el8.i686",
        )],
        cases: &[agree(Upgrade), agree(Sync), agree(Install("glibc-2.28-251.el8.i686"))],
        ..Story::PLAIN
    },
    Story {
        name: "twin-alone",
        story: "the release has no 32-bit twin: dnf refuses, since the twins would part",
        installed: "glibc-2.28-236.el8.x86_64 glibc-2.28-236.el8.i686",
        sources: &[("GL1.1", "glibc-2.28-251.el8.x86_64")],
        cases: &[limit(Upgrade, TWIN, &[Osms, Hub, Verdict]), limit(Sync, TWIN, &[Verdict])],
        ..Story::PLAIN
    },
    Story {
        name: "twin-not-there",
        story: "the release has a 32-bit twin that the instance has not: it does not come",
        installed: "glibc-2.28-236.el8.x86_64",
        sources: &[("GL1.1", "glibc-2.28-251.el8.x86_64 glibc-2.28-251.el8.i686")],
        cases: &[agree(Upgrade), agree(Sync), agree(Install("glibc-2.28-251.el8.i686"))],
        ..Story::PLAIN
    },
    Story {
        name: "twins-apart",
        story: "a twin that stands at another version is brought to the release's like any other",
        installed: "glibc-2.28-251.el8.x86_64 glibc-2.28-236.el8.i686",
        sources: &[("GL1", "glibc-2.28-240.el8.x86_64 glibc-2.28-240.el8.i686")],
        cases: &[agree(Upgrade), agree(Sync)],
        ..Story::PLAIN
    },
    Story {
        name: "noarch-becomes-native",
        story: "what was for all machines is built for each from GL1.1 on",
        installed: "python3-pip-9.0.3-20.el8.noarch bash-4.4.20-4.el8.x86_64",
        sources: &[("GL1.1", "python3-pip-9.0.3-24.el8.x86_64 bash-4.4.20-4.el8.x86_64")],
        cases: &[
            limit(Upgrade, ARCHITECTURE, &[Osms, Hub, Verdict, Delta]),
            limit(Sync, ARCHITECTURE, &[Verdict, Delta]),
            limit(Install("python3-pip-9.0.3-24.el8.x86_64"), ARCHITECTURE, &[Osms, Hub, Delta]),
        ],
        ..Story::PLAIN
    },
    Story {
        name: "native-becomes-noarch",
        story: "and the other way round",
        installed: "python3-pip-9.0.3-20.el8.x86_64 bash-4.4.20-4.el8.x86_64",
        sources: &[("GL1.1", "python3-pip-9.0.3-24.el8.noarch bash-4.4.20-4.el8.x86_64")],
        cases: &[
            limit(Upgrade, ARCHITECTURE, &[Osms, Hub, Verdict, Delta]),
            limit(Sync, ARCHITECTURE, &[Verdict, Delta]),
        ],
        ..Story::PLAIN
    },
    Story {
        name: "renamed",
        story: "a package of the release obsoletes one that is installed",
        installed: "vim-base-8.0-19.el8.x86_64 bash-4.4.20-4.el8.x86_64",
        sources: &[("GL1.1", "vim-filesystem-8.2-1.el8.x86_64 bash-4.4.20-5.el8.x86_64")],
        cases: &[
            limit(Upgrade, OBSOLETED, &[Osms, Hub, Verdict]),
            limit(Sync, OBSOLETED, &[Verdict]),
            limit(Install("vim-filesystem-8.2-1.el8.x86_64"), OBSOLETED, &[Osms, Hub]),
        ],
        ..Story::PLAIN
    },
    Story {
        name: "renamed-back",
        story: "and GL1 does not bring the old name back",
        installed: "vim-filesystem-8.2-1.el8.x86_64",
        sources: &[("GL1", "vim-base-8.0-19.el8.x86_64")],
        cases: &[
            agree(Upgrade),
            agree(Sync),
            limit(Install("vim-base-8.0-19.el8.x86_64"), OBSOLETED, &[Osms, Hub]),
        ],
        ..Story::PLAIN
    },
    Story {
        name: "two-become-one",
        story: "two packages are obsoleted by one",
        installed: "initscripts-legacy-1-1.el8.x86_64 initscripts-team-1-1.el8.noarch",
        sources: &[("GL1.1", "network-scripts-team-2-1.el8.x86_64")],
        cases: &[limit(Upgrade, OBSOLETED, &[Osms, Hub, Verdict])],
        ..Story::PLAIN
    },
    Story {
        name: "obsoleted-by-what-is-there",
        story: "an installed package starts to obsolete another one",
        installed: "gnupg2-2.2.20-2.el8.x86_64 gnupg2-smime-2.2.20-2.el8.x86_64",
        sources: &[("GL1.1", "gnupg2-2.3-3.el8.x86_64")],
        cases: &[
            limit(Upgrade, OBSOLETED, &[Osms, Hub, Verdict, Delta]),
            limit(Sync, OBSOLETED, &[Verdict, Delta]),
        ],
        ..Story::PLAIN
    },
    Story {
        name: "obsoleted-and-offered",
        story: "the release holds the old name too, newer than it is installed",
        installed: "hidden-old-1-1.el8.x86_64",
        sources: &[("GL1.1", "hidden-old-2-1.el8.x86_64 hidden-new-2-1.el8.x86_64")],
        cases: &[limit(Upgrade, OBSOLETED, &[Osms, Hub, Verdict])],
        ..Story::PLAIN
    },
    Story {
        name: "new-needs",
        story: "a new version needs a package that is not installed",
        installed: "needy-1-1.el8.x86_64 bash-4.4.20-4.el8.x86_64",
        sources: &[("GL1.1", "needy-2-1.el8.x86_64 needed-library-2-1.el8.x86_64 bash-4.4.20-5.el8.x86_64")],
        cases: &[
            limit(Upgrade, DEPENDENCIES, &[Osms, Hub, Verdict]),
            limit(Install("needy-2-1.el8.x86_64"), DEPENDENCIES, &[Osms, Hub]),
        ],
        ..Story::PLAIN
    },
    Story {
        name: "new-needs-nobody",
        story: "a new version needs a package that the release does not hold",
        installed: "needy-1-1.el8.x86_64 bash-4.4.20-4.el8.x86_64",
        sources: &[("GL1.1", "needy-2-1.el8.x86_64 bash-4.4.20-5.el8.x86_64")],
        cases: &[limit(Upgrade, DEPENDENCIES, &[Osms, Hub, Verdict])],
        ..Story::PLAIN
    },
];
