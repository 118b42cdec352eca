//! Tests of which instance is read, in a world where anything can be.

use std::path::Path;
use std::time::Duration;

use super::*;
use crate::cloud::memory::MemoryCloud;
use crate::observed::{InstanceStatus, Observed};
use crate::op::Ticket;
use crate::package::{Package, PackageSet};
use crate::train::{self, Overlay};

fn instance(name: &str) -> Instance {
    let installed: PackageSet = [Package::parse("bash-4.4.20-5.el8.x86_64").unwrap()].into_iter().collect();
    Instance {
        name: name.into(),
        status: InstanceStatus::Normal,
        os: Some("Oracle Linux Server 8.10".into()),
        parent: None,
        children: Vec::new(),
        groups: Default::default(),
        inventory: Some(Inventory { installed, unsourced: PackageSet::default() }),
        last_checkin: None,
        last_boot: None,
        running_kernel: None,
        effective_kernel: None,
        reboot_required: false,
        listed: None,
        updates_available: None,
        open_work: Vec::new(),
    }
}

fn train() -> Train {
    let text = "[train]\nname = \"t\"\nos = \"oracle-linux-8\"\narchitecture = \"x86_64\"\n\
                compartment = \"ocid1.compartment.oc1..c\"\n[service]\napi = \"osms\"\nregion = \"eu-frankfurt-1\"\n";
    let path = Path::new("trains/t.toml");
    let overlay = Overlay::from([(path.to_owned(), text.as_bytes().to_vec())]);
    train::load_with_overlay(&[path], &overlay).unwrap().remove(0)
}

async fn read(instances: &[(&str, Instance)], from: &str) -> Result<String, String> {
    read_at(instances, from, None).await.0
}

/// Reads, and tells how often the instance was asked to list its packages anew.
async fn read_at(
    instances: &[(&str, Instance)],
    from: &str,
    pace: Option<Pace>,
) -> (Result<String, String>, usize) {
    let known = instances.iter().map(|(id, instance)| (Ocid::new(id), instance.clone())).collect();
    let cloud = MemoryCloud::new(Observed { instances: known, ..Observed::default() });
    let trains = [train()];
    let wanted = Wanted { trains: &trains, train: &trains[0], state: None, from: Some(from) };
    let read = match named(&wanted) {
        Ok(named) => Reader { cloud: &cloud, wanted: &wanted, pace, say: &|_| () }.read(named).await,
        Err(error) => Err(error),
    };
    let asked = cloud.done().into_iter().filter(|(key, _)| key.0.starts_with("refresh/"));
    let asked = asked.map(|(_, times)| times).sum();
    (read.map(|reading| reading.id.to_string()).map_err(|error| error.text(false)), asked)
}

#[tokio::test(start_paused = true)]
async fn packages_are_listed_anew_where_the_service_does_that_only_when_asked() {
    let id = "ocid1.instance.oc1..one";
    let second = Duration::from_secs(1);
    let pace = Pace { first: second, longest: second, patience: second };
    let seen = |instance, pace| async move { read_at(&[(id, instance)], id, pace).await };
    assert_eq!(seen(instance("golden"), None).await, (Ok(id.to_owned()), 0));
    assert_eq!(seen(instance("golden"), Some(pace)).await, (Ok(id.to_owned()), 1));
    // Nobody would pick that work up.
    let away = Instance { status: InstanceStatus::Unreachable, ..instance("golden") };
    assert_eq!(seen(away, Some(pace)).await, (Ok(id.to_owned()), 0));
    let mut at_work = instance("golden");
    at_work.open_work.push(Ticket("w".to_owned()));
    let (refused, asked) = seen(at_work, Some(pace)).await;
    assert!(refused.is_err() && asked == 0, "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn a_name_that_two_have_is_answered_with_their_ids() {
    let (one, two, three) =
        ("ocid1.instance.oc1..one", "ocid1.instance.oc1..two", "ocid1.instance.oc1..three");
    let world = [(one, instance("golden")), (two, instance("golden")), (three, instance("other"))];
    let error = read(&world, "golden").await.unwrap_err();
    for part in ["2 instances are called `golden`", one, two] {
        assert!(error.contains(part), "no `{part}` in {error}");
    }
    assert_eq!(read(&world, two).await.as_deref(), Ok(two));
    assert_eq!(read(&world, "other").await.as_deref(), Ok(three));
}

#[tokio::test(start_paused = true)]
async fn an_instance_at_work_or_of_another_os_is_refused() {
    let id = "ocid1.instance.oc1..one";
    let mut at_work = instance("golden");
    at_work.open_work.push(Ticket("ocid1.osmsworkrequest.oc1..w".to_owned()));
    let error = read(&[(id, at_work)], "golden").await.unwrap_err();
    assert!(error.contains("is at work (ocid1.osmsworkrequest.oc1..w)"), "{error}");
    let mut newer = instance("golden");
    newer.os = Some("Oracle Linux Server 9.4".into());
    let error = read(&[(id, newer)], "golden").await.unwrap_err();
    assert!(error.contains("runs Oracle Linux Server 9.4") && error.contains("oracle-linux-8"), "{error}");
    // What is not said cannot be held against it.
    let mut silent = instance("golden");
    silent.os = None;
    assert_eq!(read(&[(id, silent)], "golden").await.as_deref(), Ok(id));
}
