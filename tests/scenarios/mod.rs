//! Stories of the whole pipeline in this process: the real planner, executor, dialect, signing, paging and retry
//! against the simulator, on tokio's paused clock, so that days pass in seconds.
//!
//! A story is a text file here. A line is something that is done: an edit of the train, something that happens in the
//! world, or a command; [`Story::step`] lists them. Under a command, `>` names words that it must say, in this order, and
//! `!` words that it must not say. A `#` begins a comment.

#![expect(clippy::print_stdout, reason = "a story that fails shows how far it got")]

mod edits;
mod hands;
mod happens;
mod hub;
mod ill;
mod on_the_hub;
mod sky;
mod stage;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use patchtrain::name::{GroupName, ReleaseName};
use patchtrain::op::Api;
use patchtrain::package::StreamName;
use patchtrain::plan::Plan;
use patchtrain::simulator::Switches;
use patchtrain::state::Paused;
use tokio::sync::watch;

use sky::{Passed, Weather};
use stage::{Ran, Stage};

macro_rules! stories {
    ($($name:ident),* $(,)?) => {
        $(#[tokio::test(start_paused = true)]
        async fn $name() {
            tell(stringify!($name), None).await;
        })*

        #[test]
        fn every_story_is_told() {
            let mut told = vec![$(concat!(stringify!($name), ".story").to_owned()),*];
            let files = std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name());
            let mut there: Vec<String> = files
                .map(|name| name.into_string().unwrap())
                .filter(|name| name.ends_with(".story"))
                .collect();
            told.sort();
            there.sort();
            assert_eq!(told, there);
        }
    };
}

stories![
    a_bad_package_stops_a_rollout,
    a_pause_holds_every_apply,
    a_rollout_goes_in_waves,
    on_the_hub_each_wave_is_a_group,
    on_the_hub_waves_come_through_bad_weather,
    on_the_hub_a_bad_package_stops_a_rollout,
    on_the_hub_half_a_rollout_is_taken_back,
    on_the_hub_a_run_is_cut_amid_a_wave,
    on_the_hub_ci_ends_a_run_amid_a_wave,
    on_the_hub_an_instance_dies_amid_its_update,
    on_the_hub_a_pause_holds_every_apply,
    on_the_hub_the_window_closes,
    on_the_hub_a_member_moves_to_another_group,
    on_the_hub_a_saved_plan_is_paused,
    on_the_hub_a_stopped_rollout_is_taken_back,
    on_the_hub_one_of_a_wave_dies,
    on_the_hub_some_of_a_wave_fail,
    on_the_hub_somebody_updates_by_hand,
    on_the_hub_taking_in_is_cut,
    on_the_hub_the_window_closes_amid_a_wave,
    on_the_hub_who_vanishes_counts,
    on_the_hub_a_group_goes_back_exactly,
    on_the_hub_a_failure_between_two_runs_counts,
    on_the_hub_an_exchange_that_fails_counts,
    on_the_hub_a_release_comes_before_all_have_joined,
    on_the_hub_waves_are_parted_when_a_release_comes,
    a_soak_runs_while_the_clocks_change,
    an_instance_dies_amid_its_update,
    ci_ends_a_run_amid_a_wave,
    somebody_updates_by_hand_amid_a_rollout,
    two_apply_one_rollout,
    half_a_rollout_is_taken_back,
    the_window_closes,
    who_is_ill_holds_the_next_wave,
    a_failure_between_two_runs_counts,
    a_member_boots_its_old_kernel,
    a_reboot_is_told_or_not,
    on_the_hub_a_boot_fails,
    a_group_goes_back_exactly,
    a_group_is_dropped_from_the_train,
    a_group_takes_security_updates_only,
    a_member_moves_to_another_group,
    a_child_is_exchanged,
    a_child_is_exchanged_through_a_cut,
    a_layout_is_changed,
    a_release_is_retired,
    a_retired_release_is_still_ridden,
    a_run_is_interrupted_and_goes_on,
    a_saved_plan_goes_on_after_a_cut,
    a_schedule_comes_runs_and_goes,
    an_agent_picks_up_nothing,
    answers_are_lost,
    calls_are_lost,
    gates_open_in_order,
    members_are_selected,
    exactly_its_release,
    names_without_epoch,
    servers_fail_in_bursts,
    somebody_edits_a_source,
    somebody_updates_by_hand,
    the_first_apply,
    the_golden_instance_stays_out,
    the_service_dies,
    the_service_is_overrun,
    two_apply_at_once,
    somebody_enables_another_stream,
    web_03_falls_silent,
    web_13_joins_later,
];

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

