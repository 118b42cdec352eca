//! Stories of kernels, which stand beside each other, three at most, the running one among them.

use super::super::case::Words::{Install, Sync, Upgrade};
use super::super::case::{Story, agree};

pub(super) const STORIES: &[Story] = &[
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
        cases: &[agree(Upgrade), agree(Sync), agree(Install("kernel-uek-5.15.0-3.el8uek.x86_64"))],
        ..Story::PLAIN
    },
    Story {
        name: "kernel-ahead-full",
        story: "the same with three newer kernels",
        installed: "kernel-uek-5.15.0-3.el8uek.x86_64 kernel-uek-5.15.0-4.el8uek.x86_64 \
                    kernel-uek-5.15.0-5.el8uek.x86_64",
        sources: &[("GL1.1", "kernel-uek-5.15.0-2.el8uek.x86_64")],
        cases: &[agree(Upgrade), agree(Sync), agree(Install("kernel-uek-5.15.0-2.el8uek.x86_64"))],
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
];
