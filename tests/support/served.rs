//! A simulator that a process of its own serves, for as long as the value lives.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command};

use super::{Workspace, secrets};

/// A served simulator, ended with the value.
pub(crate) struct Served {
    child: Child,
    facts: Vec<(String, String)>,
}

impl Served {
    /// Starts `patchtrain simulate` and waits until it serves.
    pub(crate) fn start(workspace: &Workspace, arguments: &[&str]) -> Self {
        let mut child = workspace.spawn(&[&["simulate"], arguments].concat());
        let mut facts = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            secrets::none_in("the simulator", line.as_bytes());
            let (name, value) = line.split_once(' ').unwrap();
            facts.push((name.to_owned(), value.trim().to_owned()));
            if name == "group.backend" {
                break;
            }
        }
        Self { child, facts }
    }

    /// Starts one whose agents and service are quick, for tests that run several commands on OS Management Hub: there
    /// the work of a group comes in three parts, one after the other.
    pub(crate) fn quick(workspace: &Workspace) -> Self {
        Self::start(workspace, &["--work", "100"])
    }

    /// Returns what it said of itself when it began.
    pub(crate) fn fact(&self, name: &str) -> &str {
        let fact = self.facts.iter().find(|(known, _)| known == name);
        fact.map_or_else(|| panic!("no {name} in {:?}", self.facts), |(_, value)| value)
    }

    /// Tells whether it goes on serving.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Sends SIGTERM and waits.
    pub(crate) fn end(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let mut said = Vec::new();
        // What it had said until it was ready has been read.
        let streams = (self.child.stdout.as_mut(), self.child.stderr.as_mut());
        let _ = streams.0.map(|stream| stream.read_to_end(&mut said));
        let _ = streams.1.map(|stream| stream.read_to_end(&mut said));
        if !std::thread::panicking() {
            secrets::none_in("the simulator", &said);
        }
    }
}