/// Finds words in what was said, where no longer word or number ends in them: `0 failed` is not in `10 failed`.
fn find(said: &str, words: &str) -> Option<usize> {
    let begins_word = |at: &usize| {
        let inside = words.starts_with(char::is_alphanumeric) && said[..*at].ends_with(char::is_alphanumeric);
        !inside
    };
    said.match_indices(words).map(|(at, _)| at).find(begins_word)
}

/// Tells one story; fails at the first line that does not come true.
async fn tell(name: &str, on: Option<Api>) {
    let text = std::fs::read_to_string(folder().join(format!("{name}.story"))).unwrap();
    let switches = Switches {
        names_with_epoch: !text.contains("world: names without epoch"),
        custom_sources_have_modules: text.contains("world: custom sources have modules"),
        ..Switches::default()
    };
    let written = if text.contains("world: hub") { Api::Osmh } else { Api::Osms };
    let api = on.unwrap_or(written);
    let mut story = Story::new(api, switches);
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split_once('#').map_or(line, |(line, _)| line).trim();
        if line.is_empty() || line.starts_with("world:") {
            continue;
        }
        let context = format!("{name}.story:{number}: {line}");
        match line.split_at(1) {
            (">", words) => story.hears(words.trim(), &context),
            ("!", words) => {
                assert!(find(&story.said, words.trim()).is_none(), "{context}\n{}", story.said);
            }
            _ => {
                println!("{context}");
                let words: Vec<&str> = line.split_whitespace().collect();
                story.step(&words).await.unwrap_or_else(|| panic!("{context}: no such line"));
            }
        }
    }
}

fn seconds(number: usize) -> Duration {
    Duration::from_secs(number as u64)
}

struct Story {
    stage: Stage,
    /// What the last command said, and how far `>` has read it.
    said: String,
    heard: usize,
    saved: Option<Plan>,
    /// What the last apply called.
    calls: Vec<Passed>,
    /// After how many changing calls the next apply is cut or interrupted.
    cut: Option<usize>,
    interrupt: Option<usize>,
}

impl Story {
    fn new(api: Api, switches: Switches) -> Self {
        let stage = Stage::new(api, switches);
        let (said, calls) = (String::new(), Vec::new());
        Self { stage, said, heard: 0, saved: None, calls, cut: None, interrupt: None }
    }

    fn hears(&mut self, words: &str, context: &str) {
        let rest = &self.said[self.heard..];
        let found = find(rest, words).unwrap_or_else(|| panic!("{context}\nis not in\n{rest}"));
        self.heard += found + words.len();
    }

