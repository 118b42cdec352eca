//! Whether a group may be moved to another release, and what a move back cannot undo. Left out: how the train file is
//! edited, which is [`crate::train::edit`]'s.

use thiserror::Error;

use crate::name::{self, GroupName, ReleaseName};
use crate::package::{Delta, DeltaKind, Package};
use crate::train::{Group, Release, Train};

/// A group and the release that it is to ride.
#[derive(Clone, Copy, Debug)]
pub struct Promotion<'a> {
    /// The group.
    pub group: &'a Group,
    /// The release that it rides.
    pub from: &'a Release,
    /// The release that it is to ride.
    pub to: &'a Release,
    /// Where the way leads.
    pub way: Way,
}

/// Where a promotion leads, in the order of the train's releases: that in which a fleet moves from one to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Nowhere: the group rides that release.
    Nowhere,
    /// To a later release.
    Forward,
    /// To an earlier one: a rollback.
    Back,
}

/// Why a group is not moved. The way out is [`PromotionError::hint`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PromotionError {
    /// The train has no such release.
    #[error("train `{train}` has no release `{name}`")]
    Release {
        /// The train.
        train: String,
        /// What was asked for.
        name: ReleaseName,
        /// What the train has.
        hint: String,
    },
    /// The train has no such group.
    #[error("train `{train}` has no group `{name}`")]
    Group {
        /// The train.
        train: String,
        /// What was asked for.
        name: GroupName,
        /// What the train has.
        hint: String,
    },
    /// It would ride a later release than groups that it comes after.
    #[error("group `{group}` comes after {}: it cannot ride `{release}`, which is later", ahead(waits))]
    Passes {
        /// The group.
        group: GroupName,
        /// The release that it would ride.
        release: ReleaseName,
        /// The groups that it would pass, each with the release that it rides.
        waits: Vec<(GroupName, ReleaseName)>,
    },
    /// The source of the release is to go, or is gone.
    #[error("release `{0}` is retired: its source is deleted once nothing rides it")]
    Retired(ReleaseName),
}

fn ahead(waits: &[(GroupName, ReleaseName)]) -> String {
    let each: Vec<String> =
        waits.iter().map(|(group, release)| format!("`{group}`, which rides `{release}`")).collect();
    each.join(", and ")
}

impl PromotionError {
    /// Returns what to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Release { hint, .. } | Self::Group { hint, .. } => hint.clone(),
            Self::Passes { release, waits, .. } => {
                let first: Vec<String> = waits
                    .iter()
                    .map(|(group, _)| format!("`patchtrain promote {release} --to {group}`"))
                    .collect();
                format!("promote {} first: {}", words(waits), first.join(", "))
            }
            Self::Retired(_) => "choose another release, or delete its `retired`".to_owned(),
        }
    }
}

fn words(waits: &[(GroupName, ReleaseName)]) -> &'static str {
    if waits.len() == 1 { "that group" } else { "those groups" }
}

/// Returns what a wrong name was meant to be, or what there is.
pub fn suggestion<'a>(wanted: &str, known: impl Iterator<Item = &'a str> + Clone, what: &str) -> String {
    match name::nearest(wanted, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => match known.collect::<Vec<_>>() {
            none if none.is_empty() => format!("there are no {what} in it yet"),
            some => format!("the {what} are: {}", some.join(", ")),
        },
    }
}

