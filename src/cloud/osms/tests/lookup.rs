//! The service's names, however it spells them and wherever they have to be looked for.

use super::service::{FULL, Service, Spelling};
use super::*;
use crate::name::ReleaseName;
use crate::op::SourceRef;

const VENDOR: [&str; 4] = [
    "acl-2.2-1.x86_64",
    "linux-firmware-999:20230516-999.26.noarch",
    "dbus-1:1.12-8.x86_64",
    "dbus-1:1.12-9.x86_64",
];

const SPELLINGS: [Spelling; 3] = [
    FULL,
    Spelling { epoch_in_name: false, epoch_in_version: true },
    Spelling { epoch_in_name: true, epoch_in_version: false },
];

fn service(spelling: Spelling) -> Service {
    let service = Service::new();
    service.world().spelling = Some(spelling);
    service.source("vendor", "ol8", &VENDOR);
    service.source("s", "great-linux/GL1", &[]);
    service
}

fn add(nevras: &[&str]) -> Op {
    let source = SourceRef { release: ReleaseName::new("GL1"), id: Some(Ocid::new("s")), under: None };
    Op::AddPackages { source, packages: packages(nevras) }
}

async fn submit(cloud: &OsmsCloud<Script>, op: &Op) -> Result<(), CloudError> {
    cloud.submit(op, &RetryToken("t".to_owned())).await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn names_come_from_what_instances_have_installed() {
    for spelling in SPELLINGS {
        let service = service(spelling);
        let installed = packages(&VENDOR).into_iter().map(|package| (package, true)).collect();
        service.world().installed.insert("i".to_owned(), installed);
        let cloud = cloud(&service);
        let seen = cloud.observe(&Scope::Inventory(Ocid::new("i"))).await.unwrap();
        let Sighting::Inventory(_, Some(inventory)) = seen else { panic!() };
        assert_eq!(inventory.installed, set(&VENDOR), "{spelling:?}");
        service.asked();
        submit(&cloud, &add(&VENDOR)).await.unwrap();
        assert_eq!(service.asked().len(), 1, "{spelling:?}");
        assert_eq!(service.world().contents["s"], packages(&VENDOR).into_iter().collect());
        let seen = cloud.observe(&Scope::SourceContents(Ocid::new("s"))).await.unwrap();
        assert_eq!(seen, Sighting::SourceContents(Ocid::new("s"), Some(set(&VENDOR))));
        assert_eq!(cloud.distinct_sets(), 2, "the empty one and the full one");
    }
}

#[tokio::test(start_paused = true)]
async fn names_that_were_never_read_are_searched() {
    for spelling in SPELLINGS {
        let service = service(spelling);
        service.world().searchable = true;
        let cloud = cloud(&service);
        submit(&cloud, &add(&VENDOR[..3])).await.unwrap();
        assert_eq!(
            service.world().contents["s"],
            packages(&VENDOR[..3]).into_iter().collect(),
            "{spelling:?}"
        );
        let asked = service.asked();
        assert!(asked.len() <= 6, "{asked:?}");
        let question =
            "GET /softwareSources/softwarePackages?softwarePackageName=acl-2.2-1.x86_64&limit=1000";
        assert!(asked.iter().any(|line| line == question), "{asked:?}");
        // Found once, known from then on.
        submit(&cloud, &add(&VENDOR[..3])).await.unwrap();
        assert!(service.asked().iter().all(|line| !line.contains("softwarePackageName")));
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_search_the_sources_themselves_are_asked() {
    for spelling in SPELLINGS {
        let service = service(spelling);
        let cloud = cloud(&service);
        submit(&cloud, &add(&VENDOR)).await.unwrap();
        assert_eq!(service.world().contents["s"], packages(&VENDOR).into_iter().collect(), "{spelling:?}");
        let asked = service.asked();
        let question = "GET /softwareSources/vendor/softwarePackages?displayName=dbus&limit=1000";
        assert!(asked.iter().any(|line| line == question), "{asked:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_out_of_the_compartment_is_known_from_the_instances_on_it() {
    let service = service(FULL);
    service.instance("i", Some("vendor"));
    service.world().sources.remove("vendor");
    let cloud = cloud(&service);
    cloud.observe(&Scope::Instance(Ocid::new("i"))).await.unwrap();
    submit(&cloud, &add(&VENDOR)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn versions_on_offer_are_those_of_an_instances_sources_or_of_all() {
    let offers = async |cloud: &OsmsCloud<Script>, instance: Option<&str>, names: &[&str]| {
        let names = names.iter().map(|name| (*name).into()).collect();
        let seen = cloud.observe(&Scope::Offers(instance.map(Ocid::new), names)).await.unwrap();
        let Sighting::Offers(offered, _) = seen else { panic!() };
        offered
    };
    for (spelling, searchable) in SPELLINGS.into_iter().zip([true, false, true]) {
        let service = service(spelling);
        service.source("preview", "ol8_preview", &["dbus-1:1.12-10.x86_64"]);
        service.instance("i", Some("vendor"));
        service.world().searchable = searchable;
        let cloud = cloud(&service);
        let both = ["dbus-1:1.12-10.x86_64", VENDOR[2], VENDOR[3]];
        assert_eq!(offers(&cloud, Some("i"), &["dbus", "nope"]).await, set(&both[1..]), "{spelling:?}");
        service.asked();
        assert_eq!(offers(&cloud, None, &["dbus"]).await, set(&both), "{spelling:?}");
        let asked = service.asked();
        let question = "GET /softwareSources/softwarePackages?displayName=dbus&limit=1000";
        assert_eq!(asked[0], question, "{asked:?}");
        let search = |line: &String| line.starts_with("GET /softwareSources/softwarePackages?");
        assert_eq!(asked.iter().all(search), searchable, "{asked:?}");
        assert_eq!(offers(&cloud, Some("nobody"), &["dbus"]).await, PackageSet::default());
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_cannot_be_read_is_named() {
    let service = service(FULL);
    service.instance("i", Some("vendor"));
    service.world().sources.remove("vendor");
    service.world().contents.remove("vendor");
    let cloud = cloud(&service);
    let scope = Scope::Offers(Some(Ocid::new("i")), ["dbus".into()].into());
    let Sighting::Offers(offered, unread) = cloud.observe(&scope).await.unwrap() else { panic!() };
    assert_eq!((offered, unread.len()), (PackageSet::default(), 1), "{unread:?}");
}

#[tokio::test(start_paused = true)]
async fn unknown_packages_are_all_named_and_nothing_is_sent() {
    for searchable in [false, true] {
        let service = service(FULL);
        service.world().searchable = searchable;
        // Installed somewhere, but from no source: the service would not take it.
        let agent = packages(&["oracle-cloud-agent-1.2-3.x86_64"])[0];
        service.world().installed.insert("i".to_owned(), vec![(agent, false)]);
        let cloud = cloud(&service);
        cloud.observe(&Scope::Inventory(Ocid::new("i"))).await.unwrap();
        let wanted = ["zsh-5-1.x86_64", "acl-2.2-1.x86_64", agent.as_str(), "dbus-1.12-8.x86_64"];
        let error = submit(&cloud, &add(&wanted)).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "no software source that can be read offers dbus-1.12-8.x86_64, \
             oracle-cloud-agent-1.2-3.x86_64, zsh-5-1.x86_64"
        );
        assert_eq!(service.written(), [""; 0]);
    }
}
