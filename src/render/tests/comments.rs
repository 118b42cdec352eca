//! Plans as comments on a pull request: what they say, that they fit, and that no name breaks them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};

use super::super::{Comment, LEAST_COMMENT, PlanFormat, Since, plan_as};
use super::{borders, golden, policies, sample};
use crate::plan::{Plan, PolicyReview};

fn written(plan: &Plan, comment: Comment) -> String {
    plan_as(plan, &PlanFormat::Markdown(Box::new(comment)))
}

fn within(plan: &Plan, limit: usize) -> String {
    written(plan, Comment { limit, link: Some("https://ci.example/jobs/7".to_owned()), ..Comment::default() })
}

#[test]
fn a_comment_tells_the_plan() {
    let mut before = policies::reviewed().figures();
    (before.instances, before.held) = (before.instances - 2, before.held + 1);
    let comment = Comment {
        since: Some(Since::Plan(sample::full().basis.train, Box::new(before))),
        apply: Some("patchtrain apply web.plan".to_owned()),
        ..Comment::default()
    };
    golden::check("comment-full", &written(&policies::reviewed(), comment));
    golden::check("comment-empty", &written(&sample::empty(), Comment::default()));
}

#[test]
fn each_rung_says_what_it_folds() {
    let plan = policies::reviewed();
    let full = within(&plan, usize::MAX);
    let mut seen = Vec::new();
    let mut limit = full.len();
    // One byte less than the last took it needs the next rung.
    while limit >= LEAST_COMMENT {
        let text = within(&plan, limit);
        assert!(text.len() <= limit, "{} bytes of {limit}", text.len());
        limit = text.len() - 1;
        seen.push(text);
    }
    assert!(seen.len() > 3, "{} rungs", seen.len());
    assert_eq!(seen[0], full);
    assert!(!full.contains("Folded"));
    for text in &seen[1..] {
        assert!(text.contains("[The whole plan](<https://ci.example/jobs/7>)."), "{text}");
        assert!(text.contains("to add, ") && text.contains("DENIED by policy"), "{text}");
    }
    // The last of these is the first of those that are filled up to the budget.
    for (number, text) in seen.iter().enumerate().take(8) {
        golden::check(&format!("comment-rung-{number}"), text);
    }
}

#[test]
fn a_large_plan_keeps_what_must_not_be_lost() {
    let plan = borders::heavy();
    let text = within(&plan, 65_536);
    assert!(text.len() <= 65_536, "{} bytes", text.len());
    assert!(!text.contains("**Cut**"));
    for group in &plan.groups {
        assert!(text.contains(&format!("| `{}` |", group.name)), "{}", group.name);
    }
    let coverage = plan.moves[0].coverage.as_ref().unwrap();
    let critical: Vec<_> = coverage
        .closed
        .iter()
        .filter(|one| one.severity == Some(crate::advisory::Severity::Critical))
        .collect();
    assert_eq!(critical.len(), 30);
    for cve in critical.iter().flat_map(|one| &one.cves) {
        assert!(text.contains(&**cve), "{cve}");
    }
    assert!(text.contains("Folded, to keep to 65536 bytes: "));
}

#[test]
fn where_nothing_fits_the_numbers_are_told() {
    let text = within(&borders::heavy(), LEAST_COMMENT);
    assert!(text.len() <= LEAST_COMMENT, "{} bytes", text.len());
    assert!(text.contains("**Plan: 0 to add, 2000 to change, 0 to destroy.**"), "{text}");
    assert!(
        text.contains("30 critical advisories closed") && text.contains("### Critical CVEs (90)"),
        "{text}"
    );
    for group in ["canary", "web", "batch", "db"] {
        assert!(text.contains(&format!("- `{group}`: GL1 -&gt; GL1.1 0/500")), "{text}");
    }
    assert!(text.contains(" more\n"), "{text}");
}

