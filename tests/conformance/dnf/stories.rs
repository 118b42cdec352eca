//! The table of the judge: what is installed, what the sources hold, what is asked for, in a line of story each.
//!
//! Packages are NEVRAs, parted by white space; `[postgresql:15]` in a release stands for the label of that module
//! stream. A case in which we and dnf do not end alike names the limit, a heading of `docs/limits.md`, and what of ours
//! is off; one that turns out to agree is an error too.

use super::case::Off::{Delta, Hub, Osms, Verdict};
use super::case::Words::{Install, Sync, Upgrade};
use super::case::{Story, agree, limit};

// Headings of `docs/limits.md`.
const OLDER: &str = "Older versions, installed by name";
const SPELLINGS: &str = "Two spellings of one version";
const TWIN: &str = "A 32-bit twin that the release lacks";
const ARCHITECTURE: &str = "A package that changes its architecture";
const OBSOLETED: &str = "Obsoleted packages";
const DEPENDENCIES: &str = "Dependencies";
const BOTH: &str = "Plain and modular builds of one package in one release";
const UNTOLD: &str = "Modular packages in a source without module metadata";

/// What the packages of a name and version obsolete.
pub(super) const OBSOLETES: &[(&str, &str, &str)] = &[
    ("gnupg2", "2.3", "gnupg2-smime"),
    ("network-scripts-team", "2", "initscripts-legacy < 2"),
    ("network-scripts-team", "2", "initscripts-team < 2"),
    ("vim-filesystem", "8.2", "vim-base < 8.2"),
    ("hidden-new", "2", "hidden-old"),
];
/// What they need.
pub(super) const REQUIRES: &[(&str, &str, &str)] = &[("needy", "2", "needed-library >= 2")];

/// All streams that stories name: whether each is its module's default.
pub(super) const STREAMS: &[(&str, bool)] =
    &[("perl:5.26", true), ("postgresql:10", true), ("postgresql:15", false), ("nodejs:20", false)];

