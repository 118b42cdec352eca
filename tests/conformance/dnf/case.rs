//! A story as data, and what of it is ours to say: what the agents of the simulator leave, what the verdict of
//! conformance foretells and finds, and how the delta calls what happened.

use std::collections::{BTreeMap, BTreeSet};

use patchtrain::conformance::{Lag, StreamGap, Verdict, stream_gaps};
use patchtrain::observed::Inventory;
use patchtrain::package::{
    Delta, DeltaKind, Lore, ModuleStream, Package, PackageSet, StreamName, StreamStatus, Streams,
};
use patchtrain::simulator::{Ask, Trial};

use super::stories::{OBSOLETES, STREAMS};

/// A host, its sources, and what is asked for.
#[derive(Clone, Copy)]
pub(super) struct Story {
    pub(super) name: &'static str,
    pub(super) story: &'static str,
    pub(super) installed: &'static str,
    /// Names and contents. A source whose name ends in `+` tells of the module streams of its packages.
    pub(super) sources: &'static [(&'static str, &'static str)],
    /// The stream that somebody enabled.
    pub(super) enabled: &'static str,
    /// The package whose kernel runs.
    pub(super) running: &'static str,
    pub(super) cases: &'static [Case],
}

impl Story {
    /// Without anything.
    pub(super) const PLAIN: Self =
        Self { name: "", story: "", installed: "", sources: &[], enabled: "", running: "", cases: &[] };
}

/// What dnf is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    Upgrade,
    /// No service does it: it stands for `enforce = "exact"`, and what the delta says of it.
    Sync,
    Install(&'static str),
}

/// What of ours does not end as dnf does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Off {
    /// OSMS's agent.
    Osms,
    /// The hub's.
    Hub,
    /// The verdict of conformance.
    Verdict,
    /// The delta.
    Delta,
}

#[derive(Clone, Copy)]
pub(super) struct Case {
    pub(super) words: Words,
    /// The heading in `docs/limits.md`, and what is off.
    pub(super) limit: Option<(&'static str, &'static [Off])>,
}

/// A case in which all end alike.
pub(super) const fn agree(words: Words) -> Case {
    Case { words, limit: None }
}

/// A case in which they do not, and that is known.
pub(super) const fn limit(words: Words, heading: &'static str, off: &'static [Off]) -> Case {
    Case { words, limit: Some((heading, off)) }
}

/// What dnf ended with.
#[derive(Clone, Debug, serde::Deserialize)]
pub(super) struct Judged {
    pub(super) code: i32,
    pub(super) before: Vec<String>,
    pub(super) after: Vec<String>,
    /// Its words, each with a NEVRA.
    pub(super) actions: Vec<(String, String)>,
    pub(super) said: String,
}

/// A claim of ours that dnf does not bear out, or one that it does.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) of: Off,
    /// What we say, in a line.
    pub(super) said: String,
    /// What is wrong with it; nothing where dnf agrees.
    pub(super) wrong: Option<String>,
}

/// Reads packages; `[postgresql:15]` becomes the stream's label.
pub(super) fn packages(text: &str) -> PackageSet {
    text.split_whitespace()
        .map(|word| Package::parse(&expand(word)).unwrap_or_else(|e| panic!("{e}")))
        .collect()
}

fn expand(word: &str) -> String {
    let Some((before, rest)) = word.split_once('[') else { return word.to_owned() };
    let (stream, after) = rest.split_once(']').unwrap_or_else(|| panic!("{word} has a stream"));
    format!("{before}module+el8.9.0+1+{}{after}", label(stream))
}

/// `NAME:STREAM:VERSION:CONTEXT` of a stream.
pub(super) fn spec(stream: &str) -> String {
    assert!(STREAMS.iter().any(|(known, _)| *known == stream), "{stream} is in the table of streams");
    format!("{stream}:8090020240101000000:c0ffee00")
}

/// What the releases of a stream's packages end in, as its build system makes it.
fn label(stream: &str) -> String {
    let text = spec(stream).replace(':', ".");
    let sum = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    sum.as_ref()[..4].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The stream that a package is of.
pub(super) fn stream_of(package: Package) -> Option<&'static str> {
    let (_, found) = package.release().rsplit_once('+')?;
    STREAMS.iter().map(|(stream, _)| *stream).find(|stream| label(stream) == found)
}

/// What each name obsoletes.
fn obsoletes() -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, _, what) in OBSOLETES {
        let what = what.split_whitespace().next().unwrap_or_default();
        all.entry((*name).to_owned()).or_default().insert(what.to_owned());
    }
    all
}

impl Story {
    pub(super) fn sources(&self) -> Vec<(&'static str, PackageSet, bool)> {
        let source = |(name, text): &(&'static str, &'static str)| {
            (name.trim_end_matches('+'), packages(text), name.ends_with('+'))
        };
        self.sources.iter().map(source).collect()
    }

    /// All that the sources hold: what conformance takes for the release.
    fn release(&self) -> PackageSet {
        let sources = self.sources();
        sources.iter().flat_map(|(_, packages, _)| packages.iter()).collect()
    }