    /// Does what a line says; none for a line that says nothing known.
    async fn step(&mut self, line: &[&str]) -> Option<()> {
        self.heard = 0;
        let number = |text: &str| text.parse::<usize>().ok();
        match line {
            // The train is edited.
            ["bind", group, release] => self.stage.group(group, |_, bound, _| *bound = (*release).to_owned()),
            ["allow", group, failures] => {
                let failures = number(failures)?;
                self.stage.group(group, |_, _, allowed| *allowed = failures);
            }
            ["drop", group] => self.stage.drop_group(group),
            ["move", name, from, "->", to] => {
                self.stage.group(from, |members, _, _| members.retain(|member| member != name));
                self.stage.group(to, |members, _, _| members.push((*name).to_owned()));
            }
            ["leave", name, "out", "of", group] => {
                self.stage.group(group, |members, _, _| members.retain(|member| member != name));
            }
            ["update", update, "on", group] => self.stage.updates(group, update),
            ["schedule", update, "every", many, unit, "from", start, "on", group] => {
                let schedule = [(*update).to_owned(), format!("{many} {unit}"), (*start).to_owned()];
                self.stage.schedule(group, Some(schedule));
            }
            ["no", "schedule", "on", group] => self.stage.schedule(group, None),
            ["select", group] => self.stage.select(group),
            ["leave", group, "to", "the", "service"] => self.stage.leave_to_service(group),

            ["set", group, key, "=", rest @ ..] => self.stage.set(group, key, Some(&rest.join(" "))),
            ["unset", group, key] => self.stage.set(group, key, None),
            ["pause", group] => {
                let group = GroupName::new(group);
                let paused = |at| Paused { by: "ann".to_owned(), at, why: Some("a fair".to_owned()) };
                self.stage.record(|state, at| assert!(state.pause(&group, paused(at)))).await;
            }
            ["resume", group] => {
                let group = GroupName::new(group);
                self.stage.record(|state, _| assert!(state.resume(&group))).await;
            }
            ["abort", group, "to", release] => {
                let (name, to) = (GroupName::new(group), ReleaseName::new(release));
                self.stage.group(group, |_, bound, _| *bound = (*release).to_owned());
                self.stage.record(|state, at| assert!(state.abort(&name, &to, at))).await;
            }
            [name, "is", "ill"] => self.stage.ill.set(name, true),
            [name, "is", "well"] => self.stage.ill.set(name, false),
            ["rollout", "of", group] => {
                self.said = told::rollout(&self.stage.state().await, &GroupName::new(group));
            }
            ["apply", "and", "wait"] => {
                self.stage.wait = true;
                match self.plan().await {
                    Ok(plan) => self.apply(&plan).await,
                    Err(error) => self.said = error,
                }
                self.stage.wait = false;
            }

            ["retire", release] => self.stage.retire(release, true),
            ["layout", layout] => self.stage.lay_out(layout),
            ["want", release, "again"] => self.stage.retire(release, false),

            // The weather turns.
            ["calm"] => self.stage.sky.turn(Weather::Calm),
            ["storm", "for", length, "s"] => self.stage.sky.storm_after(0, seconds(number(length)?)),
            ["storm", "for", length, "s", "after", calls, "changes"] => {
                self.stage.sky.storm_after(number(calls)?, seconds(number(length)?));
            }
            ["every", nth, "th", "call", "fails"] => self.stage.sky.turn(Weather::Bursts(number(nth)?)),
            ["the", "service", "is", "dead"] => self.stage.sky.turn(Weather::Dead(0)),
            ["the", "service", "dies", "after", calls, "changes"] => {
                self.stage.sky.turn(Weather::Dead(number(calls)?));
            }
            ["calls", "break", "before", "they", "are", "served"] => {
                self.stage.sky.turn(Weather::ResetBefore);
            }
            ["calls", "break", "after", "they", "are", "served"] => {
                self.stage.sky.turn(Weather::ResetAfter);
            }
            ["cut", "after", calls, "changes"] => self.cut = Some(number(calls)?),
            ["interrupt", "after", calls, "changes"] => self.interrupt = Some(number(calls)?),

            // Commands.
            ["plan"] => self.said = self.plan().await.map_or_else(|error| error, |plan| told::plan(&plan)),
            ["plan", "within", most, "s"] => {
                let begun = tokio::time::Instant::now();
                self.said = self.plan().await.map_or_else(|error| error, |plan| told::plan(&plan));
                assert!(begun.elapsed() <= seconds(number(most)?), "{:?}", begun.elapsed());
            }
            ["apply", "within", most, "s"] => {
                let plan = self.plan().await.unwrap();
                let begun = tokio::time::Instant::now();
                self.apply(&plan).await;
                assert!(begun.elapsed() <= seconds(number(most)?), "{:?}", begun.elapsed());
            }
            ["plan", "and", "save"] => {
                let plan = self.plan().await.unwrap();
                (self.said, self.saved) = (told::plan(&plan), Some(plan));
            }
            ["apply"] => match self.plan().await {
                Ok(plan) => self.apply(&plan).await,
                Err(error) => self.said = error,
            },
            ["enable", stream, "on", name] => {
                self.stage.start_process();
                let (id, streams) = (self.stage.id(name), vec![StreamName::parse(stream).ok()?]);
                let plan = self.stage.plan_streams(id, streams).await;
                self.calls = self.stage.sky.passed();
                self.apply(&plan).await;
            }
            ["apply", "what", "was", "saved"] => {
                let plan = self.saved.clone()?;
                self.stage.start_process();
                self.calls = Vec::new();
                self.apply(&plan).await;
            }
            ["apply", "twice", "at", "once"] => self.race().await,
            ["calls"] => {
                self.said = told::calls(&self.calls);
                println!("{}", self.said);
            }
            ["at", "most", most, "reading", "calls", "for", "each", "of", instances, "instances"] => {
                let reads = self.calls.iter().filter(|call| !call.changing).count();
                assert!(reads <= number(most)? * number(instances)?, "{reads} reading calls");
            }
            ["calls", "about", name] => {
                let id = self.stage.id(name);
                let about = self.calls.iter().filter(|call| call.whom.iter().any(|whom| whom == id.as_str()));
                let lines: Vec<String> =
                    about.map(|call| format!("{} {}\n", call.what, call.status)).collect();
                self.said = lines.concat();
            }
            ["updates", "of", name] => self.said = self.stage.updates_of(name).await.to_string(),
            ["most", "updates"] => {
                let mut most = 0;
                for name in self.stage.everybody() {
                    most = most.max(self.stage.updates_of(&name).await);
                }
                self.said = most.to_string();
            }
            ["weather"] => self.said = format!("{} calls spoilt", self.stage.sky.refused()),
            ["members", "of", group] => self.said = self.stage.members_of(group).await.join(" "),
            ["groups"] => self.said = self.stage.service_groups().await.join("\n"),
            ["jobs"] => self.said = self.stage.jobs().await.join("\n"),
            ["no", "source", "of", release] => {
                let name = format!("great-linux/{release}");
                assert!(!self.stage.sources().await.contains(&name), "there is {name}");
            }
            ["sources"] => self.said = self.stage.sources().await.join("\n"),
            _ => self.happens(line).await?,
        }
        self.said = self.stage.named(std::mem::take(&mut self.said));
        Some(())
    }

