//! What was observed, written down and read again: as far as planning goes, nothing is lost.

use patchtrain::name::Ocid;
use patchtrain::observed::{Cached, Observed};

use crate::support::worlds::{self, World};

use super::convergence;

fn through_text(world: &World, observed: &Observed) -> Observed {
    let cached = Cached {
        train: world.train.name.clone(),
        lineage: Some(world.state.lineage.clone()),
        serial: world.state.serial,
        service: ("osms".to_owned(), "in memory".to_owned(), Ocid::new("ocid1.compartment.oc1..test")),
        seen: world.now,
        surveyed: None,
        observed: observed.clone(),
    };
    let text = cached.text().unwrap();
    let read = Cached::read(&text).unwrap();
    assert_eq!(read, cached);
    assert_eq!(read.text().unwrap(), text);
    read.observed
}

#[test]
fn a_plan_of_what_was_written_down_is_the_plan_of_what_was_observed() {
    for seed in worlds::seeds(400) {
        let (world, _) = convergence::world(seed);
        let mut observed = world.surveyed();
        // What no world here has is kept, too.
        let package = |text: &str| patchtrain::package::Package::parse(text).unwrap();
        observed.unoffered = [package("nobody-1-1.x86_64")].into_iter().collect();
        observed.candidates = [(Ocid::new("ocid1.nothing.oc1..x"), None)].into();
        let read = through_text(&world, &observed);
        assert_eq!(read, observed, "seed {seed}");
        assert_eq!(world.plan_from(&read, true, &[]), world.plan_from(&observed, true, &[]), "seed {seed}");
    }
}