/// Decides whether a group may ride a release: not a later one than the groups that it comes after.
pub fn promotion<'a>(
    train: &'a Train,
    release: &ReleaseName,
    group: &GroupName,
) -> Result<Promotion<'a>, PromotionError> {
    let place = |name: &ReleaseName| train.releases.iter().position(|known| known.name == *name);
    let unknown = |name: &ReleaseName| PromotionError::Release {
        train: train.name.to_string(),
        name: name.clone(),
        hint: suggestion(name.as_str(), train.releases.iter().map(|known| known.name.as_str()), "releases"),
    };
    let to = place(release).ok_or_else(|| unknown(release))?;
    let found = train.group(group).ok_or_else(|| PromotionError::Group {
        train: train.name.to_string(),
        name: group.clone(),
        hint: suggestion(group.as_str(), train.groups.iter().map(|known| known.name.as_str()), "groups"),
    })?;
    let from = place(&found.release).ok_or_else(|| unknown(&found.release))?;
    let way = match to.cmp(&from) {
        std::cmp::Ordering::Equal => Way::Nowhere,
        std::cmp::Ordering::Greater => Way::Forward,
        std::cmp::Ordering::Less => Way::Back,
    };
    // What leads back leads towards those that it comes after.
    if way == Way::Forward {
        let waits: Vec<(GroupName, ReleaseName)> = found
            .after
            .iter()
            .filter_map(|name| train.group(name))
            .filter(|before| place(&before.release).is_some_and(|place| place < to))
            .map(|before| (before.name.clone(), before.release.clone()))
            .collect();
        if !waits.is_empty() {
            let (group, release) = (group.clone(), release.clone());
            return Err(PromotionError::Passes { group, release, waits });
        }
    }
    let (from, to) = (&train.releases[from], &train.releases[to]);
    if to.retired && way != Way::Nowhere {
        return Err(PromotionError::Retired(release.clone()));
    }
    Ok(Promotion { group: found, from, to, way })
}

impl Promotion<'_> {
    /// Returns the groups that come after this one and would ride a later release than it, once it is moved back.
    pub fn left_ahead<'t>(&self, train: &'t Train) -> Vec<&'t Group> {
        let place = |name: &ReleaseName| train.releases.iter().position(|known| known.name == *name);
        let here = place(&self.to.name);
        let follows = |other: &&Group| other.after.contains(&self.group.name) && place(&other.release) > here;
        if self.way == Way::Back { train.groups.iter().filter(follows).collect() } else { Vec::new() }
    }
}

/// What a move to another release leaves as it is, in packages by name and architecture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Irreversible {
    /// Newer than the earlier release has them: an update never downgrades, so that instances will be ahead.
    pub newer: usize,
    /// Of several versions (kernels): the newest stays, and an instance goes on booting it.
    pub kernels: usize,
    /// Only the later release has them: they stay installed.
    pub stay: usize,
    /// Only the earlier release has them. One that something obsoletes does not come back, and another only where
    /// something needs it.
    pub absent: usize,
    /// Of another module stream: an update does not switch streams back.
    pub streams: usize,
}

impl Irreversible {
    /// Counts them in the way from one release to another. In a move forward only what is older in the later release
    /// counts: a hotfix may have brought what the next release does not have yet. That it brings and drops packages is
    /// what such a move is for.
    pub fn of(delta: &Delta, way: Way) -> Self {
        let mut what = Self::default();
        for entry in &delta.entries {
            let is_older = match (entry.old.last(), entry.new.last()) {
                (Some(old), Some(new)) => old.cmp_evr(*new).is_gt(),
                _ => false,
            };
            // One kernel each is a downgrade by its versions alone: the newer one stays beside the older one.
            let is_kernel = entry.key().is_some_and(Package::is_install_only);
            match entry.kind {
                DeltaKind::Downgraded if !is_kernel => what.newer += 1,
                DeltaKind::Downgraded | DeltaKind::SetChanged => what.kernels += usize::from(is_older),
                _ if way == Way::Forward => {}
                DeltaKind::Removed => what.stay += 1,
                DeltaKind::Added | DeltaKind::Renamed => what.absent += 1,
                DeltaKind::StreamChanged => what.streams += 1,
                DeltaKind::Upgraded => {}
            }
        }
        what
    }

    /// Tells whether the way back brings all back.
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::package::{Package, PackageSet};

    fn train(canary: &str, web: &str) -> Train {
        let one = |name: &'static str| (name, "bash-4.4.20-5.el8.x86_64\n");
        let groups = sample::group("canary", canary, &[]) + &sample::group("web", web, &["canary"]);
        sample::train(
            &[one("GL1"), one("GL1.1"), one("GL2"), ("GL3 retired = true", "zsh-5-1.x86_64\n")],
            &groups,
        )
    }

    fn way(train: &Train, release: &str, group: &str) -> Result<Way, (String, String)> {
        let found = promotion(train, &ReleaseName::new(release), &GroupName::new(group));
        found.map(|found| found.way).map_err(|error| (error.to_string(), error.hint()))
    }

