//! Whatever a generated plan is written as, its numbers are the same; and its graph leads forward.

use patchtrain::plan::{Figures, Plan};
use patchtrain::render::{Detail, GraphFormat, PlanFormat, Style, graph, plan_as, verdict};

use serde_json::Value;

use crate::support::model::run_all;
use crate::support::rng::Rng;
use crate::support::worlds::{disturb, fresh, seeds};

/// What a plan is written as, by name.
fn written(plan: &Plan) -> [(&'static str, String); 3] {
    let style = Style { width: 200, colour: false, detail: Detail::Default };
    [
        ("text", plan_as(plan, &PlanFormat::Text(style))),
        ("markdown", plan_as(plan, &PlanFormat::Markdown(Box::default()))),
        ("html", plan_as(plan, &PlanFormat::Html)),
    ]
}

fn agree(seed: u64, plan: &Plan) {
    let figures = plan.figures();
    let sentence = verdict(plan);
    let (first, rest) = sentence.split_once(" (").unwrap_or((&sentence, ""));
    for (name, document) in written(plan) {
        // In Markdown the sentence is bold.
        let plain = document.replace(&format!("**{first}**"), first);
        assert!(plain.contains(&sentence), "{seed}, {name}: no `{sentence}` ({rest})");
        for (number, title) in [(figures.held, "Held"), (figures.drifted, "Drift"), (figures.ahead, "Ahead")]
        {
            let told = document.contains(&format!("{title} ({number})"));
            assert_eq!(told, number > 0, "{seed}, {name}: {title} ({number})\n{document}");
        }
        let takes = format!(
            "{} that change",
            if figures.calls == 1 { "1 API call".to_owned() } else { format!("{} API calls", figures.calls) }
        );
        assert!(
            figures.steps == 0 || figures.calls == 1 || document.contains(&takes),
            "{seed}, {name}: {takes}"
        );
        for group in &plan.groups {
            assert!(document.contains(group.name.as_str()), "{seed}, {name}: {}", group.name);
            assert!(document.contains(&format!("{}/{}", group.at_level, group.members)), "{seed}, {name}");
        }
    }
    let [_, (_, markdown), (_, html)] = written(plan);
    as_documents(seed, plan, &figures);
    let (_, hidden) = markdown.split_once("<!-- patchtrain:figures:").expect("figures");
    let hidden: Figures =
        serde_json::from_str(hidden.split_once(" -->").expect("an end").0).expect("figures");
    assert_eq!(hidden, figures, "{seed}");
    for (number, what) in [
        (figures.add, "to add"),
        (figures.change, "to change"),
        (figures.destroy, "to destroy"),
        (figures.held, "held"),
        (figures.drifted, "drifted"),
        (figures.packages, "packages differ"),
        (figures.steps, "steps"),
    ] {
        assert!(html.contains(&format!("<b>{number}</b><span>{what}</span>")), "{seed}: {number} {what}");
    }
    let rows = html.matches("<tr id=\"instance.").count();
    assert_eq!(rows, figures.instances, "{seed}: a row for each instance that changes");
    assert!(markdown.len() <= 65_536, "{seed}: {} bytes", markdown.len());
}

/// The same of what programs read.
fn as_documents(seed: u64, plan: &Plan, figures: &Figures) {
    let read = |format| -> Value { serde_json::from_str(&plan_as(plan, &format)).expect("JSON") };
    let json = read(PlanFormat::Json);
    let summary = &json["summary"];
    let of = |key: &str| summary[key].as_u64().and_then(|number| usize::try_from(number).ok());
    let counted = [
        ("add", figures.add),
        ("change", figures.change),
        ("destroy", figures.destroy),
        ("import", figures.import),
        ("held", figures.held),
        ("drifted", figures.drifted),
    ];
    for (key, number) in counted {
        assert_eq!(of(key), Some(number), "{seed}: {key}");
    }
    assert_eq!(summary["steps"]["total"], figures.steps, "{seed}");
    assert_eq!(summary["cost"]["changing_calls"], figures.calls, "{seed}");
    assert_eq!(summary["cost"]["work_requests"], figures.work_requests, "{seed}");
    let work = &summary["instances"];
    let done = [
        ("joins", figures.joins),
        ("switches", figures.switches),
        ("updates", figures.updates),
        ("exact", figures.exact),
        ("reboots", figures.reboots),
        ("verifies", figures.verifies),
    ];
    for (key, number) in done {
        assert_eq!(work[key], number, "{seed}: {key}");
    }
    let gitlab = read(PlanFormat::Gitlab);
    let expected = [("create", figures.add), ("update", figures.change), ("delete", figures.destroy)];
    for (key, number) in expected {
        assert_eq!(gitlab[key], number, "{seed}: {key}");
    }
    let terraform = read(PlanFormat::TerraformJson);
    let changes = terraform["resource_changes"].as_array().expect("a list");
    let asked = |action: &str| {
        let is =
            |change: &&Value| change["change"]["actions"].as_array().is_some_and(|list| list[0] == action);
        changes.iter().filter(is).count()
    };
    for (action, (_, number)) in ["create", "update", "delete"].into_iter().zip(expected) {
        assert_eq!(asked(action), number, "{seed}: {action}");
    }
}

/// Reads the nodes and edges of a graph in graphviz's language.
fn forward(seed: u64, plan: &Plan) {
    for full in [false, true] {
        let dot = graph(plan, GraphFormat::Dot, full);
        let mut nodes = 0;
        for line in dot.lines() {
            let line = line.trim();
            if let Some((from, to)) = line.trim_end_matches(';').split_once(" -> ") {
                let number = |node: &str| node.strip_prefix('n').and_then(|node| node.parse::<usize>().ok());
                let (Some(from), Some(to)) = (number(from), number(to)) else { panic!("{seed}: {line}") };
                // Nodes are in order: an edge that leads forward is in no cycle, and both its ends are there.
                assert!(from < to && to < nodes, "{seed}: {line} of {nodes}");
            } else if line.starts_with('n') && line.contains(" [label=") {
                assert!(line.starts_with(&format!("n{nodes} ")), "{seed}: {line}");
                nodes += 1;
            }
        }
        assert!(!full || nodes == plan.steps.len(), "{seed}: {nodes} nodes");
        assert!(nodes > 0 || plan.steps.is_empty(), "{seed}");
    }
}

#[test]
fn formats_agree_and_graphs_lead_forward() {
    let mut seen = 0;
    for seed in seeds(120) {
        let mut rng = Rng::new(seed);
        let mut world = fresh(&mut rng);
        for _ in 0..2 {
            if let Ok(plan) = world.plan() {
                agree(seed, &plan);
                forward(seed, &plan);
                run_all(&mut world, &plan);
                seen += 1;
            }
            disturb(&mut world, &mut rng);
            world.later();
        }
    }
    assert!(seen > 60 || std::env::var_os("PATCHTRAIN_WORLDS").is_some(), "{seen} plans");
}
