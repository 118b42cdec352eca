//! Lists: pages, filters, order, and what each row says.

use super::*;

#[tokio::test(start_paused = true)]
async fn pages_join_to_the_whole_list() {
    let client = Client::new();
    let path = format!("/managedInstances/{}/packages", golden());
    let all = client.all(&path);
    assert!(all.len() > 450);
    let first = client.get(&path);
    assert_eq!(first.body.as_array().unwrap().len(), 50);
    let mut rows = Vec::new();
    let mut page = String::new();
    loop {
        let got = client.get(&format!("{path}?limit=7{page}"));
        rows.extend(got.body.as_array().unwrap().iter().cloned());
        match got.header("opc-next-page") {
            "" => break,
            token => page = format!("&page={}", escape(token)),
        }
    }
    assert_eq!(rows, all);
    let token = escape(first.header("opc-next-page"));
    let other = client.get(&format!("/managedInstances/{}/packages?page={token}", member("web-01")));
    assert_eq!(other.refusal(), (400, "InvalidParameter"));
    let unescaped = first.header("opc-next-page").replace('+', "%20");
    assert_eq!(client.get(&format!("{path}?page={unescaped}")).refusal(), (400, "InvalidParameter"));
}

#[tokio::test(start_paused = true)]
async fn rows_say_what_the_models_say() {
    let client = Client::new();
    let path = format!("/managedInstances/{}/packages?displayName=", golden());
    let firmware = client.get(&format!("{path}linux-firmware")).body;
    let name = "linux-firmware-999:20240715-999.34.git4c8fb21e.el8.noarch";
    assert_eq!(firmware[0]["name"], name);
    assert_eq!(firmware[0]["version"], "999:20240715-999.34.git4c8fb21e.el8");
    assert_eq!(firmware[0]["softwareSources"][0]["name"], "Oracle Linux 8 BaseOS Latest (x86_64)");
    let agent = client.get(&format!("{path}oracle-cloud-agent")).body;
    assert_eq!(agent[0]["softwareSources"], json!([]));
    let key = client.get(&format!("{path}gpg-pubkey")).body;
    assert_eq!(key[0]["name"], "gpg-pubkey-ad986da3-5cabf60d.(none)");
    let kernels = client.get(&format!("{path}kernel-uek-core")).body;
    assert_eq!(kernels.as_array().unwrap().len(), 2);

    let short = Client::switched(Switches { names_with_epoch: false, ..Switches::default() });
    let firmware = short.get(&format!("{path}linux-firmware")).body;
    assert_eq!(firmware[0]["name"], name.replace("999:", ""));
    assert_eq!(firmware[0]["version"], "999:20240715-999.34.git4c8fb21e.el8");
}

#[tokio::test(start_paused = true)]
async fn the_vendors_sources_live_in_the_tenancy_and_deleted_ones_stay_gettable() {
    let client = Client::new();
    let tenancy = credentials().tenancy;
    let vendor = client.all(&format!("/softwareSources?compartmentId={tenancy}&sortBy=DISPLAYNAME"));
    assert_eq!(vendor.len(), 5);
    let base = vendor.iter().find(|source| source["parentId"].is_null()).unwrap();
    assert!(vendor.iter().all(|source| source == base || source["parentId"] == base["id"]));
    let listed =
        |filter: &str| client.all(&format!("/softwareSources?compartmentId={COMPARTMENT}{filter}")).len();
    assert_eq!(listed(""), 0);
    let source = client.source("great-linux/GL1", &Default::default());
    assert_eq!((listed("&lifecycleState=ACTIVE"), listed("&lifecycleState=DELETED")), (1, 0));
    assert_eq!(client.delete(&format!("/softwareSources/{source}"), &[]).status, 204);
    assert_eq!((listed("&lifecycleState=ACTIVE"), listed("&lifecycleState=DELETED")), (0, 1));
    assert_eq!(client.get(&format!("/softwareSources/{source}")).body["lifecycleState"], "DELETED");
    assert_eq!(client.delete(&format!("/softwareSources/{source}"), &[]).status, 404);
    assert_eq!(
        client.get(&format!("/softwareSources?compartmentId={COMPARTMENT}&lifecycleState=active")).status,
        400
    );
}

#[tokio::test(start_paused = true)]
async fn lists_sort_by_time_descending_unless_asked() {
    let client = Client::new();
    for name in ["b", "c", "a"] {
        client.source(name, &Default::default());
        client.simulator.advance(1).unwrap();
    }
    let names = |order: &str| -> String {
        let rows = client.all(&format!("/softwareSources?compartmentId={COMPARTMENT}{order}"));
        rows.iter().map(|row| row["displayName"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(""), "acb");
    assert_eq!(names("&sortOrder=ASC"), "bca");
    assert_eq!(names("&sortBy=DISPLAYNAME"), "abc");
    assert_eq!(names("&sortBy=DISPLAYNAME&sortOrder=DESC"), "cba");
}

#[tokio::test(start_paused = true)]
async fn packages_are_found_in_sources_and_searches() {
    let client = Client::new();
    let tenancy = credentials().tenancy;
    let sources = client.all(&format!("/softwareSources?compartmentId={tenancy}&displayName=Application"));
    let id = sources[0]["id"].as_str().unwrap();
    let rows = client.all(&format!("/softwareSources/{id}/softwarePackages?displayName=bind-libs"));
    assert_eq!(rows.len(), 6, "two packages in three versions: {rows:?}");
    assert_eq!(sources[0]["packages"], client.all(&format!("/softwareSources/{id}/softwarePackages")).len());
    let name = "bind-libs-32:9.11.36-16.el8_10.x86_64";
    let one = client.get(&format!("/softwareSources/{id}/softwarePackages/{}", escape(name)));
    assert_eq!((one.status, &one.body["name"]), (200, &json!(name)));
    for form in [name, "bind-libs-9.11.36-16.el8_10.x86_64"] {
        let found =
            client.all(&format!("/softwareSources/softwarePackages?softwarePackageName={}", escape(form)));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["softwareSources"][0]["id"], id);
    }
}
