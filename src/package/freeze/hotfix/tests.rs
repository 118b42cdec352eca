//! Tables of hotfix releases: what is taken, and everything that is refused.

use super::*;

fn set(nevras: &[&str]) -> PackageSet {
    nevras.iter().map(|nevra| Package::parse(nevra).unwrap()).collect()
}

const BASE: [&str; 9] = [
    "agent-1-1.noarch",
    "bash-4.4.20-4.el8.x86_64",
    "glibc-2.28-1.el8.i686",
    "glibc-2.28-1.el8.x86_64",
    "kernel-uek-5.15.0-1.el8uek.x86_64",
    "perl-libs-4:5.26.3-416.el8.x86_64",
    "php-cli-7.3.20-1.module+el8.2.0+7373+b272fdef.x86_64",
    "ruby-2.5.9-1.module+el8.9.0+1+00000000.x86_64",
    "zsh-5.5.1-9.el8.x86_64",
];

fn base() -> Manifest {
    let header = vec![("kernel policy".to_owned(), "newest".to_owned())];
    let modules = ["php:7.3:8020020200715124551:ceb1cf90", "ruby:2.5"].map(str::to_owned).to_vec();
    Manifest { header, packages: set(&BASE), modules, keys: vec!["82562ea9".to_owned()] }
}

/// Makes a hotfix, and returns what was changed, or what is wrong.
fn hot(
    add: &[&str],
    remove: &[&str],
    upgrade: &[&str],
    offered: Option<&[&str]>,
) -> (Vec<String>, Option<Frozen>) {
    let manifest = base();
    let owned = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    let (add, remove, upgrade) = (owned(add), owned(remove), owned(upgrade));
    let offered = offered.map(set);
    let unmanaged = [Pattern::new("agent*").unwrap()];
    let provenance = Provenance {
        release: "GL1.0.1".to_owned(),
        frozen_at: jiff::Timestamp::UNIX_EPOCH,
        origin: Origin::List(String::new()),
        kernel_policy: None,
        left_out: Vec::new(),
        streams: Vec::new(),
        notes: Vec::new(),
    };
    let plain = |one: Package, other: Package| {
        one.release().contains("ksplice") == other.release().contains("ksplice")
    };
    let known = Known { offered: offered.as_ref(), streams: &[], unmanaged: &unmanaged, is_alike: &plain };
    let wishes = Wishes { add: &add, remove: &remove, upgrade: &upgrade };
    let made = hotfix(&Base { release: "GL1", manifest: &manifest }, &wishes, &known, provenance);
    match made {
        Ok(Hotfix { frozen, changes, alone }) => {
            assert!(alone.is_empty(), "{alone:?}");
            let text = frozen.manifest.to_text();
            assert_eq!(Manifest::parse(&text).as_ref(), Ok(&frozen.manifest), "{text}");
            (changes.iter().map(Change::to_string).collect(), Some(frozen))
        }
        Err(problems) => {
            let text = |problem: Problem| match problem.hint {
                Some(hint) => format!("{} ({hint})", problem.message),
                None => problem.message,
            };
            (problems.into_iter().map(text).collect(), None)
        }
    }
}