#[test]
fn the_plan_before_is_read_from_the_comment_that_told_it() {
    let earlier = sample::empty();
    let told = format!("Somebody wrote above.\r\n{}\nand below", within(&earlier, 65_536));
    let since = |text: &str| {
        let comment = Comment { since: Some(Since::Comment(text.to_owned())), ..Comment::default() };
        let text = written(&sample::full(), comment);
        text.lines().find(|line| line.starts_with("Since the previous plan")).map(str::to_owned)
    };
    let line = since(&told).unwrap();
    assert!(line.starts_with("Since the previous plan: +1 to destroy, +1 to add, +"), "{line}");
    assert!(line.contains("+8 instances"), "{line}");
    assert_eq!(since("no plan was ever told here"), None);
    assert_eq!(since(&told.replace("patchtrain:plan:great-linux", "patchtrain:plan:other")), None);
    let same = within(&sample::full(), 65_536);
    assert_eq!(since(&same).unwrap(), "Since the previous plan: no figure differs.");
}

/// What there is of each thing in a document; and what must not be in it.
fn structure(text: &str) -> BTreeMap<String, usize> {
    let mut all: BTreeMap<String, usize> = BTreeMap::new();
    let mut add = |what: String| *all.entry(what).or_default() += 1;
    let (mut code, mut block, mut depth) = (0_usize, false, 0_usize);
    let mut said = String::new();
    for event in Parser::new_ext(
        text,
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES,
    ) {
        match &event {
            Event::Text(text) if code == 0 && !block => said.push_str(text),
            Event::Text(_) | Event::Code(_) | Event::SoftBreak | Event::HardBreak | Event::Rule => {
                said.push(' ');
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                let mut rest: &str = html;
                while let Some((text, tag)) = rest.split_once('<') {
                    if code == 0 {
                        let text = text.replace("&#64;", "@").replace("&#35;", "\u{1}");
                        said.push_str(&text.replace("&#", "&").replace('\u{1}', "#"));
                    }
                    let (tag, after) = tag.split_once('>').expect("a tag that ends");
                    rest = after;
                    match tag {
                        "code" => code += 1,
                        "/code" => code -= 1,
                        "details" => depth += 1,
                        "/details" => depth -= 1,
                        "summary" | "/summary" | "sub" | "/sub" | "br" => {}
                        mark => {
                            assert!(mark.starts_with("!-- patchtrain:") && mark.ends_with("--"), "<{mark}>");
                        }
                    }
                    said.push(if tag.ends_with("code") { '\u{0}' } else { ' ' });
                    if tag == "details" {
                        add(tag.to_owned());
                    }
                }
            }
            Event::Start(tag) => {
                said.push(' ');
                match tag {
                    Tag::Link { dest_url, .. } => {
                        let ours = ["https://linux.oracle.com/", "https://ci.example/jobs/7"];
                        assert!(ours.iter().any(|ours| dest_url.starts_with(ours)), "{dest_url}");
                    }
                    Tag::Image { .. } | Tag::FootnoteDefinition(_) | Tag::Strikethrough => panic!("{tag:?}"),
                    Tag::CodeBlock(kind) => {
                        assert!(matches!(kind, CodeBlockKind::Fenced(_)), "an indented block");
                        block = true;
                    }
                    _ => {}
                }
                let name = format!("{tag:?}");
                let name = name.split([' ', '(', '{']).next().unwrap_or_default().to_owned();
                if !["HtmlBlock", "Paragraph"].contains(&name.as_str()) {
                    add(name);
                }
            }
            Event::End(tag) => {
                said.push(' ');
                block &= !matches!(tag, pulldown_cmark::TagEnd::CodeBlock);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((code, depth), (0, 0), "code and details end");
    for lead in ['@', '#'] {
        for (at, _) in said.match_indices(lead) {
            let next = said[at + 1..].chars().next().unwrap_or(' ');
            assert!(!next.is_alphanumeric(), "live: {:?}", &said[at..].chars().take(20).collect::<String>());
        }
    }
    // Every row of a table has as many cells as its head.
    let mut cells = None;
    let mut fence: Option<String> = None;
    for line in text.lines() {
        let trimmed = line.trim_start();
        match &fence {
            Some(end) if trimmed == *end => fence = None,
            Some(_) => continue,
            None if trimmed.starts_with("```") => {
                fence = Some(trimmed.chars().take_while(|c| *c == '`').collect());
            }
            None => {}
        }
        let bars = line.matches('|').count();
        if line.starts_with('|') {
            assert_eq!(*cells.get_or_insert(bars), bars, "{line}");
        } else {
            cells = None;
        }
    }
    all
}

const PIECES: [&str; 26] = [
    "|",
    "`",
    "```",
    "@octocat",
    "@org/team",
    "#123",
    "<script>",
    "</details>",
    "<!--",
    "-->",
    "\n",
    "\n\n# x\n",
    "*",
    "_",
    "[a](http://x)",
    "![i](http://x)",
    "\\",
    "&lt;",
    "$x$",
    "~~",
    "\u{202e}",
    " ",
    "http://evil.example",
    "a@b.example",
    "- ",
    "<b>",
];

/// Puts another name into everything that names come from.
fn renamed(plan: &Plan, name: &str) -> Plan {
    let mut text = serde_json::to_string(plan).unwrap();
    let spelled = serde_json::to_string(name).unwrap();
    let spelled = spelled.trim_matches('"');
    for known in [
        "canary",
        "web-",
        "osms\"",
        "http://127",
        "great-linux",
        "group web",
        "alice",
        "mallory",
        "max_in",
        "forbid",
    ] {
        let end = if known.ends_with('"') { "\"" } else { "" };
        text = text.replace(known, &format!("{}{spelled}{end}", known.trim_end_matches('"')));
    }
    serde_json::from_str(&text).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_name_breaks_a_comment(
        pieces in proptest::collection::vec(0..PIECES.len(), 1..5), limit in 2_000_usize..40_000
    ) {
        let name: String = pieces.iter().map(|piece| PIECES[*piece]).collect();
        let plan = renamed(&policies::reviewed(), &name);
        let tame = renamed(&policies::reviewed(), "x");
        let (text, expected) = (within(&plan, usize::MAX), within(&tame, usize::MAX));
        prop_assert_eq!(structure(&text), structure(&expected), "{}", text);
        let bad: Vec<char> = text.chars().filter(|c| c.is_control() && *c != '\n' || *c == '\u{202e}').collect();
        prop_assert_eq!(bad, Vec::<char>::new());
        let folded = within(&plan, limit);
        prop_assert!(folded.len() <= limit, "{} bytes of {limit}", folded.len());
        structure(&folded);
    }

    #[test]
    fn no_limit_is_passed(
        limit in 2_000_usize..70_000, long in 1_usize..300, wide in any::<bool>(), groups in 0_usize..80,
        details in 0_usize..80, link in 0_usize..3_000
    ) {
        let mut plan = policies::reviewed();
        let name = if wide { "\u{1f980}|@x" } else { "<" }.repeat(long);
        plan.basis.train = crate::name::TrainName::new(&name);
        plan.service.place = name.clone();
        plan.tool = name.clone();
        plan.id = crate::op::PlanId(name.as_str().into());
        let group = plan.groups[0].clone();
        plan.groups.extend((0..groups).map(|number| {
            let name = crate::name::GroupName::new(&format!("{name}{number}"));
            crate::plan::PlannedGroup { name, ..group.clone() }
        }));
        let PolicyReview { checks, approvals, .. } = plan.policy.as_mut().unwrap();
        checks[0].details = vec![name.clone(); details];
        checks[1].found = name.clone();
        approvals.as_mut().unwrap().approvers = vec![name.clone(); 5];
        let link = Some(format!("https://ci.example/jobs/7{}", "&".repeat(link)));
        let commit = "5eed".repeat(16);
        let comment =
            Comment { limit, link, commit: Some(commit.clone()), apply: Some(name), ..Comment::default() };
        let text = written(&plan, comment);
        prop_assert!(text.len() <= limit, "{} bytes of {limit}", text.len());
        prop_assert!(text.contains(&format!(" of commit {commit}")), "whatever is left out, that is told");
        structure(&text);
    }
}
