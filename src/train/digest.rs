//! The digest of a train: of its parsed values and its releases' contents. Comments, layout, the order of groups
//! (which is for display only) and where the file lies do not count.
//!
//! Every struct is taken apart without `..`, so that a new field cannot be forgotten here. Each part is written with
//! its length before it, so that no two trains write the same bytes.

use super::service::WORK_TIMEOUT;
use super::{
    Ahead, Amount, Auth, Endpoint, Group, Import, Imported, Layout, Members, Release, Selector, Service,
    Train,
};
use crate::name::Ocid;
use crate::package::Digest;
use crate::patching::{Api, Schedule, Wanted};
use crate::rollout::Pace;

/// Computes the digest; what [`Train::digest`] holds is not looked at.
pub(super) fn of(train: &Train) -> Digest {
    let Train {
        file: _,
        name,
        os,
        architecture,
        compartment,
        golden,
        unmanaged,
        keeping: _,
        vendor_sources,
        service,
        releases,
        groups,
        imports,
        digest: _,
        layout,
        layout_line: _,
        encryption: _,
        notify: _,
        policy,
        backups: _,
        neighbours: _,
    } = train;
    let mut parts = Parts::default();
    parts.put("patchtrain train 1");
    parts.put(name.as_str()).put(os).put(architecture).put(compartment.as_str());
    parts.optional(golden.as_ref().map(|golden| golden.as_str()));
    let mut patterns: Vec<&str> = unmanaged.iter().map(|pattern| pattern.as_str()).collect();
    patterns.sort_unstable();
    parts.list(&patterns);
    put_service(&mut parts, service);
    parts.count(releases.len());
    for release in releases {
        put_release(&mut parts, release);
    }
    let mut groups: Vec<&Group> = groups.iter().collect();
    groups.sort_unstable_by_key(|group| &group.name);
    parts.count(groups.len());
    for group in &groups {
        put_group(&mut parts, group);
    }
    // What was added later stands behind all else and only where it is used, each under its word: the trains before it
    // keep their digest.
    let retired = releases.iter().filter(|release| release.retired).map(|release| release.name.as_str());
    let retired: Vec<&str> = retired.collect();
    if !retired.is_empty() {
        parts.put("retired").list(&retired);
    }
    if *layout == Layout::Child {
        parts.put("layout").put("child");
    }
    if service.api != Api::Osms {
        parts.put("api").put(service.api.word());
    }
    // Their order means nothing.
    let mut vendors: Vec<String> = vendor_sources.iter().map(ToString::to_string).collect();
    vendors.sort_unstable();
    if !vendors.is_empty() {
        parts.put("vendor_sources").list(&vendors.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let profiles = groups.iter().filter(|group| group.profile).map(|group| group.name.as_str());
    let profiles: Vec<&str> = profiles.collect();
    if !profiles.is_empty() {
        parts.put("profiles").list(&profiles);
    }
    let enforcing = groups.iter().filter(|group| !group.enforcing.is_default());
    let enforcing: Vec<String> =
        enforcing.map(|group| format!("{} {}", group.name, group.enforcing)).collect();
    if !enforcing.is_empty() {
        parts.put("enforcing").list(&enforcing.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let mut imports: Vec<&Imported> = imports.iter().map(|Import { of, line: _ }| of).collect();
    imports.sort_unstable();
    if !imports.is_empty() {
        parts.put("imports").count(imports.len());
    }
    for import in imports {
        match import {
            Imported::Source { release, id } => parts.put("release").put(release.as_str()).put(id.as_str()),
            Imported::Group { group, id } => parts.put("group").put(group.as_str()).put(id.as_str()),
        };
    }
    if let Some(policy) = policy {
        let rules: Vec<String> = policy.rules().iter().map(|(key, value)| format!("{key} {value}")).collect();
        parts.put("policy").list(&rules.iter().map(String::as_str).collect::<Vec<_>>());
    }
    Digest::of([parts.0])
}

fn put_service(parts: &mut Parts, service: &Service) {
    let Service {
        api: _,
        region,
        profile,
        auth,
        endpoint,
        auth_endpoint,
        compute,
        identity,
        object_storage: _,
        work_timeout,
    } = service;
    parts.optional(region.as_deref()).optional(profile.as_deref());
    parts.optional(auth.map(Auth::word)).optional(auth_endpoint.as_deref());
    put_endpoint(parts, endpoint);
    // What is left out writes nothing, so that a train from before there were these keeps its digest. What follows is
    // a count of releases, whose first bytes are zero.
    for (key, other) in [("compute", compute), ("identity", identity)] {
        if *other != endpoint.default_of_others() {
            parts.put(key);
            put_endpoint(parts, other);
        }
    }
    // As it was before it could be said.
    if *work_timeout != WORK_TIMEOUT {
        parts.put("work_timeout").put(&work_timeout.to_string());
    }
}

fn put_endpoint(parts: &mut Parts, endpoint: &Endpoint) {
    match endpoint {
        Endpoint::Simulator => parts.put("simulator"),
        Endpoint::Url(url) => parts.put("url").put(url),
        Endpoint::Region => parts.put("region"),
    };
}

fn put_release(parts: &mut Parts, release: &Release) {
    // The manifest counts by its content, which is what its digest is of.
    let Release { name, manifest_path, manifest: _, digest, line: _, retired: _ } = release;
    parts.put(name.as_str()).put(manifest_path).put(&digest.hex());
}

fn put_group(parts: &mut Parts, group: &Group) {
    let Group {
        name,
        id,
        release,
        members,
        after,
        max_failures,
        ahead,
        line: _,
        update,
        schedule,
        profile: _,
        pace,
        enforcing: _,
    } = group;
    parts.put(name.as_str()).optional(id.as_ref().map(|id| id.as_str())).put(release.as_str());
    match members {
        Members::Listed(members) => {
            let members: Vec<&str> = members.iter().map(|member| member.as_str()).collect();
            parts.put("listed").list(&members)
        }
        Members::Service => parts.put("service"),
        Members::Selected(Selector { compartments, subcompartments, tags }) => {
            let compartments: Vec<&str> = compartments.iter().map(Ocid::as_str).collect();
            parts.put("selected").list(&compartments).count(usize::from(*subcompartments));
            parts.count(tags.len());
            for (key, value) in tags {
                parts.put(&key.to_string()).put(value);
            }
            &mut *parts
        }
    };
    let mut after: Vec<&str> = after.iter().map(|group| group.as_str()).collect();
    after.sort_unstable();
    parts.list(&after);
    match max_failures {
        Amount::Number(number) => parts.put("number").count(*number),
        Amount::Percent(percent) => parts.put("percent").count(usize::from(*percent)),
    };
    parts.put(match ahead {
        Ahead::Report => "report",
        Ahead::Block => "block",
    });
    // A group that says nothing of them has the digest that it had before they could be said.
    let pace = Pace { stops: false, ..pace.clone() };
    if !pace.is_default() {
        // Every value of it has one spelling, and none can fail to be spelt.
        parts.put("pace").put(&serde_json::to_string(&pace).unwrap_or_default());
    }
    if let (Some(Wanted::All), None) = (update, schedule) {
        return;
    }
    parts.put("update").put(update.map_or("none", Wanted::word));
    if let Some(Schedule { update, every, start }) = schedule {
        parts.put("schedule").put(update.word()).put(&every.to_string()).put(&start.to_string());
    }
}

#[derive(Default)]
struct Parts(Vec<u8>);

impl Parts {
    fn put(&mut self, text: &str) -> &mut Self {
        self.count(text.len());
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    fn count(&mut self, number: usize) -> &mut Self {
        self.0.extend_from_slice(&(number as u64).to_be_bytes());
        self
    }

    fn optional(&mut self, text: Option<&str>) -> &mut Self {
        self.count(usize::from(text.is_some()));
        if let Some(text) = text {
            self.put(text);
        }
        self
    }

    fn list(&mut self, texts: &[&str]) -> &mut Self {
        self.count(texts.len());
        for text in texts {
            self.put(text);
        }
        self
    }
}
