//! Module streams and instances by name, as the service tells them.

use super::service::{Fault, Service, Spelling};
use super::*;
use crate::observed::{Scope, Sighting};
use crate::op::{Op, RetryToken};
use crate::package::{ModuleStream, StreamName, StreamStatus};

#[tokio::test(start_paused = true)]
async fn enabled_and_active_streams_come_with_the_packages_of_their_source() {
    let perl = "perl-libs-4:5.26.3-422.module+el8.6.0+20623+f0897f98.x86_64";
    let gone = "perl-libs-4:5.26.3-419.module+el8.3.0+20600+aaaaaaaa.x86_64";
    let service = Service::new();
    // Names lack the epoch: only what was read of the instance tells which package is meant.
    service.world().spelling = Some(Spelling { epoch_in_name: false, epoch_in_version: true });
    service.instance("i", None);
    service.world().installed.insert("i".to_owned(), vec![(perl.parse().unwrap(), true)]);
    service.source("appstream", "Application Stream", &[perl]);
    service.world().streams = vec![
        ("perl", "5.26", "ACTIVE", Some("appstream")),
        ("perl", "5.30", "DISABLED", Some("appstream")),
        ("nodejs", "18", "ENABLED", None),
        ("php", "7.2", "ENABLED", Some("hidden")),
        ("ruby", "2.5", "SOMEHOW", Some("appstream")),
    ];
    let cloud = cloud(&service);
    cloud.observe(&Scope::Inventory(Ocid::new("i"))).await.unwrap();
    service.asked();
    let Sighting::ModuleStreams(_, Some(streams)) =
        cloud.observe(&Scope::ModuleStreams(Ocid::new("i"))).await.unwrap()
    else {
        panic!("it is known")
    };
    let stream = |module: &str, stream: &str, status| ModuleStream {
        module: module.into(),
        stream: stream.into(),
        status,
    };
    let seen: Vec<(&ModuleStream, usize)> =
        streams.iter().map(|known| (&known.stream, known.packages.len())).collect();
    assert_eq!(
        seen,
        [
            (&stream("nodejs", "18", StreamStatus::Enabled), 0),
            (&stream("perl", "5.26", StreamStatus::Active), 1),
            (&stream("php", "7.2", StreamStatus::Enabled), 0),
        ]
    );
    assert!(streams[1].packages.contains(perl.parse().unwrap()));
    assert!(!streams[1].packages.contains(gone.parse().unwrap()));
    // Three pages of the list, and a look at each stream that has a source.
    assert_eq!(service.asked().len(), 5);
    // Without the packages it is the list alone, with what nothing comes from.
    let Sighting::Streams(_, Some(all)) = cloud.observe(&Scope::Streams(Ocid::new("i"))).await.unwrap()
    else {
        panic!("it is known")
    };
    assert_eq!(
        all,
        [
            stream("nodejs", "18", StreamStatus::Enabled),
            stream("perl", "5.26", StreamStatus::Active),
            stream("perl", "5.30", StreamStatus::Disabled),
            stream("php", "7.2", StreamStatus::Enabled),
            stream("ruby", "2.5", StreamStatus::Disabled),
        ]
    );
    assert_eq!(service.asked().len(), 3);
    let unknown = cloud.observe(&Scope::Streams(Ocid::new("other"))).await.unwrap();
    assert_eq!(unknown, Sighting::Streams(Ocid::new("other"), None));
    let unknown = cloud.observe(&Scope::ModuleStreams(Ocid::new("other"))).await.unwrap();
    assert_eq!(unknown, Sighting::ModuleStreams(Ocid::new("other"), None));
}

#[tokio::test(start_paused = true)]
async fn streams_are_enabled_by_one_call_that_is_answered_with_work() {
    let service = Service::new();
    service.instance("i", Some("s"));
    let streams = ["nodejs:18", "perl:5.30"].map(|spec| StreamName::parse(spec).unwrap()).to_vec();
    let op = Op::EnableStreams { instance: Ocid::new("i"), streams };
    let token = RetryToken("t".repeat(48));
    let Submitted::Pending { ticket } = cloud(&service).submit(&op, &token).await.unwrap() else { panic!() };
    assert_eq!(ticket.0, "work-i");
    let body = r#"{"isDryRun":false,"enable":[{"moduleName":"nodejs","streamName":"18"},{"moduleName":"perl","streamName":"5.30"}]}"#;
    let path = "/managedInstances/i/actions/moduleStreams/manage";
    assert_eq!(service.asked(), [format!("POST {path} {} {body}", token.0)]);
    // Of a service that names no work nobody knows how it goes.
    service.fault("manage", Fault::Dropped);
    let error = cloud(&service).submit(&op, &token).await.unwrap_err().to_string();
    assert!(error.contains("it names no work request"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn instances_are_found_by_their_whole_name() {
    let service = Service::new();
    for id in ["a", "ab", "b"] {
        service.instance(id, None);
    }
    let cloud = cloud(&service);
    let named = async |name: &str| match cloud.observe(&Scope::InstancesNamed(name.to_owned())).await {
        Ok(Sighting::InstancesNamed(_, found)) => {
            found.into_keys().map(|id| id.to_string()).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(named("name-a").await, ["a"]);
    assert!(named("name-").await.is_empty());
}