    #[test]
    fn a_group_follows_those_it_comes_after_and_never_passes_them() {
        let at_once = train("GL1.1", "GL1");
        assert_eq!(way(&at_once, "GL1.1", "web"), Ok(Way::Forward));
        assert_eq!(way(&at_once, "GL1", "web"), Ok(Way::Nowhere));
        assert_eq!(way(&at_once, "GL2", "canary"), Ok(Way::Forward));
        assert_eq!(way(&at_once, "GL1", "canary"), Ok(Way::Back));
        let (error, hint) = way(&at_once, "GL2", "web").unwrap_err();
        assert!(error.contains("`web` comes after `canary`, which rides `GL1.1`"), "{error}");
        assert!(hint.contains("`patchtrain promote GL2 --to canary`"), "{hint}");
        // Where somebody has passed already, the way back is free.
        assert_eq!(way(&train("GL1", "GL2"), "GL1.1", "web"), Ok(Way::Back));
    }

    #[test]
    fn names_that_nobody_has_are_told_from_those_that_somebody_has() {
        let train = train("GL1", "GL1");
        assert_eq!(way(&train, "GL1.2", "web").unwrap_err().1, "did you mean `GL1.1`?");
        assert_eq!(way(&train, "nonsense", "web").unwrap_err().1, "the releases are: GL1, GL1.1, GL2, GL3");
        assert_eq!(way(&train, "GL1", "wbe").unwrap_err().1, "did you mean `web`?");
        assert!(way(&train, "GL3", "canary").unwrap_err().0.contains("is retired"));
        assert_eq!(suggestion("x", [].into_iter(), "releases"), "there are no releases in it yet");
    }

    #[test]
    fn a_move_back_leaves_followers_ahead() {
        let train = train("GL2", "GL1.1");
        let ahead = |release: &str| {
            let found = promotion(&train, &ReleaseName::new(release), &GroupName::new("canary")).unwrap();
            found.left_ahead(&train).iter().map(|group| group.name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(ahead("GL1"), ["web"]);
        assert_eq!(ahead("GL1.1"), [""; 0]);
    }

    #[test]
    fn what_a_move_back_cannot_undo_is_counted() {
        let set = |texts: &[&str]| -> PackageSet {
            texts.iter().map(|text| Package::parse(text).unwrap()).collect()
        };
        let late = set(&[
            "bash-2-1.x86_64",
            "came-1-1.x86_64",
            "kernel-1-1.x86_64",
            "kernel-2-1.x86_64",
            "perl-2-1.module+el8.x86_64",
            "up-1-1.x86_64",
        ]);
        let early = set(&[
            "bash-1-1.x86_64",
            "went-1-1.x86_64",
            "kernel-1-1.x86_64",
            "perl-1-1.x86_64",
            "up-2-1.x86_64",
        ]);
        let delta = Delta::between(&late, &early);
        let found = Irreversible::of(&delta, Way::Back);
        assert_eq!(found, Irreversible { newer: 1, kernels: 1, stay: 1, absent: 1, streams: 1 });
        // What leads forward takes and drops packages; only what is older there does not come.
        let forward = Irreversible { newer: 1, kernels: 1, ..Irreversible::default() };
        assert_eq!(Irreversible::of(&delta, Way::Forward), forward);
        for way in [Way::Back, Way::Forward] {
            assert!(Irreversible::of(&Delta::between(&late, &late), way).is_nothing());
        }
    }

    #[test]
    fn the_one_kernel_of_a_release_stays_beside_the_older_one() {
        let set = |texts: &[&str]| -> PackageSet {
            texts.iter().map(|text| Package::parse(text).unwrap()).collect()
        };
        let late = set(&["kernel-uek-2-1.x86_64", "kernel-uek-core-2-1.x86_64", "zsh-2-1.x86_64"]);
        let early = set(&["kernel-uek-1-1.x86_64", "kernel-uek-core-1-1.x86_64", "zsh-1-1.x86_64"]);
        let back = Irreversible { newer: 1, kernels: 2, ..Irreversible::default() };
        assert_eq!(Irreversible::of(&Delta::between(&late, &early), Way::Back), back);
        assert!(Irreversible::of(&Delta::between(&early, &late), Way::Back).is_nothing());
    }
}
