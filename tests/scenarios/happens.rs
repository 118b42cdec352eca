//! The lines of a story that say what happens in the world: to instances, and by the hands of others.

use std::time::Duration;

use jiff::Timestamp;
use patchtrain::name::ReleaseName;
use patchtrain::op::{Api, Op, SourceRef, Wanted};
use patchtrain::package::StreamName;
use patchtrain::simulator::{Mishap, Power};

use super::sky::Fate;
use super::{Story, seconds};

impl Story {
    /// Has happen what a line says; none for a line that says nothing known.
    pub(super) async fn happens(&mut self, line: &[&str]) -> Option<()> {
        let simulator = self.stage.simulator.clone();
        let number = |text: &str| text.parse::<usize>().ok();
        match line {
            ["wait", hours, "h"] => {
                tokio::time::sleep(seconds(number(hours)? * 3_600)).await;
            }
            ["wait", "until", time] => {
                let until: Timestamp = time.parse().ok()?;
                let left = until.duration_since(simulator.now());
                tokio::time::sleep(Duration::try_from(left).ok()?).await;
            }
            ["silence", name] => simulator.silence(self.stage.id(name).as_str()).unwrap(),
            ["silence", name, "at", "its", "update"] => {
                self.doom(name, Fate::FallsSilent).await;
            }
            ["stop", name] => simulator.set_power(self.stage.id(name).as_str(), Power::Stopped).unwrap(),
            ["start", name] => simulator.set_power(self.stage.id(name).as_str(), Power::Running).unwrap(),
            ["terminate", name] => {
                simulator.set_power(self.stage.id(name).as_str(), Power::Terminated).unwrap();
            }
            ["tag", name, "for", group] => {
                simulator.tag(self.stage.id(name).as_str(), Some(group)).unwrap();
            }
            ["take", "the", "tag", "off", name] => {
                simulator.tag(self.stage.id(name).as_str(), None).unwrap();
            }
            ["work", "of", name, "sticks"] => {
                simulator.strike(self.stage.id(name).as_str(), Mishap::Sticks).unwrap();
            }
            ["work", "of", name, "fails"] => {
                simulator.strike(self.stage.id(name).as_str(), Mishap::Fails).unwrap();
            }
            ["work", "of", name, "goes", "well"] => {
                simulator.strike(self.stage.id(name).as_str(), Mishap::Passes).unwrap();
            }
            ["the", "next", works, "works", "of", name, "fail"] => {
                for _ in 0..number(works)? {
                    simulator.strike(self.stage.id(name).as_str(), Mishap::Fails).unwrap();
                }
            }
            [name, "vanishes"] => simulator.vanish(self.stage.id(name).as_str()).unwrap(),
            ["bring", "back", name] => simulator.bring_back(self.stage.id(name).as_str()).unwrap(),
            ["update", "of", name, "fails"] => {
                self.doom(name, Fate::Fails).await;
            }
            [name, "vanishes", "at", "its", "update"] => self.doom(name, Fate::Vanishes).await,
            ["by", "hand:", "update", "group", group] => self.stage.update_group_by_hand(group).await,
            ["by", "hand:", "put", "group", group, "on", release] => {
                self.stage.put_group_by_hand(group, release).await;
            }
            ["by", "hand:", "update", name] => {
                let source = SourceRef { release: ReleaseName::new("none"), id: None, under: None };
                let op = Op::Update { instance: self.stage.id(name), source, kind: Wanted::All };
                self.stage.by_hand(&op).await;
            }
            ["by", "hand:", "update", name, "from", "the", "vendor"] => match self.stage.api {
                Api::Osms => self.stage.yum_update_from_the_vendor(name).await,
                Api::Osmh => self.stage.leave_for_the_vendor(name).await,
            },
            ["by", "hand:", "enable", stream, "on", name] => {
                let (instance, streams) = (self.stage.id(name), vec![StreamName::parse(stream).ok()?]);
                self.stage.by_hand(&Op::EnableStreams { instance, streams }).await;
            }
            ["by", "hand:", "take", package, "out", "of", release] => {
                self.stage.edit_source(release, false, package).await;
            }
            ["by", "hand:", "run", "the", "job", "of", group, "every", days, "days"] => {
                self.stage.edit_job(group, days).await;
            }
            ["by", "hand:", "put", name, "on", release] => self.stage.switch_by_hand(name, release).await,
            ["by", "hand:", "detach", "the", "children", "of", name] => {
                self.stage.detach_children(name).await;
            }
            ["by", "hand:", "remove", package, "from", name] => {
                self.stage.remove_by_hand(package, name).await;
            }
            [name, "beside", release] => self.said = self.stage.unlike(name, release).await,
            ["children", "of", name] => self.said = self.stage.attached(name).await.join("\n"),
            ["by", "hand:", "put", package, "into", release] => {
                self.stage.edit_source(release, true, package).await;
            }
            ["by", "hand:", "put", name, "into", "group", group] => {
                self.stage.join_by_hand(name, group).await;
            }
            _ => return None,
        }
        Some(())
    }

    async fn doom(&self, name: &str, fate: Fate) {
        let group = self.stage.group_of(name).await;
        self.stage.sky.doom(self.stage.id(name).as_str(), group.as_ref(), fate);
    }
}