#[test]
fn packages_are_added_removed_and_upgraded() {
    let offered = [
        "bash-4.4.20-3.el8.x86_64",
        "bash-4.4.20-5.el8.x86_64",
        "bash-4.4.20-6.el8.x86_64",
        "glibc-2.28-2.el8.i686",
        "glibc-2.28-2.el8.x86_64",
        "glibc-2:2.28-3.ksplice1.el8.x86_64",
        "kernel-uek-5.15.0-2.el8uek.x86_64",
        "kernel-uek-6.12.0-1.el8uek.x86_64",
        "zsh-5.5.1-8.el8.x86_64",
        "acl-2.2.53-3.el8.x86_64",
    ];
    let (changes, frozen) = hot(
        &["acl-2.2.53-3.el8.x86_64", "zsh-5.5.1-8.el8.x86_64"],
        &["perl-libs"],
        &["bash", "glibc", "kernel-uek"],
        Some(&offered),
    );
    assert_eq!(
        changes,
        [
            "added acl-2.2.53-3.el8.x86_64",
            "upgraded bash-4.4.20-4.el8.x86_64 to 4.4.20-6.el8",
            "upgraded glibc-2.28-1.el8.i686 to 2.28-2.el8",
            "upgraded glibc-2.28-1.el8.x86_64 to 2.28-2.el8",
            // Beside the old one, and of its line.
            "added kernel-uek-5.15.0-2.el8uek.x86_64",
            "removed perl-libs-4:5.26.3-416.el8.x86_64",
            "downgraded zsh-5.5.1-9.el8.x86_64 to 5.5.1-8.el8",
        ]
    );
    let manifest = frozen.unwrap().manifest;
    let digest = base().digest();
    assert_eq!(manifest.header("base"), Some(&*format!("GL1 {digest}")));
    assert_eq!(manifest.header("changed"), Some("added acl-2.2.53-3.el8.x86_64"));
    assert_eq!(manifest.header("kernel policy"), Some("all"), "there are two of them now");
    assert_eq!((manifest.packages.len(), manifest.modules.len(), manifest.keys.len()), (10, 2, 1));
}

#[test]
fn twins_that_part_are_told_and_the_kernel_policy_stays() {
    let (_, frozen) = hot(&[], &[], &["glibc"], Some(&["glibc-2.28-2.el8.x86_64"]));
    let frozen = frozen.unwrap();
    assert_eq!(frozen.twins, [set(&["glibc-2.28-1.el8.i686", "glibc-2.28-2.el8.x86_64"]).as_slice()]);
    assert_eq!(frozen.manifest.header("kernel policy"), Some("newest"));
    assert!(frozen.manifest.header("note").is_some_and(|note| note.contains("glibc-2.28-2.el8.x86_64")));
}

#[test]
fn an_upgrade_crosses_no_stream_line_or_flavour() {
    let offered = [
        "perl-libs-4:5.26.3-422.module+el8.6.0+20623+f0897f98.x86_64",
        "php-cli-7.3.33-1.module+el8.2.0+9999+b272fdef.x86_64",
        "php-cli-8.0.1-1.module+el8.2.0+7373+11111111.x86_64",
        "ruby-2.7.0-1.module+el8.9.0+2+11111111.x86_64",
        "kernel-uek-6.12.0-1.el8uek.x86_64",
        "glibc-2:2.28-3.ksplice1.el8.x86_64",
    ];
    let (changes, _) = hot(&[], &[], &["php-cli"], Some(&offered));
    assert_eq!(changes, [format!("upgraded {} to 7.3.33-1.module+el8.2.0+9999+b272fdef", BASE[6])]);
    for (name, current, other) in [
        ("perl-libs", BASE[5], offered[0]),
        ("ruby", BASE[7], offered[3]),
        ("kernel-uek", BASE[4], offered[4]),
        ("glibc", "glibc-2.28-1.el8.i686, glibc-2.28-1.el8.x86_64", offered[5]),
    ] {
        let (problems, made) = hot(&[], &[], &[name], Some(&offered));
        assert_eq!(made, None, "{name}");
        let newer = format!(
            "nothing newer than {current} is on offer ({other} is of another stream, line or flavour"
        );
        assert!(problems.len() == 1 && problems[0].starts_with(&newer), "{problems:?}");
    }
}

