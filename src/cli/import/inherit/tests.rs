//! Which state is taken over, and what keeps it from being.

use std::path::PathBuf;

use super::*;
use crate::name::{GroupName, Ocid, TrainName};
use crate::op::Lineage;
use crate::package::Digest;
use crate::state::{GroupRecord, SourceRecord};
use crate::train::Overlay;

const PACKAGES: &str = "bash-4.4.20-5.el8.x86_64\n";

/// A train on OS Management Hub with releases GL1 and GL1.1, and group `web` on the first.
fn train() -> Train {
    let text = "[train]\nname = \"t\"\nos = \"oracle-linux-8\"\narchitecture = \"x86_64\"\n\
                compartment = \"ocid1.compartment.oc1..c\"\nvendor_sources = [\"ol8_baseos_latest-x86_64\"]\n\
                [service]\napi = \"osmh\"\nregion = \"eu-frankfurt-1\"\n\
                [[release]]\nname = \"GL1\"\nmanifest = \"GL1.packages\"\n\
                [[release]]\nname = \"GL1.1\"\nmanifest = \"GL1.1.packages\"\n\
                [[group]]\nname = \"web\"\nrelease = \"GL1\"\nmembers = \"service\"\n";
    let file = |name: &str, text: &str| (PathBuf::from("trains").join(name), text.as_bytes().to_vec());
    let overlay = Overlay::from([
        file("t.toml", text),
        file("GL1.packages", PACKAGES),
        file("GL1.1.packages", "bash-4.4.20-6.el8.x86_64\n"),
    ]);
    let loaded = crate::train::load_with_overlay(&["trains/t.toml"], &overlay);
    loaded.unwrap_or_else(|problems| panic!("{}", problems.render(false))).remove(0)
}

fn state(api: Api, serial: u64) -> State {
    State { api, serial, ..State::new(TrainName::new("t"), Lineage("old".into())) }
}

/// A state of OS Management in which `web` rides a release that has this digest.
fn applied(release: &str, digest: Digest) -> State {
    let mut state = state(Api::Osms, 4);
    let name = ReleaseName::new(release);
    let id = Ocid::new("ocid1.osmssoftwaresource.oc1..a");
    state
        .sources
        .insert(name.clone(), SourceRecord { id, digest, since: Timestamp::UNIX_EPOCH, proven: None });
    let record = GroupRecord {
        id: Ocid::new("ocid1.osmsmanagedinstancegroup.oc1..web"),
        made: true,
        release: Some(name),
        since: None,
        failed: None,
        called: None,
        accepted: Default::default(),
    };
    state.groups.insert(GroupName::new("web"), record);
    state
}

fn heir(of: &State) -> State {
    let new = State::new(TrainName::new("t"), Lineage("new".into()));
    State { api: Api::Osmh, serial: 1, ancestor: Some(ancestor(of, Timestamp::UNIX_EPOCH)), ..new }
}

#[test]
fn the_trains_own_state_is_taken_or_that_of_a_file() {
    let (own, other) = (state(Api::Osms, 4), state(Api::Osms, 9));
    let heir = heir(&own);
    let file = |state: &State| Some((Path::new("kept.json"), state.clone()));
    let old = |state: &State| Ok(Found::Old(Box::new(state.clone())));
    let found = |own: Option<&State>, file| find(&train(), own, file).map_err(|error| error.text(false));
    assert_eq!(found(Some(&own), None), old(&own));
    assert_eq!(found(None, file(&other)), old(&other));
    assert_eq!(found(Some(&own), file(&own)), old(&own));
    // Once is enough, and a second try does no harm.
    let done = || Ok(Found::Done(heir.ancestor.clone().unwrap()));
    assert_eq!(found(Some(&heir), None), done());
    assert_eq!(found(Some(&heir), file(&own)), done());

    let says = |own: Option<&State>, file, parts: &[&str]| {
        let error = found(own, file).unwrap_err();
        assert!(parts.iter().all(|part| error.contains(part)), "{parts:?} in {error}");
    };
    says(None, None, &["has no state that could be taken over", "--from-osms FILE", "begins anew"]);
    says(
        Some(&own),
        file(&other),
        &["a state of its own, of OS Management (lineage old, serial 4)", "leave FILE out"],
    );
    let hub = state(Api::Osmh, 2);
    says(Some(&hub), None, &["of OS Management Hub", "`patchtrain plan` goes on"]);
    says(Some(&hub), file(&own), &["of OS Management Hub", "another name"]);
    says(Some(&heir), file(&other), &["of OS Management Hub", "another name"]);
    says(None, file(&hub), &["kept.json is of OS Management Hub, and not of OS Management"]);
}

#[test]
fn the_releases_have_to_be_those_that_were_applied() {
    let train = train();
    let gl1 = train.releases[0].digest;
    check(&train, &applied("GL1", gl1)).unwrap();
    // Nothing was ever applied of a release: nobody can tell, and nobody rides it.
    check(&train, &state(Api::Osms, 1)).unwrap();
    let text = |state: &State| check(&train, state).unwrap_err().text(false);
    let other = Digest::of(["other"]);
    let changed = text(&applied("GL1", other));
    for part in [
        "train `t` is not the one that was applied on OS Management",
        &format!("release GL1: GL1.packages has {gl1}, and what was applied had {other}"),
        "from version control",
    ] {
        assert!(changed.contains(part), "no `{part}` in {changed}");
    }
    let gone = text(&applied("GL0", other));
    assert!(gone.contains("release GL0: group web rides it, and the train does not declare it"), "{gone}");
    // All of it at once.
    let mut both = applied("GL0", other);
    both.sources.extend(applied("GL1.1", other).sources);
    let both = text(&both);
    assert!(both.contains("release GL0") && both.contains("release GL1.1"), "{both}");
}

#[test]
fn it_says_what_is_taken_over_and_what_is_not() {
    let train = train();
    let mut old = applied("GL1.1", train.releases[1].digest);
    let web = old.groups[&GroupName::new("web")].clone();
    old.sources.extend(applied("GL1", train.releases[0].digest).sources);
    old.sources.extend(applied("GL0", Digest::of([""])).sources);
    old.groups.insert(GroupName::new("gone"), web);
    let expected = "\
Taking train t over from OS Management to OS Management Hub.
  the old state: lineage old, serial 4
  releases with the packages that were applied: GL1, GL1.1
  releases left behind, which the train no longer declares: GL0
  groups left behind, which the train no longer has: gone
  groups that move at the same time: web (GL1.1 -> GL1)
  levels are not taken over: they are proven anew
";
    assert_eq!(text(&train, &old), expected);
    old.train = TrainName::new("before");
    assert!(text(&train, &old).contains("serial 4, of train before\n"));
}