    /// Holds all that is ours to say of a case against what dnf ended with.
    pub(super) fn claims(&self, words: Words, judged: &Judged) -> Vec<Claim> {
        let (before, after) = (packages(self.installed), set(&judged.after));
        assert_eq!(set(&judged.before), before, "{}: rpm lists what was put in", self.name);
        let mut claims = self.agents(words, &before, &after, judged.code != 0);
        if words == Words::Upgrade || words == Words::Sync {
            claims.push(self.verdict(words, &before, &after));
        }
        claims.push(self.delta(&before, &after, judged));
        claims
    }

    fn agents(&self, words: Words, before: &PackageSet, after: &PackageSet, failed: bool) -> Vec<Claim> {
        let ask = match words {
            Words::Upgrade => Ask::UpdateAll,
            Words::Install(which) => {
                Ask::Install(which.split_whitespace().map(|word| packages(word).as_slice()[0]).collect())
            }
            Words::Sync => return Vec::new(),
        };
        let running = packages(self.running);
        let running = running.iter().map(|p| format!("{}-{}.{}", p.version(), p.release(), p.arch())).next();
        let trial = Trial {
            installed: before.clone(),
            running: running.unwrap_or_default(),
            sources: self.sources().into_iter().map(|(_, packages, modules)| (packages, modules)).collect(),
            enabled: self
                .enabled
                .split_once(':')
                .map(|(m, s)| (m.to_owned(), s.to_owned()))
                .into_iter()
                .collect(),
        };
        let mut asked = Vec::new();
        // OSMS takes one package at a time: several are several transactions, which dnf was not asked for.
        if !matches!(&ask, Ask::Install(many) if many.len() > 1) {
            asked.push((Off::Osms, trial.by_osms(&ask, true)));
        }
        // All sources of the hub tell of module streams.
        let untold =
            |(packages, told): &(PackageSet, bool)| !told && packages.iter().any(Package::is_modular);
        if !trial.sources.iter().any(untold) {
            asked.push((Off::Hub, trial.by_hub(&ask, true)));
        }
        let claim = |(of, (left, why)): (Off, (PackageSet, Option<String>))| {
            let wrong = match (left == *after, why.is_some() == failed) {
                (true, true) => None,
                (true, false) => Some("one fails and the other does not".to_owned()),
                _ => Some(format!("dnf leaves {}", change(before, after))),
            };
            let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
            Claim { of, said: format!("{}{why}", change(before, &left)), wrong }
        };
        asked.into_iter().map(claim).collect()
    }

    /// Holds what the verdict before foretells, and the verdict after, against what became of the host: what is
    /// `behind` comes with an update and nothing else does; what is `ahead` comes back with distro-sync alone, but for
    /// kernels, which stand beside; `extra` and `missing` stay.
    fn verdict(&self, words: Words, before: &PackageSet, after: &PackageSet) -> Claim {
        let release = self.release();
        let of = |installed: &PackageSet| {
            let inventory = Inventory { installed: installed.clone(), unsourced: PackageSet::default() };
            Verdict::of(&inventory, &release, &[])
        };
        let (was, is) = (of(before), of(after));
        let kept = self.kept_back(&was);
        let comes = |lag: &&Lag| !kept.iter().any(|gap| is_of(lag.release, gap));
        let mut expected: Vec<Package> = was.behind.iter().filter(comes).map(|lag| lag.release).collect();
        if words == Words::Sync {
            let back = was.ahead.iter().filter(comes).map(|lag| lag.release);
            expected.extend(back.filter(|package| !before.contains(*package)));
        }
        let mut wrong = Vec::new();
        let came = after.difference(before);
        if PackageSet::new(expected.clone()) != PackageSet::new(came.clone()) {
            wrong.push(format!("to come are {expected:?}, and {came:?} came"));
        }
        let left: Vec<&Lag> = is.behind.iter().filter(comes).collect();
        if !left.is_empty() {
            wrong.push(format!("afterwards it is still behind: {left:?}"));
        }
        let stays = |lag: &&Lag| words == Words::Upgrade || lag.release.is_install_only() || !comes(lag);
        let ahead: Vec<Lag> = was.ahead.iter().filter(stays).copied().collect();
        if ahead != is.ahead {
            wrong.push(format!("ahead should be {ahead:?}, and is {:?}", is.ahead));
        }
        if (&was.extra, &was.missing) != (&is.extra, &is.missing) {
            wrong.push(format!("extra and missing are {:?} and {:?}", is.extra, is.missing));
        }
        let said = |verdict: &Verdict| {
            let Verdict { behind, ahead, extra, missing, unmanaged: _, exact } = verdict;
            let counts = [behind.len(), ahead.len(), extra.len(), missing.len()];
            let [behind, ahead, extra, missing] = counts;
            format!("{behind} behind, {ahead} ahead, {extra} extra, {missing} missing, {exact} exact")
        };
        let gaps: String = kept.iter().map(|gap| format!("; kept back: {gap}")).collect();
        let said = format!("before {}, after {}{gaps}", said(&was), said(&is));
        Claim { of: Off::Verdict, said, wrong: (!wrong.is_empty()).then(|| wrong.join("; ")) }
    }