#[test]
fn a_modular_package_is_upgraded_within_what_its_stream_lists_or_by_labels() {
    let [old, newer, other] = [
        "perl-libs-4:5.26.3-416.module+el8.3.0+1+3cefc087.x86_64",
        "perl-libs-4:5.26.3-422.module+el8.6.0+2+f0897f98.x86_64",
        "perl-libs-4:5.30.1-450.module+el8.6.0+3+aaaaaaaa.x86_64",
    ];
    let offered = set(&[old, newer, other]);
    let listed = |packages: &[&str]| {
        let status = crate::package::StreamStatus::Enabled;
        let stream = crate::package::ModuleStream { module: "perl".into(), stream: "5.26".into(), status };
        vec![StreamContents { stream, packages: set(packages) }]
    };
    let upgraded = |header: &[(&str, &str)], streams: &[StreamContents]| {
        let header = header.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let modules = vec!["perl:5.26".to_owned()];
        let manifest = Manifest { header, packages: set(&[old]), modules, keys: Vec::new() };
        let provenance = Provenance {
            release: "GL1.0.1".to_owned(),
            frozen_at: jiff::Timestamp::UNIX_EPOCH,
            origin: Origin::List(String::new()),
            kernel_policy: None,
            left_out: Vec::new(),
            streams: Vec::new(),
            notes: Vec::new(),
        };
        let known = Known { offered: Some(&offered), streams, unmanaged: &[], is_alike: &|_, _| true };
        let upgrade = ["perl-libs".to_owned()];
        let wishes = Wishes { upgrade: &upgrade, ..Wishes::default() };
        let made = hotfix(&Base { release: "GL1", manifest: &manifest }, &wishes, &known, provenance);
        let told = |hotfix: Hotfix| {
            let manifest = hotfix.frozen.manifest;
            assert_eq!(manifest.packages, set(&[newer]));
            assert_eq!(hotfix.frozen.streamless, []);
            manifest.headers("stream").map(str::to_owned).collect::<Vec<_>>()
        };
        made.map(told).map_err(|problems| problems[0].hint.clone().unwrap())
    };
    let labels = "perl:5.26 3cefc087 f0897f98";
    assert_eq!(upgraded(&[], &listed(&[old, newer])), Ok(vec![labels.to_owned()]), "the service lists both");
    assert_eq!(upgraded(&[("stream", labels)], &[]), Ok(vec![labels.to_owned()]), "the base has both labels");
    let half = [("stream", "perl:5.26 3cefc087")];
    assert_eq!(upgraded(&half, &listed(&[newer])), Ok(vec![labels.to_owned()]), "each has one of them");
    for (header, streams) in [(&[][..], vec![]), (&half[..], vec![]), (&[][..], listed(&[other]))] {
        let hint = upgraded(header, &streams).unwrap_err();
        assert!(hint.contains("its stream is not known: `--add` takes it by name"), "{hint}");
    }
}

#[test]
fn every_wish_that_cannot_be_granted_is_told_at_once() {
    let (problems, made) = hot(
        &[
            "bash",
            "bash-4.4.20-4.el8.x86_64",
            "agent-2-1.noarch",
            "x-1-1.noarch",
            "x-2-1.noarch",
            "zsh-6-1.el8.x86_64",
        ],
        &["nope", "zsh"],
        &["bash-4.4.20-5.el8.x86_64", "perl-libs", "zsh"],
        None,
    );
    assert_eq!(made, None);
    let starts = [
        "GL1 has no package `nope`",
        "GL1 has no package `bash-4.4.20-5.el8.x86_64` (--upgrade takes a name: --upgrade bash)",
        "nothing newer than perl-libs-4:5.26.3-416.el8.x86_64 is on offer",
        "`zsh` is named twice",
        "`bash` is not `name-",
        "GL1 has bash-4.4.20-4.el8.x86_64 already",
        "agent-2-1.noarch is outside of the train (unmanaged: `agent*`)",
        "x-1-1.noarch is one of 2 versions",
        "x-2-1.noarch is one of 2 versions",
        "`zsh` is named twice, once by zsh-6-1.el8.x86_64",
    ];
    assert_eq!(problems.len(), starts.len(), "{problems:#?}");
    for (problem, start) in problems.iter().zip(starts) {
        assert!(problem.starts_with(start), "{problem} is not {start}");
    }
    let (problems, _) = hot(&["acl-9-1.el8.x86_64"], &[], &[], Some(&["acl-1-1.el8.x86_64"]));
    assert_eq!(
        problems,
        ["no software source offers acl-9-1.el8.x86_64 (on offer of it: acl-1-1.el8.x86_64)"]
    );
    let (problems, _) = hot(&["acl-9-1.el8.x86_64"], &[], &[], Some(&[]));
    assert!(problems[0].contains("look its version up"), "{problems:?}");
}

