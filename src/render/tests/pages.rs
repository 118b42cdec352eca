//! Plans as HTML pages.

use super::super::{PlanFormat, plan_as};
use super::{borders, policies, sample};
use crate::plan::Plan;

fn page(plan: &Plan) -> String {
    plan_as(plan, &PlanFormat::Html)
}

/// Returns the tags of a page and whether each has its end.
fn balanced(text: &str) {
    const VOID: [&str; 4] = ["!doctype", "meta", "br", "input"];
    let body = &text[..text.find("<style>").unwrap()];
    let rest = &text[text.find("</style>").unwrap() + 8..text.find("<script>").unwrap()];
    let mut open = Vec::new();
    for part in [body, rest] {
        for piece in part.split('<').skip(1) {
            let tag = piece.split(['>', ' ']).next().unwrap();
            match tag.strip_prefix('/') {
                _ if VOID.contains(&tag) => {}
                Some(tag) => assert_eq!(open.pop(), Some(tag), "{piece}"),
                None => open.push(tag),
            }
            assert!(piece.contains('>'), "{piece}");
        }
    }
    assert_eq!(open, ["html", "body"].map(|tag| tag), "what the script stands in is open");
}

#[test]
fn a_page_has_all_parts_and_loads_nothing() {
    let text = page(&policies::reviewed());
    assert!(text.contains(
        "http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;; style-src &#39;sha256-"
    ));
    for part in [
        "id=\"groups\"",
        "id=\"policy\"",
        "id=\"releases\"",
        "id=\"who\"",
        "id=\"steps\"",
        "id=\"changes\"",
        "id=\"held\"",
        "id=\"drift\"",
        "id=\"losses\"",
        "id=\"ahead\"",
        "id=\"notes\"",
        "id=\"group.canary\"",
        "id=\"instance.web-07\"",
        "<svg ",
        "data-rows=\"packages\"",
        "class=\"caution\"",
    ] {
        assert!(text.contains(part), "{part} is missing");
    }
    for never in [" src=", " style=", "@import", "url(", " onclick="] {
        assert!(!text.contains(never), "{never}");
    }
    balanced(&text);
    balanced(&page(&sample::empty()));
    assert_eq!(text, page(&policies::reviewed()), "the same plan is the same page");
}

#[test]
fn every_link_within_the_page_leads_somewhere() {
    for plan in [policies::reviewed(), sample::empty(), borders::first_run(), borders::heavy()] {
        let text = page(&plan);
        for link in text.split("href=\"#").skip(1) {
            let target = link.split('"').next().unwrap();
            assert!(text.contains(&format!("id=\"{target}\"")), "{target}");
        }
    }
}

#[test]
fn two_thousand_instances_are_a_page_of_some_megabytes() {
    let text = page(&borders::heavy());
    assert!(text.len() < 3_000_000, "{} bytes", text.len());
    assert_eq!(text.matches("<tr id=\"instance.").count(), 2_000);
}

#[test]
fn names_stay_names() {
    let mut sample = policies::reviewed();
    for label in sample.labels.values_mut() {
        *label = format!("{label}\"><script>alert(1)</script>").into();
    }
    sample.groups[0].name = crate::name::GroupName::new("a'\" onload=x>\u{202e}");
    let text = page(&sample);
    assert_eq!(text.matches("<script>").count(), 1);
    assert!(!text.contains("\" onload=") && !text.contains('\u{202e}'));
    balanced(&text);
}