    /// The streams of the release that keep updates back, by what the instance has enabled.
    fn kept_back(&self, verdict: &Verdict) -> Vec<StreamGap> {
        let told = self.sources().into_iter().filter(|(.., told)| *told);
        let told: BTreeSet<&str> = told
            .flat_map(|(_, packages, _)| packages.iter().filter_map(stream_of).collect::<Vec<_>>())
            .collect();
        let seen: Vec<ModuleStream> = told.iter().map(|stream| seen(stream, self.enabled)).collect();
        let release: Vec<String> = told.iter().map(|stream| spec(stream)).collect();
        let gaps = stream_gaps(&release, &seen, verdict);
        gaps.into_iter().filter(StreamGap::keeps_back).collect()
    }

    fn delta(&self, before: &PackageSet, after: &PackageSet, judged: &Judged) -> Claim {
        let specs: Vec<String> = STREAMS.iter().map(|(stream, _)| spec(stream)).collect();
        let streams = Streams::of_specs(&specs);
        let lore = Lore { old: streams.clone(), new: streams, obsoletes: obsoletes() };
        let delta = Delta::knowing(before, after, &lore);
        let mut ours: Vec<(String, String)> = Vec::new();
        for entry in &delta.entries {
            let come: Vec<Package> =
                entry.new.iter().copied().filter(|new| !entry.old.contains(new)).collect();
            let gone: Vec<Package> =
                entry.old.iter().copied().filter(|old| !entry.new.contains(old)).collect();
            for (word, package) in words_of(entry.kind, &come, &gone) {
                ours.push((word.to_owned(), package.to_string()));
            }
        }
        let mut theirs: Vec<(String, String)> = judged.actions.clone();
        // Whether it is there for its own sake or for another's is nothing that we tell.
        theirs.retain(|(word, _)| word != "reason-change");
        ours.sort_unstable();
        theirs.sort_unstable();
        theirs.dedup();
        let kinds: Vec<String> = DeltaKind::ALL
            .iter()
            .filter(|kind| delta.count(**kind) > 0)
            .map(|kind| format!("{} {}", delta.count(*kind), kind.word()))
            .collect();
        let said = if kinds.is_empty() { "no change".to_owned() } else { kinds.join(", ") };
        let same = judged.code != 0 && before == after || ours == theirs;
        Claim { of: Off::Delta, said, wrong: (!same).then(|| format!("ours {ours:?}, dnf's {theirs:?}")) }
    }
}

/// dnf's words for what came and went of one (name, architecture), or of a rename.
fn words_of(kind: DeltaKind, come: &[Package], gone: &[Package]) -> Vec<(&'static str, Package)> {
    let pair = |come: &'static str, gone: &'static str| (come, gone);
    let (comes, goes) = match (kind, come.last(), gone.last()) {
        (DeltaKind::Renamed, ..) => pair("install", "obsoleted"),
        // Kernels, which stand beside each other.
        (_, Some(new), _) if new.is_install_only() => pair("install", "remove"),
        (_, Some(new), Some(old)) => match new.cmp_evr(*old) {
            std::cmp::Ordering::Less => pair("downgrade", "downgraded"),
            std::cmp::Ordering::Equal => pair("reinstall", "reinstalled"),
            std::cmp::Ordering::Greater => pair("upgrade", "upgraded"),
        },
        _ => pair("install", "remove"),
    };
    let newest = gone.last().copied();
    // Of two versions that one replaces, dnf calls the older obsoleted.
    let goes = move |old: Package| if goes == "upgraded" && Some(old) != newest { "obsoleted" } else { goes };
    let come = come.iter().map(|new| (comes, *new));
    come.chain(gone.iter().map(|old| (goes(*old), *old))).collect()
}

fn set(nevras: &[String]) -> PackageSet {
    nevras.iter().map(|text| Package::parse(text).unwrap_or_else(|error| panic!("{error}"))).collect()
}

fn is_of(package: Package, gap: &StreamGap) -> bool {
    package.is_modular() && package.name().starts_with(&*gap.release.module)
}

/// How a host stands to a stream, as the services tell it.
fn seen(stream: &str, enabled: &str) -> ModuleStream {
    let StreamName { module, stream: name } = StreamName::parse(stream).unwrap();
    let rival = enabled.split_once(':').is_some_and(|(other, _)| *other == *module);
    let status = match STREAMS.iter().find(|(known, _)| *known == stream) {
        _ if stream == enabled => StreamStatus::Enabled,
        Some((_, true)) if !rival => StreamStatus::Active,
        _ => StreamStatus::Disabled,
    };
    ModuleStream { module, stream: name, status }
}

/// What is different afterwards, in a line.
pub(super) fn change(before: &PackageSet, after: &PackageSet) -> String {
    let gone = before.difference(after).into_iter().map(|package| format!("-{package}"));
    let come = after.difference(before).into_iter().map(|package| format!("+{package}"));
    let all: Vec<String> = gone.chain(come).collect();
    if all.is_empty() { "as it was".to_owned() } else { all.join(" ") }
}
