//! What is wrong, as it is shown: a whole report as people see it, then tables of one problem each.

use proptest::prelude::*;

use super::*;

/// `file:line:column: message (hint)`, a problem a line.
fn told(files: &Files) -> Vec<String> {
    let Err(problems) = files.load() else { return Vec::new() };
    let one = |problem: &super::super::Problem| {
        let file = problem.file.file_name().unwrap_or_default().to_string_lossy();
        let hint = problem.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("{file}:{}:{}: {}{hint}", problem.line, problem.column, problem.message)
    };
    problems.list.iter().map(one).collect()
}

/// The good file with one piece changed, and what is told of it.
fn assert_told(table: &[(&str, &str, &[&str])]) {
    for (from, to, expected) in table {
        assert!(GOOD.contains(from), "{from}");
        assert_eq!(told(&files(&GOOD.replacen(from, to, 1))), *expected, "{from} -> {to}");
    }
}

#[test]
fn every_problem_of_every_file_is_shown_in_one_run() {
    let train = GOOD
        .replace("release = \"GL1.1\"", "relase  = \"GL1.1\"")
        .replace("after        = [\"canary\"]", "after        = [\"cannary\"]")
        .replace("max_failures = 2", "waves = [\"x%\"]");
    let files = files(&train).with("trains/great-linux/GL1.packages", "# release: GL2\nbash-4.4.x86_64\n");
    let expected = "\
error: the manifest is of release `GL2`, and `GL1` names it
 --> trains/great-linux/GL1.packages:1:12
  |
1 | # release: GL2
  |            ^^^
  |
  = help: correct `manifest` in the train file, or this line

error: `bash-4.4.x86_64` is not `name-[epoch:]version-release.arch`: the version is missing
 --> trains/great-linux/GL1.packages:2:1
  |
2 | bash-4.4.x86_64
  | ^^^^^^^^^^^^^^^
  |
  = help: expected `name-[epoch:]version-release.arch`

error: unknown key `relase` in `[[group]]`
  --> trains/t.toml:29:1
   |
29 | relase  = \"GL1.1\"
   | ^^^^^^
   |
   = help: did you mean `release`?

error: no group `cannary` is declared
  --> trains/t.toml:36:17
   |
36 | after        = [\"cannary\"]
   |                 ^^^^^^^^^
   |
   = help: did you mean `canary`?

error: `x%` is not a wave: expected a number of instances, as in `\"1\"`, or a share, as in `\"10%\"`
  --> trains/t.toml:48:10
   |
48 | waves = [\"x%\"]
   |          ^^^^
";
    let problems = files.load().unwrap_err();
    assert_eq!(problems.render(false), expected);
    assert_eq!(problems.to_string(), "5 problems in 2 files");
    // Colour repeats, and says nothing of its own.
    let coloured = problems.render(true);
    assert_ne!(coloured, expected);
    assert_eq!(console::strip_ansi_codes(&coloured), expected);
}

#[test]
fn what_a_file_quotes_cannot_speak_to_the_terminal() {
    let files = files(&GOOD.replace("\"GL1.1\"", "\"\\u001b[31m\u{202e}\""));
    let shown = files.problems();
    assert!(shown.contains("␛[31m"), "{shown}");
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
}

#[test]
fn keys_and_types() {
    assert_told(&[
        ("[train]", "[trian]", &["t.toml:2:2: unknown key `trian` in the file (did you mean `train`?)"]),
        (
            "name         = \"great-linux\"\nos           = \"oracle-linux-8\"\n",
            "",
            &["t.toml:2:1: `[train]` lacks `name` and `os`"],
        ),
        (
            "api       = \"osms\"",
            "name = \"x\"",
            &[
                "t.toml:9:1: `[service]` lacks `api`",
                "t.toml:10:1: unknown key `name` in `[service]` (`name` belongs to `[train]`)",
            ],
        ),
        (
            "store = \"local\"",
            "path = \"x\"",
            &[
                "t.toml:17:1: unknown key `path` in `[state]` (known are `store`, `bucket`, `namespace`, `prefix`, `url_env`, `schema`, `backups` and `encryption`)",
            ],
        ),
        (
            "\"great-linux\"",
            "\"great linux\"",
            &[
                "t.toml:3:16: `great linux` is not a name: letters, digits, `.`, `_` and `-`, starting with a letter or digit, at most 64",
            ],
        ),
        ("\"great-linux\"", "8", &["t.toml:3:16: `name` is an integer: expected a string"]),
        ("\"great-linux\"", "8.5", &["t.toml:3:16: `name` is a float: expected a string"]),
        ("\"great-linux\"", "2026-01-01", &["t.toml:3:16: `name` is a date: expected a string"]),
        (
            "oracle-linux-8\"",
            "oracle-linux-08\"",
            &[
                "t.toml:4:16: `os` cannot be `oracle-linux-08`: expected `oracle-linux-` and the major version, as in `oracle-linux-8`",
            ],
        ),
        (
            "x86_64\"",
            "amd64\"",
            &["t.toml:5:16: `architecture` cannot be `amd64` (expected `x86_64` or `aarch64`)"],
        ),
        (
            "ocid1.compartment.oc1..aaaa",
            "aaaa",
            &["t.toml:6:16: `aaaa` is not an OCID: expected `ocid1.<type>.<realm>.[region].<unique>`"],
        ),
        (
            "[service]",
            "layout = \"childs\"\n[service]",
            &["t.toml:9:10: `layout` cannot be `childs` (did you mean `child`?)"],
        ),
        (
            "[service]",
            "unmanaged = [\"a b\", 1]\n[service]",
            &[
                "t.toml:9:14: `a b` is not a name pattern: package names with `*` and `?`, nothing else",
                "t.toml:9:21: an element of `unmanaged` is an integer: expected a string",
            ],
        ),
        (
            "region    = \"eu-frankfurt-1\"",
            "region    = \"Frankfurt\"",
            &[
                "t.toml:11:13: `region` cannot be `Frankfurt`: expected a region's name, as in `eu-frankfurt-1`",
            ],
        ),
        (
            "\"simulator\"",
            "\"ftp://x\"",
            &[
                "t.toml:14:22: `ftp://x` is not an endpoint: expected `simulator` or a URL, as in `http://127.0.0.1:8080`",
            ],
        ),
        (
            "{ osms = \"simulator\" }",
            "\"simulator\"",
            &["t.toml:14:13: `endpoints` is a string: expected a table"],
        ),
        (
            "[[release]]",
            "[release]",
            &[
                "t.toml:19:1: `[release]` is one table: there can be several (write `[[release]]`)",
                "t.toml:23:3: not TOML: duplicate key",
                "t.toml:29:11: no release `GL1.1` is declared (only `GL1` is declared)",
            ],
        ),
        (
            "\"great-linux/GL1.packages\"",
            "\"../secret\"",
            &[
                "t.toml:21:12: `manifest` cannot be `../secret`: expected a path below the train file's folder, without `..`, as in `great-linux/GL1.packages`",
            ],
        ),
        (
            "\"great-linux/GL1.packages\"",
            "\"/etc/passwd\"",
            &[
                "t.toml:21:12: `manifest` cannot be `/etc/passwd`: expected a path below the train file's folder, without `..`, as in `great-linux/GL1.packages`",
            ],
        ),
        (
            "\"great-linux/GL1.packages\"",
            "\"GL1.packages\"",
            &[
                "t.toml:21:12: the manifest cannot be read: there is no such file (the path is relative to the train file: looked for trains/GL1.packages)",
            ],
        ),
        (
            "[\"ocid1.instance.oc1..a\"]",
            "[]",
            &[
                "t.toml:30:11: `members` lists nobody (list instances, or write `members = \"service\"` for whoever the service says)",
            ],
        ),
        (
            "[\"ocid1.instance.oc1..a\"]",
            "\"servce\"",
            &["t.toml:30:11: `members` cannot be `servce` (did you mean `service`?)"],
        ),
        (
            "[\"ocid1.instance.oc1..a\"]",
            "5",
            &[
                "t.toml:30:11: `members` is an integer: expected an array of OCIDs, `\"service\"` or `{ compartments = [...] }`",
            ],
        ),
        (
            "\"5%\"",
            "\"101%\"",
            &[
                "t.toml:37:16: `max_failures` cannot be `101%` (expected a number, as in `3`, or a share of the group, as in `\"5%\"`)",
            ],
        ),
        (
            "\"5%\"",
            "\"5\"",
            &["t.toml:37:16: `max_failures` cannot be `5` (a number stands without quotes: `5`)"],
        ),
        (
            "\"5%\"",
            "-1",
            &["t.toml:37:16: `max_failures` cannot be `-1` (expected a number of instances, 0 or more)"],
        ),
        ("\"5%\"", "1.5", &["t.toml:37:16: `max_failures` is a float: expected a number or a percentage"]),
        (
            "ahead        = \"report\"",
            "ahead = \"stop\"",
            &["t.toml:40:9: `ahead` cannot be `stop` (expected `report` or `block`)"],
        ),
        (
            "\"ocid1.managedinstancegroup.oc1..db\"",
            "\"db\"",
            &["t.toml:44:11: `db` is not an OCID: expected `ocid1.<type>.<realm>.[region].<unique>`"],
        ),
    ]);
}

#[test]
fn names_resolve_and_nothing_contradicts() {
    assert_told(&[
        (
            "release = \"GL1.1\"",
            "release = \"GL11\"",
            &["t.toml:29:11: no release `GL11` is declared (did you mean `GL1`?)"],
        ),
        (
            "release = \"GL1.1\"",
            "release = \"other\"",
            &["t.toml:29:11: no release `other` is declared (declared are `GL1` and `GL1.1`)"],
        ),
        (
            "name     = \"GL1.1\"",
            "name     = \"GL1\"",
            &[
                "t.toml:24:12: a release `GL1` is declared already, on line 20",
                "t.toml:29:11: no release `GL1.1` is declared (only `GL1` is declared)",
            ],
        ),
        (
            "great-linux/GL1.1.packages",
            "great-linux/GL1.packages",
            &[
                "t.toml:25:12: a release with the manifest `great-linux/GL1.packages` is declared already, on line 21",
            ],
        ),
        (
            "name    = \"db\"",
            "name    = \"web\"",
            &[
                "t.toml:43:11: a group `web` is declared already, on line 33",
                "t.toml:47:22: group `web` cannot come after itself (delete it from `after`)",
            ],
        ),
        (
            "after        = [\"canary\"]",
            "after = [\"web\"]",
            &["t.toml:36:10: group `web` cannot come after itself (delete it from `after`)"],
        ),
        (
            "after        = [\"canary\"]",
            "after = [\"canary\", \"canary\"]",
            &["t.toml:36:20: group `canary` is named twice in `after`"],
        ),
        (
            "after        = [\"canary\"]",
            "after = [\"nobody\"]",
            &["t.toml:36:10: no group `nobody` is declared (declared are `canary`, `web` and `db`)"],
        ),
        (
            "after        = [\"canary\"]",
            "after = [\"db\"]",
            &[
                "t.toml:47:22: `after` goes in a circle: web after db after web (no group of it could ever start: delete one link)",
            ],
        ),
        (
            "members = [\"ocid1.instance.oc1..a\"]",
            "members = [\"ocid1.instance.oc1..a\"]\nafter = [\"db\"]",
            &[
                "t.toml:37:17: `after` goes in a circle: canary after db after web after canary (no group of it could ever start: delete one link)",
                "t.toml:48:12: `after` goes in a circle: canary after db after canary (no group of it could ever start: delete one link)",
            ],
        ),
        (
            "oc1..a\"",
            "oc1..gold\"",
            &[
                "t.toml:30:12: the golden instance cannot be a member of a group of its train (releases are frozen from it before others ride them: delete it from `members`)",
            ],
        ),
        (
            "oc1..a\"",
            "oc1..c\"",
            &[
                "t.toml:35:42: the instance is in group `canary` already, on line 30 (an instance rides one release: delete it from one group)",
            ],
        ),
        (
            "oc1..b\"",
            "oc1..c\"",
            &["t.toml:35:42: the instance is listed twice, first on line 35 (delete one of the two)"],
        ),
        (
            "architecture = \"x86_64\"",
            "architecture = \"aarch64\"",
            &[
                "GL1.1.packages:1:1: `bash-4.4.20-1.el8.x86_64` cannot run on the train's architecture, aarch64 (one train is for one architecture: leave it out)",
                "GL1.1.packages:2:1: `glibc-2.28-1.el8.i686` cannot run on the train's architecture, aarch64 (one train is for one architecture: leave it out)",
                "GL1.packages:1:1: `bash-4.4.19-1.el8.x86_64` cannot run on the train's architecture, aarch64 (one train is for one architecture: leave it out)",
                "GL1.packages:2:1: `glibc-2.28-1.el8.i686` cannot run on the train's architecture, aarch64 (one train is for one architecture: leave it out)",
            ],
        ),
    ]);
}

#[test]
fn what_holds_over_all_files() {
    let other = GOOD.replace("\"canary\"", "\"first\"").replace("instance.oc1..b", "instance.oc1..bb");
    let files = files(GOOD).with("trains/u.toml", other.clone());
    assert_eq!(
        told(&files),
        [
            "u.toml:3:16: a train `great-linux` is declared already, in trains/t.toml (a train's name names its state: choose another)",
            "u.toml:30:12: the instance is in group `canary` already, on trains/t.toml:30 (an instance rides one release: delete it from one group)",
            "u.toml:33:16: the train in trains/t.toml has a group `web` in the same compartment (the service finds a group by its name: choose another, or give the `id` of each)",
            "u.toml:35:43: the instance is in group `web` already, on trains/t.toml:35 (an instance rides one release: delete it from one group)",
            "u.toml:43:11: the train in trains/t.toml has a group with the `id` ocid1.managedinstancegroup.oc1..db, too (a group is one train's: delete one of the two)",
        ]
    );
}

#[test]
fn what_is_no_train_file_at_all() {
    let table: [(&[u8], &[&str]); 6] = [
        (b"", &["t.toml:0:0: the train file is empty (it starts with a `[train]` and a `[service]` table)"]),
        (b"# only this\n", &["t.toml:1:1: the file lacks `train` and `service`"]),
        (
            b"[train]\nname = \"\xff\"\n# \xfe\n",
            &[
                "t.toml:2:9: the file is not UTF-8 here (save it as UTF-8)",
                "t.toml:3:3: the file is not UTF-8 here (save it as UTF-8)",
            ],
        ),
        (
            b"[train]\nname = \"x\nos = 5 6\n",
            &[
                "t.toml:2:10: not TOML: invalid basic string, expected `\"`",
                "t.toml:3:6: not TOML: string values must be quoted, expected literal string",
            ],
        ),
        (
            b"train = 5\nservice = []\nrelease = 5\ngroup = [1]\nstate = 1\n",
            &[
                "t.toml:1:9: `train` is an integer: expected a table",
                "t.toml:2:11: `service` is an array: expected a table",
                "t.toml:3:11: `release` is an integer: expected an array",
                "t.toml:4:10: `group` is an integer: expected a table",
                "t.toml:5:9: `state` is an integer: expected a table",
            ],
        ),
        (
            b"[train]\nname = \"t\"\nname = \"u\"\nos = 1\n[release]\n",
            &[
                "t.toml:1:1: the file lacks `service`",
                "t.toml:1:1: `[train]` lacks `architecture` and `compartment`",
                "t.toml:3:1: not TOML: duplicate key",
                "t.toml:4:6: `os` is an integer: expected a string",
                "t.toml:5:1: `[[release]]` lacks `name` and `manifest`",
                "t.toml:5:1: `[release]` is one table: there can be several (write `[[release]]`)",
            ],
        ),
    ];
    for (text, expected) in table {
        let files = Files::default().with("trains/t.toml", text);
        assert_eq!(told(&files), expected, "{}", String::from_utf8_lossy(text));
        files.problems();
    }
}

proptest! {
    /// Whatever is done to a file: no panic, every place is in its text, and it can be shown.
    #[test]
    fn no_edit_panics(edits in proptest::collection::vec((0usize..1200, 0usize..40, "[\\[\\]\"=\n{}.a1é -]{0,6}"), 1..4)) {
        let mut text: Vec<char> = GOOD.chars().collect();
        for (at, cut, with) in edits {
            let at = at.min(text.len());
            text.splice(at..(at + cut).min(text.len()), with.chars());
        }
        let text: String = text.into_iter().collect();
        if let Err(problems) = files(&text).load() {
            prop_assert!(!problems.list.is_empty());
            prop_assert!(!problems.render(false).is_empty());
            for problem in problems.list.iter().filter(|problem| problem.file.ends_with("t.toml")) {
                let Some(span) = &problem.span else { continue };
                prop_assert!(text.get(span.clone()).is_some(), "{:?}", problem);
            }
        }
    }
}

#[test]
fn nobody_rides_a_retired_release() {
    let manifest = "manifest = \"great-linux/GL1.packages\"";
    assert_told(&[
        (
            manifest,
            &format!("{manifest}\nretired = true"),
            &[
                "t.toml:35:16: release `GL1` is retired, on line 19 (its source is deleted once nothing rides it: bind another release, or delete `retired`)",
                "t.toml:46:11: release `GL1` is retired, on line 19 (its source is deleted once nothing rides it: bind another release, or delete `retired`)",
            ],
        ),
        (
            manifest,
            &format!("{manifest}\nretired = 1"),
            &["t.toml:22:11: `retired` is an integer: expected `true` or `false`"],
        ),
        // Its manifest says what it was.
        (
            "manifest = \"great-linux/GL1.1.packages\"",
            "retired = false",
            &["t.toml:23:1: `[[release]]` lacks `manifest`"],
        ),
    ]);
}
