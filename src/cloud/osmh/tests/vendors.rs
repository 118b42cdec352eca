//! The vendor's sources, and which packages none of them offers; and what it costs to find out.

use serde_json::json;

use super::service::Service;
use super::*;
use crate::observed::Vendor;

async fn unoffered(cloud: &OsmhCloud<Script>, nevras: &[&str]) -> PackageSet {
    let Sighting::Catalogue(set) = cloud.observe(&Scope::Catalogue(set(nevras))).await.unwrap() else {
        panic!()
    };
    set
}

#[tokio::test(start_paused = true)]
async fn vendors_are_those_of_the_system_and_those_named_by_id() {
    let service = Service::new();
    service.vendor("app", "ol8_appstream-x86_64", "AVAILABLE", &[]);
    service.vendor("ocid1.nine", "ol9_baseos_latest-x86_64", "SELECTED", &[]);
    service.vendor("ten", "ol10_baseos_latest-x86_64", "SELECTED", &[]);
    for id in ["ocid1.nine", "ten"] {
        service.world().sources.get_mut(id).unwrap()["osFamily"] = json!("ORACLE_LINUX_9");
    }
    let cloud = drawing_from(&service, &["repo-base", "ol8_appstream-x86_64", "ocid1.nine", "ocid1.nobody"]);
    let Sighting::Vendors(vendors) = cloud.observe(&Scope::Vendors).await.unwrap() else { panic!() };
    let vendor = |name: &str, selected| Vendor { name: name.into(), selected };
    assert_eq!(
        vendors,
        BTreeMap::from([
            (Ocid::new("app"), vendor("ol8_appstream-x86_64", false)),
            // As the train calls it.
            (Ocid::new("base"), vendor("repo-base", true)),
            (Ocid::new("ocid1.nine"), vendor("ol9_baseos_latest-x86_64", true)),
        ])
    );
    // They lie in the root compartment, which is the tenancy that signs.
    assert_eq!(
        service.asked()[0],
        "GET /softwareSources?compartmentId=t&softwareSourceType=VENDOR&vendorName=ORACLE&osFamily=ORACLE_LINUX_8\
         &archType=X86_64&limit=1000"
    );
}

#[tokio::test(start_paused = true)]
async fn only_selected_sources_that_the_train_names_offer_anything() {
    let service = Service::new();
    service.vendor("base", "ol8_baseos_latest-x86_64", "SELECTED", &["acl-1-1.x86_64", "acl-1-2.x86_64"]);
    service.vendor("app", "ol8_appstream-x86_64", "AVAILABLE", &["vim-2:8-1.x86_64"]);
    service.vendor("uek", "ol8_uekr7-x86_64", "SELECTED", &["kernel-1-1.x86_64"]);
    let all = ["acl-1-1.x86_64", "acl-1-3.x86_64", "vim-2:8-1.x86_64", "kernel-1-1.x86_64"];
    let some = ["acl-1-3.x86_64", "vim-2:8-1.x86_64", "kernel-1-1.x86_64"];
    let not_selected = drawing_from(&service, &["ol8_baseos_latest-x86_64", "ol8_appstream-x86_64"]);
    assert_eq!(unoffered(&not_selected, &all).await, set(&some));
    let both = drawing_from(&service, &["base", "uek"]);
    assert_eq!(unoffered(&both, &all).await, set(&some[..2]));
    assert_eq!(unoffered(&drawing_from(&service, &[]), &all).await, set(&all));
}

