//! One workspace whose applies are killed, once or a few times, and then left to finish.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use patchtrain::cli::exit;

use super::books::{self, Deed, Phase, Picture};
use super::place::Place;
use super::process::{Moment, Process};
use crate::support::rng::Rng;
use crate::support::{Served, Workspace};

const PLAN: &str = "reviewed.plan";
const FRESH: [&str; 2] = ["apply", "--auto-approve"];
const SAVED: [&str; 2] = ["apply", PLAN];

/// What is to be applied, and how that goes when nobody disturbs it.
pub(super) struct Job {
    pub(super) name: &'static str,
    /// The workspace before.
    pub(super) start: BTreeMap<PathBuf, Vec<u8>>,
    /// How long it takes.
    time: Duration,
    /// How many lines it says.
    lines: usize,
    /// The world after.
    picture: Picture,
}

/// Where a run was when it was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hit {
    pub(super) phase: Phase,
    /// Whether another process served the world.
    pub(super) separate: bool,
    /// Whether a saved plan ran.
    pub(super) saved: bool,
    /// Whether it had been killed before.
    pub(super) again: bool,
    /// Where the state was.
    pub(super) place: Place,
}

impl Job {
    /// Applies it undisturbed, and leaves the workspace at its end.
    pub(super) fn try_out(name: &'static str, workspace: &Workspace) -> Self {
        let start = workspace.files();
        let ended = Process::start(workspace, &FRESH).end().expect(exit::DONE);
        let picture = Picture::of(&books::deeds(workspace));
        let made = picture.counts.iter().filter(|(key, _)| key.starts_with("create-"));
        assert!(made.clone().count() >= 5 && made.clone().all(|(_, count)| *count == 1), "{picture:?}");
        assert!(picture.riding.len() > 20, "{picture:?}");
        Self { name, start, time: ended.took, lines: ended.said.len(), picture }
    }

    /// Draws when to kill: often in the first milliseconds, else anywhere, by time or by step.
    fn moment(&self, rng: &mut Rng, again: bool) -> Moment {
        let mut up_to = |time: Duration| time * rng.below(1000) as u32 / 1000;
        let (instant, jitter) = (up_to(Duration::from_millis(60)), up_to(Duration::from_millis(12)));
        // What is left of a run that was killed is less.
        let whole = if again { self.time * 2 / 3 } else { self.time * 6 / 5 };
        let time = up_to(whole);
        let lines = rng.below(if again { self.lines * 2 / 3 } else { self.lines } + 1);
        match rng.below(100) {
            0..12 => Moment::Time(instant),
            12..40 => Moment::Time(time),
            // Sources are made, and books closed, within milliseconds.
            40..55 => Moment::Lines(rng.below(12), jitter),
            55..63 => Moment::LastStep(jitter),
            _ => Moment::Lines(lines, jitter),
        }
    }

    /// Kills one to three applies, and has the next one finish. Every claim of ours about kills is checked here.
    pub(super) fn kill_and_finish(
        &self,
        workspace: &Workspace,
        place: Place,
        mut rng: Rng,
        hit: impl Fn(Hit),
    ) {
        let rng = &mut rng;
        place.move_into(workspace);
        let mut served = rng.chance(70).then(|| Served::start(workspace, &[]));
        let saved = rng.chance(30);
        if saved {
            workspace.run(&["plan", "--out", PLAN]).expect(exit::DONE);
        }
        let kills = *rng.pick(&[1, 1, 1, 2, 3]);
        let mut known = Known::default();
        for round in 0..kills {
            let arguments = if saved { SAVED } else { FRESH };
            let serial = serial(workspace, place);
            let process = Process::start(workspace, &arguments);
            let id = process.id();
            let ended = process.kill(self.moment(rng, round > 0));
            if served.is_some() && rng.chance(20) {
                // As when the power fails: who serves is killed too.
                served = None;
            }
            assert!(served.as_mut().is_none_or(Served::is_alive), "the simulator ended by itself");
            let books = books::read(workspace, place, id, serial);
            known.learn(&books, books::deeds(workspace));
            if ended.killed {
                hit(Hit { phase: books.phase, separate: served.is_some(), saved, again: round > 0, place });
            } else {
                ended.expect(exit::DONE);
            }
            // The state opens, whatever the moment was, and looking at it changes nothing.
            let before = workspace.files();
            workspace.run(&["show"]).expect(exit::DONE);
            if served.is_none() && place == Place::Folder {
                assert!(workspace.files() == before, "show changed something");
            }
            place.unlock(workspace);
            if served.is_none() && rng.chance(30) {
                served = Some(Served::start(workspace, &[]));
            }
            if books.used_up && books.phase == Phase::After {
                break;
            }
        }
        self.finish(workspace, &known, saved && rng.chance(80));
    }

    fn finish(&self, workspace: &Workspace, known: &Known, saved: bool) {
        if saved {
            let ended = Process::start(workspace, &SAVED).end();
            // One whose steps are all done may not be run again.
            ended.expect(if known.used_up { exit::REFUSED } else { exit::DONE });
        }
        Process::start(workspace, &FRESH).end().expect(exit::DONE);
        let deeds = books::deeds(workspace);
        known.check(&deeds);
        let differences = Picture::of(&deeds).differences(&self.picture);
        assert!(differences.is_empty(), "another end than without kills:\n  {}", differences.join("\n  "));
        workspace.run(&["plan", "--detailed-exitcode"]).expect(exit::DONE);
        assert_eq!(books::deeds(workspace).len(), deeds.len(), "a plan changed the world");
    }
}

/// Reads the serial that the state has, with what a killed run left in the journal not counted.
fn serial(workspace: &Workspace, place: Place) -> u64 {
    let (state, journal) = place.read(workspace);
    let state: Option<patchtrain::state::State> = state.map(|text| serde_json::from_str(&text).unwrap());
    let counted = u64::from(place != Place::Folder && journal.is_some());
    state.map_or(0, |state| state.serial.saturating_sub(counted))
}

/// What the journals of the killed runs knew as done, each with the length that the world's log had by then.
#[derive(Default)]
struct Known {
    kills: Vec<(BTreeSet<String>, Vec<Deed>)>,
    used_up: bool,
}

impl Known {
    fn learn(&mut self, books: &books::Books, deeds: Vec<Deed>) {
        let keys: BTreeSet<&String> = deeds.iter().map(|deed| &deed.key).collect();
        let undone: Vec<&String> = books.called.iter().filter(|key| !keys.contains(key)).collect();
        assert!(undone.is_empty(), "the journal says done, and the service does not: {undone:?}");
        self.kills.push((books.done.clone(), deeds));
        self.used_up = books.used_up && books.phase == Phase::After;
    }

    /// No call that a journal knew as done was made again.
    fn check(&self, all: &[Deed]) {
        for (done, before) in &self.kills {
            assert!(all.starts_with(before), "the world's log was rewritten");
            let finished = before.iter().filter(|deed| done.contains(&deed.key));
            let packages: BTreeSet<_> = finished.flat_map(|deed| &deed.packages).collect();
            for deed in &all[before.len()..] {
                assert!(!done.contains(&deed.key), "{} was known as done, and done again", deed.key);
                let again = deed.packages.iter().find(|package| packages.contains(package));
                assert!(again.is_none(), "{} adds {again:?}, which was known as added", deed.key);
            }
        }
    }
}