pub(super) const STORIES: &[Story] = &[
    Story {
        name: "level",
        story: "who is at GL1.1 stays there",
        installed: "bash-4.4.20-5.el8.x86_64 tzdata-2024a-1.el8.noarch",
        sources: &[("GL1.1", "bash-4.4.20-5.el8.x86_64 tzdata-2024a-1.el8.noarch")],
        cases: &[agree(Upgrade), agree(Sync), agree(Install("bash-4.4.20-5.el8.x86_64"))],
        ..Story::PLAIN
    },
    Story {
        name: "behind",
        story: "who is at GL1 moves to GL1.1",
        installed: "bash-4.4.20-4.el8.x86_64 tzdata-2023c-1.el8.noarch zlib-1.2.11-20.el8.x86_64",
        sources: &[("GL1.1", "bash-4.4.20-5.el8.x86_64 tzdata-2024a-1.el8.noarch zlib-1.2.11-25.el8.x86_64")],
        cases: &[agree(Upgrade), agree(Sync), agree(Install("zlib-1.2.11-25.el8.x86_64"))],
        ..Story::PLAIN
    },
    Story {
        name: "respins",
        story: "the vendor's respins and minor releases are newer, whatever their letters",
        installed: "a-1-1.el8.x86_64 b-1-1.el8_9.x86_64 c-26-26.P2.el7_9.15.x86_64 d-1-9.el8.noarch",
        sources: &[(
            "GL1.1",
            "a-1-1.0.1.el8.x86_64 b-1-1.el8_10.x86_64 c-26-26.0.1.P2.el7_9.16.x86_64 d-1-10.el8.noarch",
        )],
        cases: &[agree(Upgrade)],
        ..Story::PLAIN
    },
    Story {
        name: "ahead",
        story: "updates never go back, distro-sync does, and so does installing the very version",
        installed: "bash-4.4.20-5.el8.x86_64 zlib-1.2.11-25.el8.x86_64 tzdata-2023c-1.el8.noarch",
        sources: &[("GL1", "bash-4.4.20-4.el8.x86_64 zlib-1.2.11-20.el8.x86_64 tzdata-2023c-1.el8.noarch")],
        cases: &[agree(Upgrade), agree(Sync), limit(Install("bash-4.4.20-4.el8.x86_64"), OLDER, &[Osms])],
        ..Story::PLAIN
    },
    Story {
        name: "mixed",
        story: "one is behind and another ahead",
        installed: "bash-4.4.20-4.el8.x86_64 zlib-1.2.11-25.el8.x86_64",
        sources: &[("GL1.1", "bash-4.4.20-5.el8.x86_64 zlib-1.2.11-20.el8.x86_64")],
        cases: &[agree(Upgrade), agree(Sync)],
        ..Story::PLAIN
    },
    Story {
        name: "between",
        story: "the release holds several versions of a name, the newest counts",
        installed: "bash-4.4.20-4.el8.x86_64 zlib-1.2.11-25.el8.x86_64",
        sources: &[(
            "GL1.1",
            "bash-4.4.20-3.el8.x86_64 bash-4.4.20-5.el8.x86_64 bash-4.4.20-6.el8.x86_64 zlib-1.2.11-20.el8.x86_64 \
             zlib-1.2.11-25.el8.x86_64",
        )],
        cases: &[agree(Upgrade), agree(Sync), agree(Install("bash-4.4.20-5.el8.x86_64"))],
        ..Story::PLAIN
    },
    Story {
        name: "two-sources",
        story: "GL1 and GL1.1 are both attached: the newest of both counts",
        installed: "bash-4.4.20-3.el8.x86_64 zlib-1.2.11-20.el8.x86_64 tzdata-2023c-1.el8.noarch",
        sources: &[
            ("GL1", "bash-4.4.20-6.el8.x86_64 zlib-1.2.11-20.el8.x86_64"),
            ("GL1.1", "bash-4.4.20-5.el8.x86_64 zlib-1.2.11-25.el8.x86_64"),
        ],
        cases: &[agree(Upgrade), agree(Sync)],
        ..Story::PLAIN
    },
    Story {
        name: "epoch-comes",
        story: "an epoch beats every version, and the largest that the vendor has is no exception",
        installed: "linux-firmware-20230516-1.el8.noarch shadow-utils-4.6-22.el8.x86_64 fw-999:1-1.el8.noarch",
        sources: &[(
            "GL1.1",
            "linux-firmware-999:20230404-117.el8.noarch shadow-utils-2:4.6-19.el8.x86_64 fw-999:2-1.el8.noarch",
        )],
        cases: &[agree(Upgrade), agree(Sync)],
        ..Story::PLAIN
    },
    Story {
        name: "epoch-went",
        story: "without its epoch a version is older, however new it looks",
        installed: "shadow-utils-2:4.6-19.el8.x86_64 openssl-2:1.1.1g-15.ksplice1.el8.x86_64",
        sources: &[("GL1.1", "shadow-utils-4.6-22.el8.x86_64 openssl-1:1.1.1k-9.el8.x86_64")],
        cases: &[agree(Upgrade), agree(Sync)],
        ..Story::PLAIN
    },
    Story {
        name: "tilde",
        story: "a candidate gives way to the release, and does not replace it",
        installed: "libqb-1.0.3~rc2-1.el8.x86_64 done-2.0-1.el8.x86_64 rel-1-1~beta.el8.noarch",
        sources: &[("GL1.1", "libqb-1.0.3-1.el8.x86_64 done-2.0~rc9-1.el8.x86_64 rel-1-1.el8.noarch")],
        cases: &[agree(Upgrade), agree(Sync)],
        ..Story::PLAIN
    },
    Story {
        name: "caret",
        story: "a snapshot is newer than what it was made of, and older than what comes after",
        installed: "crontabs-1.11-27.el8.noarch next-1.11^20190603git9e74f2d-4.el8.noarch",
        sources: &[("GL1.1", "crontabs-1.11^20190603git9e74f2d-4.el8.noarch next-1.11.1-1.el8.noarch")],
        cases: &[agree(Upgrade), agree(Sync)],
        ..Story::PLAIN
    },
    Story {
        name: "caret-back",
        story: "and not the other way round",
        installed: "crontabs-1.11^20190603git9e74f2d-4.el8.noarch next-1.11.1-1.el8.noarch",
        sources: &[("GL1", "crontabs-1.11-27.el8.noarch next-1.11^20190603git9e74f2d-4.el8.noarch")],
        cases: &[agree(Upgrade), agree(Sync)],
        ..Story::PLAIN
    },
    Story {
        name: "ties",
        story: "two spellings of one version are no update of each other",
        installed: "dots-1.0-1.el8.noarch zeros-2.01-1.el8.noarch",
        sources: &[("GL1.1", "dots-1_0-1.el8.noarch zeros-2.1-1.el8.noarch")],
        cases: &[agree(Upgrade), limit(Sync, SPELLINGS, &[Verdict]), agree(Install("dots-1_0-1.el8.noarch"))],
        ..Story::PLAIN
    },
    Story {
        name: "third-party",
        story: "what no source holds stays as it is",
        installed: "bash-4.4.20-4.el8.x86_64 vendor-agent-9.1-1.x86_64 vendor-plugin-3-2.noarch",
        sources: &[("GL1.1", "bash-4.4.20-5.el8.x86_64")],
        cases: &[agree(Upgrade), agree(Sync)],
        ..Story::PLAIN
    },
    Story {
        name: "extra-and-missing",
        story: "updates bring nothing that is not there, and take away nothing that is",
        installed: "bash-4.4.20-4.el8.x86_64 gone-from-gl1.1-1-1.el8.x86_64",
        sources: &[("GL1.1", "bash-4.4.20-5.el8.x86_64 new-in-gl1.1-1-1.el8.x86_64 newer-2-1.el8.noarch")],
        cases: &[
            agree(Upgrade),
            agree(Sync),
            agree(Install("new-in-gl1.1-1-1.el8.x86_64")),
            agree(Install("new-in-gl1.1-1-1.el8.x86_64 newer-2-1.el8.noarch bash-4.4.20-5.el8.x86_64")),
        ],
        ..Story::PLAIN
    },
    Story {
        name: "empty-source",
        story: "a source that holds nothing offers nothing",
        installed: "bash-4.4.20-4.el8.x86_64",
        sources: &[("GL1.1", "")],
        cases: &[agree(Upgrade), agree(Sync), agree(Install("bash-4.4.20-5.el8.x86_64"))],
        ..Story::PLAIN
    },
    Story {
        name: "unknown",
        story: "one package that no source holds keeps all others from being installed",
        installed: "bash-4.4.20-4.el8.x86_64",
        sources: &[("GL1.1", "bash-4.4.20-5.el8.x86_64 newer-2-1.el8.noarch")],
        cases: &[
            agree(Install("nobody-1-1.el8.x86_64")),
            agree(Install("newer-2-1.el8.noarch bash-4.4.20-9.el8.x86_64 bash-4.4.20-5.el8.x86_64")),
        ],
        ..Story::PLAIN
    },
    Story {
        name: "twice-there",
        story: "an update that was cut short has left two versions of a package",
        installed: "bash-4.4.20-3.el8.x86_64 bash-4.4.20-4.el8.x86_64",
        sources: &[("GL1.1", "bash-4.4.20-5.el8.x86_64")],
        cases: &[agree(Upgrade), agree(Sync)],
        ..Story::PLAIN
    },
    Story {
        name: "twice-there-level",
        story: "and the newer of them is the release's",
        installed: "bash-4.4.20-3.el8.x86_64 bash-4.4.20-4.el8.x86_64",
        sources: &[("GL1.1", "bash-4.4.20-4.el8.x86_64")],
        cases: &[agree(Upgrade), agree(Sync)],
        ..Story::PLAIN
    },
    Story {
        name: "kernel-beside",
        story: "a kernel comes beside the old one, its tools and headers instead of theirs",
        installed: "kernel-4.18.0-1.el8.x86_64 kernel-core-4.18.0-1.el8.x86_64 kernel-modules-4.18.0-1.el8.x86_64 \
                    kernel-devel-4.18.0-1.el8.x86_64 kernel-tools-4.18.0-1.el8.x86_64 kernel-headers-4.18.0-1.el8.x86_64",
        sources: &[(
            "GL1.1",
            "kernel-4.18.0-2.el8.x86_64 kernel-core-4.18.0-2.el8.x86_64 kernel-modules-4.18.0-2.el8.x86_64 \
             kernel-devel-4.18.0-2.el8.x86_64 kernel-tools-4.18.0-2.el8.x86_64 kernel-headers-4.18.0-2.el8.x86_64",
        )],
        cases: &[agree(Upgrade), agree(Sync)],
        ..Story::PLAIN
    },
    Story {
        name: "kernel-fourth",
        story: "with the fourth kernel the oldest goes",
        installed: "kernel-uek-5.15.0-1.el8uek.x86_64 kernel-uek-5.15.0-2.el8uek.x86_64 \
                    kernel-uek-5.15.0-3.el8uek.x86_64 kernel-uek-devel-5.15.0-1.el8uek.x86_64 \
                    kernel-uek-devel-5.15.0-2.el8uek.x86_64 kernel-uek-devel-5.15.0-3.el8uek.x86_64",
        sources: &[("GL1.1", "kernel-uek-5.15.0-4.el8uek.x86_64 kernel-uek-devel-5.15.0-4.el8uek.x86_64")],
        cases: &[agree(Upgrade), agree(Sync), agree(Install("kernel-uek-5.15.0-4.el8uek.x86_64"))],
        ..Story::PLAIN
    },
    Story {
        name: "kernel-oldest-runs",
        story: "the oldest of three runs: it stays, and the next older goes",
        installed: "kernel-core-4.18.0-11.el8.x86_64 kernel-core-4.18.0-12.el8.x86_64 kernel-core-4.18.0-13.el8.x86_64",
        running: "kernel-core-4.18.0-11.el8.x86_64",
        sources: &[("GL1.1", "kernel-core-4.18.0-14.el8.x86_64")],
        cases: &[agree(Upgrade), agree(Sync)],
        ..Story::PLAIN
    },
    Story {
        name: "kernel-oldest-runs-with-modules",
        story: "what is of the running kernel stays with it",
        installed: "kernel-core-4.18.0-21.el8.x86_64 kernel-core-4.18.0-22.el8.x86_64 kernel-core-4.18.0-23.el8.x86_64 \
                    kernel-modules-4.18.0-21.el8.x86_64 kernel-modules-4.18.0-22.el8.x86_64 \
                    kernel-modules-4.18.0-23.el8.x86_64 kernel-devel-4.18.0-21.el8.x86_64 \
                    kernel-devel-4.18.0-22.el8.x86_64 kernel-devel-4.18.0-23.el8.x86_64",
        running: "kernel-core-4.18.0-21.el8.x86_64",
        sources: &[(
            "GL1.1",
            "kernel-core-4.18.0-24.el8.x86_64 kernel-modules-4.18.0-24.el8.x86_64 kernel-devel-4.18.0-24.el8.x86_64",
        )],
        cases: &[agree(Upgrade)],
        ..Story::PLAIN
    },
    Story {
        name: "kernel-four-there",
        story: "somebody has four kernels already, the second of them runs",
        installed: "kernel-core-4.18.0-31.el8.x86_64 kernel-core-4.18.0-32.el8.x86_64 kernel-core-4.18.0-33.el8.x86_64 \
                    kernel-core-4.18.0-34.el8.x86_64",
        running: "kernel-core-4.18.0-32.el8.x86_64",
        sources: &[("GL1.1", "kernel-core-4.18.0-35.el8.x86_64")],
        cases: &[agree(Upgrade)],
        ..Story::PLAIN
    },
    Story {
        name: "kernel-two-new",
        story: "of two new kernels in the release only the newest comes",
        installed: "kernel-uek-5.15.0-1.el8uek.x86_64",
        sources: &[("GL1.1", "kernel-uek-5.15.0-2.el8uek.x86_64 kernel-uek-5.15.0-3.el8uek.x86_64")],
        cases: &[
            agree(Upgrade),
            agree(Sync),
            agree(Install("kernel-uek-5.15.0-2.el8uek.x86_64")),
            agree(Install("kernel-uek-5.15.0-2.el8uek.x86_64 kernel-uek-5.15.0-3.el8uek.x86_64")),
        ],
        ..Story::PLAIN
    },
    Story {
        name: "kernel-ahead",
        story: "who runs a newer kernel keeps it; distro-sync and an install put the release's beside it",
        installed: "kernel-uek-5.15.0-2.el8uek.x86_64 kernel-uek-5.15.0-4.el8uek.x86_64 bash-4.4.20-4.el8.x86_64",
        sources: &[("GL1.1", "kernel-uek-5.15.0-3.el8uek.x86_64 bash-4.4.20-4.el8.x86_64")],
        cases: &[
            agree(Upgrade),
            agree(Sync),
            limit(Install("kernel-uek-5.15.0-3.el8uek.x86_64"), OLDER, &[Osms]),
        ],
        ..Story::PLAIN
    },
    Story {
        name: "kernel-ahead-full",
        story: "the same with three newer kernels",
        installed: "kernel-uek-5.15.0-3.el8uek.x86_64 kernel-uek-5.15.0-4.el8uek.x86_64 \
                    kernel-uek-5.15.0-5.el8uek.x86_64",
        sources: &[("GL1.1", "kernel-uek-5.15.0-2.el8uek.x86_64")],
        cases: &[
            agree(Upgrade),
            agree(Sync),
            limit(Install("kernel-uek-5.15.0-2.el8uek.x86_64"), OLDER, &[Osms]),
        ],
        ..Story::PLAIN
    },
    Story {
        name: "kernel-there",
        story: "the release's kernel is the second of three",
        installed: "kernel-uek-5.15.0-1.el8uek.x86_64 kernel-uek-5.15.0-2.el8uek.x86_64 \
                    kernel-uek-5.15.0-3.el8uek.x86_64",
        sources: &[("GL1.1", "kernel-uek-5.15.0-2.el8uek.x86_64")],
        cases: &[agree(Upgrade), agree(Sync), agree(Install("kernel-uek-5.15.0-2.el8uek.x86_64"))],
        ..Story::PLAIN
    },
    Story {
        name: "kernel-flavours",
        story: "UEK and the plain kernel are counted apart",
        installed: "kernel-core-4.18.0-1.el8.x86_64 kernel-core-4.18.0-2.el8.x86_64 kernel-uek-5.15.0-1.el8uek.x86_64 \
                    kernel-uek-5.15.0-2.el8uek.x86_64 kernel-uek-core-5.15.0-1.el8uek.x86_64 \
                    kernel-uek-modules-extra-5.15.0-1.el8uek.x86_64",
        sources: &[(
            "GL1.1",
            "kernel-core-4.18.0-3.el8.x86_64 kernel-uek-5.15.0-3.el8uek.x86_64 kernel-uek-core-5.15.0-3.el8uek.x86_64 \
             kernel-uek-modules-extra-5.15.0-3.el8uek.x86_64",
        )],
        cases: &[agree(Upgrade), agree(Sync)],
        ..Story::PLAIN
    },
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