#[tokio::test(start_paused = true)]
async fn versions_on_offer_are_those_of_the_vendors_sources_that_the_train_names() {
    let service = Service::new();
    service.vendor(
        "base",
        "ol8_baseos_latest-x86_64",
        "SELECTED",
        &["acl-1-1.x86_64", "acl-1-2.x86_64", "a-1-1.noarch"],
    );
    service.vendor("uek", "ol8_uekr7-x86_64", "SELECTED", &["acl-1-3.x86_64"]);
    let cloud = drawing_from(&service, &["ol8_baseos_latest-x86_64"]);
    let offers = async |names: &[&str]| {
        let names = names.iter().map(|name| (*name).into()).collect();
        let seen = cloud.observe(&Scope::Offers(None, names)).await.unwrap();
        let Sighting::Offers(offered, _) = seen else { panic!() };
        offered
    };
    assert_eq!(offers(&["acl", "nope"]).await, set(&["acl-1-1.x86_64", "acl-1-2.x86_64"]));
    service.asked();
    assert_eq!(offers(&["acl"]).await.len(), 2);
    assert_eq!(service.asked(), [""; 0], "known by now");
}

#[tokio::test(start_paused = true)]
async fn what_was_seen_installed_or_in_a_release_is_not_asked_for() {
    let service = Service::new();
    service.custom("s", "great-linux/GL1", &["bash-1-1.x86_64"]);
    let row = json!({
        "displayName": "acl", "name": "acl-1-1.x86_64", "version": "1-1", "architecture": "X86_64",
        "softwareSources": [{"id": "base", "displayName": "b"}], "type": "RPM",
    });
    service.world().installed.insert("a".to_owned(), vec![row]);
    let cloud = cloud(&service);
    for scope in [
        Scope::SourcesNamed("great-linux/GL1".to_owned()),
        Scope::SourceContents(Ocid::new("s")),
        Scope::Inventory(Ocid::new("a")),
    ] {
        cloud.observe(&scope).await.unwrap();
    }
    service.asked();
    assert_eq!(unoffered(&cloud, &["acl-1-1.x86_64", "bash-1-1.x86_64"]).await, PackageSet::default());
    assert_eq!(service.asked().len(), 1, "the vendors alone");
}

#[tokio::test(start_paused = true)]
async fn a_source_is_read_whole_or_by_name_whichever_is_cheaper() {
    let nevras: Vec<String> = (0..60).map(|number| format!("p{number}-1-1.noarch")).collect();
    let nevras: Vec<&str> = nevras.iter().map(String::as_str).collect();
    // Three packages of sixty, in pages of two: by name, after the first page has shown how short they are.
    let service = Service::new();
    service.vendor("base", "ol8_baseos_latest-x86_64", "SELECTED", &nevras);
    let base = cloud(&service);
    assert_eq!(
        unoffered(&base, &["p41-1-1.noarch", "p42-1-2.noarch", "q-1-1.noarch"]).await,
        set(&["p42-1-2.noarch", "q-1-1.noarch"])
    );
    let asked = service.asked();
    assert_eq!(asked.len(), 1 + 1 + 3, "{asked:?}");
    assert!(asked.iter().any(|line| line.ends_with("&displayName=q")), "{asked:?}");
    // What is known now is not asked again.
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    let nowhere = ["p42-1-2.noarch", "gpg-pubkey-a-b.(none)"];
    assert_eq!(unoffered(&base, &["p42-1-1.noarch", nowhere[0], nowhere[1]]).await, set(&nowhere));
    assert_eq!(service.asked(), [""; 0]);
    tokio::time::sleep(std::time::Duration::from_secs(300)).await;
    unoffered(&base, &nowhere).await;
    assert_eq!(service.asked().len(), 1, "the vendors, which may have been selected meanwhile");
    // All sixty, in pages of ten: six pages.
    service.world().page = Some(10);
    let base = cloud(&service);
    assert_eq!(unoffered(&base, &nevras).await, PackageSet::default());
    assert_eq!(service.asked().len(), 1 + 6);
    // A few of a source that says it is vast: by name at once.
    service.world().sources.get_mut("base").unwrap()["packageCount"] = json!(100_000);
    let base = cloud(&service);
    assert_eq!(unoffered(&base, &["p1-1-1.noarch", "p2-1-1.noarch"]).await, PackageSet::default());
    assert_eq!(service.asked().len(), 1 + 2);
}
