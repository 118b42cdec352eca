//! Stories of versions: behind, ahead, epochs, `~` and `^`, what is extra and what is missing, what no source holds.

use super::super::case::Off::Verdict;
use super::super::case::Words::{Install, Sync, Upgrade};
use super::super::case::{Story, agree, limit};
use super::SPELLINGS;

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
        cases: &[agree(Upgrade), agree(Sync), agree(Install("bash-4.4.20-4.el8.x86_64"))],
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
];