#[test]
fn an_epoch_that_was_forgotten_is_told() {
    let added = ["perl-libs-5.26.3-422.el8.x86_64"];
    let (problems, made) = hot(&added, &[], &[], None);
    assert_eq!(
        problems,
        ["perl-libs-5.26.3-422.el8.x86_64 has no epoch, and GL1 has perl-libs-4:5.26.3-416.el8.x86_64 \
          (write perl-libs-4:5.26.3-422.el8.x86_64)"]
    );
    assert_eq!(made, None);
    let with = ["perl-libs-4:5.26.3-422.el8.x86_64"];
    assert!(hot(&with, &[], &[], None).1.is_some());
    let (problems, _) = hot(&added, &[], &[], Some(&with));
    assert_eq!(
        problems,
        [
            "no software source offers perl-libs-5.26.3-422.el8.x86_64 (on offer of it: perl-libs-4:5.26.3-422.el8.x86_64)"
        ]
    );
    // A vendor may drop an epoch, and then offers it so.
    assert!(hot(&added, &[], &[], Some(&added)).1.is_some());
}

#[test]
fn packages_of_other_systems_are_told_by_their_releases() {
    let is_for = |text: &str| is_for_major(Package::parse(text).unwrap(), 8);
    for text in [
        "bash-4.4.20-5.el8.x86_64",
        "curl-7.61.1-34.el8_10.2.x86_64",
        "kernel-uek-5.15.0-1.el8uek.x86_64",
        "perl-4:5.26.3-422.module+el8.6.0+1+a.x86_64",
        "tool-1-1.noarch",
    ] {
        assert!(is_for(text), "{text}");
    }
    for text in ["bash-4.2.46-35.el7_9.x86_64", "bash-5.1.8-9.el9.x86_64", "x-1-1.module+el9.1.0+1+a.noarch"]
    {
        assert!(!is_for(text), "{text}");
    }
}

#[test]
fn a_kernel_that_comes_without_its_other_packages_is_told() {
    let text = [
        "kernel-uek-5.15.0-1.x86_64",
        "kernel-uek-core-5.15.0-1.x86_64",
        "kernel-uek-modules-5.15.0-1.x86_64",
    ];
    let manifest = Manifest { packages: set(&text), ..Manifest::default() };
    let add = ["kernel-uek-5.15.0-2.x86_64", "kernel-uek-core-5.15.0-2.x86_64"].map(str::to_owned);
    let provenance = Provenance {
        release: "GL1.0.1".to_owned(),
        frozen_at: jiff::Timestamp::UNIX_EPOCH,
        origin: Origin::List(String::new()),
        kernel_policy: None,
        left_out: Vec::new(),
        streams: Vec::new(),
        notes: Vec::new(),
    };
    let known = Known { offered: None, streams: &[], unmanaged: &[], is_alike: &|_, _| true };
    let wishes = Wishes { add: &add, ..Wishes::default() };
    let base = Base { release: "GL1", manifest: &manifest };
    let Hotfix { frozen, alone, .. } = hotfix(&base, &wishes, &known, provenance).unwrap();
    let lacks: Vec<String> =
        alone.iter().map(|(package, names)| format!("{package}: {}", names.join(" "))).collect();
    assert_eq!(lacks, add.map(|package| format!("{package}: kernel-uek-modules")));
    assert!(
        frozen.manifest.header("note").is_some_and(|note| note.contains("came without kernel-uek-modules"))
    );
    assert_eq!(frozen.several.len(), 2, "those of the base alone are not told");
}
