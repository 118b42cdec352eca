//! Tests of train files: the good file, the digest, every problem as it is shown.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::file::load_with;
use super::{Problems, Train};

mod api;
mod bad;
mod encryption;
mod enforcing;
mod good;
mod imports;
mod keeping;
mod later;
mod pace;
mod policy;
mod schema;
mod selectors;

/// Files by path, in place of a disk.
#[derive(Clone, Default)]
struct Files(BTreeMap<PathBuf, Vec<u8>>);

impl Files {
    fn with(mut self, path: &str, text: impl Into<Vec<u8>>) -> Self {
        self.0.insert(path.into(), text.into());
        self
    }

    /// Loads every `*.toml`.
    fn load(&self) -> Result<Vec<Train>, Problems> {
        let trains: Vec<&PathBuf> =
            self.0.keys().filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
        load_with(&trains, |path: &Path| {
            self.0.get(path).cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
        })
    }

    fn problems(&self) -> String {
        self.load().map_or_else(|problems| problems.render(false), |_| "no problem".to_owned())
    }
}

const GL1: &str = "bash-4.4.19-1.el8.x86_64\nglibc-2.28-1.el8.i686\n";
const GL1_1: &str = "bash-4.4.20-1.el8.x86_64\nglibc-2.28-1.el8.i686\n";

/// Returns the problems of a train file that is not quite the good one.
fn told(change: impl Fn(&str) -> String) -> Vec<String> {
    let Err(problems) = files(&change(GOOD)).load() else { return Vec::new() };
    problems
        .list
        .iter()
        .map(|problem| format!("{}:{}: {}", problem.line, problem.column, problem.message))
        .collect()
}

/// A train with its two manifests, and another one.
fn files(train: &str) -> Files {
    let files = Files::default().with("trains/t.toml", train);
    let files =
        files.with("trains/great-linux/GL1.packages", GL1).with("trains/great-linux/GL1.1.packages", GL1_1);
    files.with("trains/great-linux/R.packages", "acl-2.2-1.x86_64\n")
}

/// What works today.
const GOOD: &str = r#"
[train]
name         = "great-linux"
os           = "oracle-linux-8"
architecture = "x86_64"
compartment  = "ocid1.compartment.oc1..aaaa"
golden       = "ocid1.instance.oc1..gold"

[service]
api       = "osms"
region    = "eu-frankfurt-1"
profile   = "DEFAULT"
auth      = "api_key"
endpoints = { osms = "simulator" }

[state]
store = "local"

[[release]]
name     = "GL1"
manifest = "great-linux/GL1.packages"

[[release]]
name     = "GL1.1"
manifest = "great-linux/GL1.1.packages"

[[group]]
name    = "canary"
release = "GL1.1"
members = ["ocid1.instance.oc1..a"]

[[group]]
name         = "web"
release      = "GL1"
members      = ["ocid1.instance.oc1..b", "ocid1.instance.oc1..c"]
after        = ["canary"]
max_failures = "5%"
update       = "all"
enforce      = "update"
ahead        = "report"

[[group]]
name    = "db"
id      = "ocid1.managedinstancegroup.oc1..db"
release = "GL1"
members = "service"
after   = ["canary", "web"]
max_failures = 2
ahead   = "block"
"#;