    async fn plan(&mut self) -> Result<Plan, String> {
        self.stage.start_process();
        let plan = self.stage.plan().await;
        self.calls = self.stage.sky.passed();
        plan
    }

    async fn apply(&mut self, plan: &Plan) {
        let survey = self.calls.len();
        let anew = self.stage.state().await.unfinished.is_empty();
        let children = self.stage.children().await;
        let (sender, signal) = watch::channel(0);
        if let Some(calls) = self.cut.take() {
            self.stage.sky.cut_after(calls);
        }
        if let Some(calls) = self.interrupt.take() {
            self.stage.sky.interrupt_after(calls, sender);
        }
        let ran = self.stage.apply(plan, signal).await;
        self.stage.sky.revive();
        self.calls = self.stage.sky.passed();
        self.said = told::plan(plan);
        match ran {
            Ran::Ended(outcome) => {
                self.said.push_str(&told::outcome(plan, &outcome));
                let changing = self.calls.iter().filter(|call| call.changing).count();
                if outcome.counts.done == plan.steps.len() && self.stage.sky.refused() == 0 && anew {
                    assert_eq!(changing, plan.cost.changing_calls, "the plan foretells its changing calls");
                    self.said.push_str("changing calls as foretold\n");
                }
                writeln!(self.said, "{survey} calls to plan").unwrap();
                self.said.push_str(&told::calls(&self.calls));
            }
            Ran::Cut => self.said.push_str("cut\n"),
            Ran::Failed(error) => writeln!(self.said, "error: {error}").unwrap(),
        }
        self.nobody_is_without_a_release(children);
        self.whatever_happens().await;
    }

    /// Who has a release as a child always has one, whatever calls are made and whichever of them are lost: counted
    /// call by call.
    fn nobody_is_without_a_release(&self, mut children: BTreeMap<String, BTreeSet<String>>) {
        for call in self.calls.iter().filter(|call| call.changing && call.status < 300) {
            let action = call.what.rsplit('/').next().unwrap_or_default();
            let Some(children) = call.whom.first().map(|id| children.entry(id.clone()).or_default()) else {
                continue;
            };
            match (action, &call.source) {
                ("attachChildSoftwareSource", Some(source)) => drop(children.insert(source.clone())),
                ("detachParentSoftwareSource", _) => children.clear(),
                // A call that is made again with the same token changes nothing any more.
                ("detachChildSoftwareSource", Some(source)) => {
                    children.remove(source);
                    assert!(!children.is_empty(), "{:?} is without a release", call.whom);
                }
                _ => {}
            }
        }
    }

    /// Two people apply the same plan at the same moment.
    async fn race(&mut self) {
        let plan = self.plan().await.unwrap();
        let (_sender, signal) = watch::channel(0);
        let both = tokio::join!(self.stage.apply(&plan, signal.clone()), self.stage.apply(&plan, signal));
        self.said.clear();
        for ran in [both.0, both.1] {
            match ran {
                Ran::Ended(outcome) => self.said.push_str(&told::outcome(&plan, &outcome)),
                Ran::Cut => self.said.push_str("cut\n"),
                Ran::Failed(error) => writeln!(self.said, "error: {error}").unwrap(),
            }
        }
        self.whatever_happens().await;
    }

    /// What must hold after every run, in whatever weather: no release has two sources.
    async fn whatever_happens(&self) {
        let sources = self.stage.sources().await;
        let mut distinct = sources.clone();
        distinct.dedup();
        assert_eq!(sources, distinct, "a release has two sources");
    }
}
