//! Plans where people review them: as comments on pull requests, as pages, as graphs.

use std::fs;

use patchtrain::cli::exit;
use patchtrain::op::Api;

use super::readme::hold;
use crate::support::{Served, Workspace};

/// The beginning of a comment, up to what unfolds.
fn beginning(comment: &str) -> &str {
    &comment[..comment.find("<details>").expect("something unfolds")]
}

#[test]
fn a_plan_is_told_in_a_comment_on_a_page_and_as_a_graph() {
    let workspace = Workspace::quickstart_on(Api::Osms, &[]);
    let _served = Served::quick(&workspace);
    workspace.run(&["apply", "--auto-approve", "--summary"]).expect(exit::DONE);
    workspace.bind_on(Api::Osms, &["canary", "web"], "");
    workspace.run(&["plan", "--target", "group.canary", "--out", "part.plan"]).expect(exit::DONE);

    let link = ["--link", "https://ci.example/jobs/7"];
    let plan = ["plan", "--out", "web.plan", "--format", "markdown", "--since", "part.plan"];
    let comment = workspace.run(&[&plan[..], &link].concat()).expect(exit::DONE).stdout;
    assert!(comment.starts_with("<!-- patchtrain:plan:great-linux -->\n"), "{comment}");
    assert!(comment.contains("\nSince the previous plan: +"), "{comment}");
    assert!(comment.contains("\n```sh\npatchtrain apply web.plan\n```\n"), "{comment}");
    let show = ["show", "web.plan", "--format", "markdown", "--since", "part.plan"];
    let shown = workspace.run(&[&show[..], &link].concat()).expect(exit::DONE).stdout;
    assert_eq!(shown, comment, "a saved plan is told as it was");

    // The next run finds the comment and is compared with it.
    fs::write(workspace.path().join("comment.md"), format!("> quoted\r\n\r\n{comment}")).unwrap();
    let show =
        ["show", "web.plan", "--format", "markdown", "--comment-limit", "6000", "--since", "comment.md"];
    let folded = workspace.run(&show).expect(exit::DONE).stdout;
    assert!(folded.len() <= 6000, "{} bytes", folded.len());
    assert!(folded.contains("\nSince the previous plan: no figure differs.\n"), "{folded}");
    assert!(folded.contains("> Folded, to keep to 6000 bytes: "), "{folded}");

    // Told on every rung; and whoever reads it has the file elsewhere.
    let whole = workspace.path().join("web.plan");
    let elsewhere = ["--chdir", ".", "show", whole.to_str().unwrap(), "--format", "markdown"];
    for limit in ["65536", "2000"] {
        let of = [&elsewhere[..], &["--commit", "57c4a190ffa1", "--comment-limit", limit]].concat();
        let told = workspace.run(&of).expect(exit::DONE).stdout;
        assert!(told.contains(" of commit 57c4a190ffa1"), "{told}");
    }
    let told = workspace.run(&elsewhere).expect(exit::DONE).stdout;
    assert!(told.contains("\n```sh\npatchtrain apply web.plan\n```\n") && !told.contains("commit"), "{told}");

    let page = workspace.run(&["show", "web.plan", "--format", "html"]).expect(exit::DONE).stdout;
    assert!(page.starts_with("<!doctype html>\n") && page.ends_with("</html>\n"), "{page}");

    let collapsed = workspace.run(&["graph", "web.plan", "--format", "mermaid"]).expect(exit::DONE).stdout;
    assert!(collapsed.starts_with("flowchart LR\n"), "{collapsed}");
    let anew = workspace.run(&["graph", "--format", "mermaid"]).expect(exit::DONE);
    assert_eq!(anew.stdout, collapsed, "planned anew it is the same graph");
    let dot = workspace.run(&["graph", "web.plan", "--full"]).expect(exit::DONE).stdout;
    assert!(dot.starts_with("digraph plan {\n") && dot.lines().count() > collapsed.lines().count(), "{dot}");

    hold("docs/review.md", &[("comment", beginning(&comment)), ("graph", &collapsed)]);
}

#[test]
fn what_goes_with_no_format_is_a_usage_error() {
    let workspace = Workspace::quickstart_on(Api::Osms, &[]);
    for arguments in [
        &["plan", "--format", "markdown", "--comment-limit", "1999"][..],
        &["plan", "--comment-limit", "9000"],
        &["plan", "--link", "https://ci.example"],
        &["plan", "--commit", "57c4a19"],
        &["plan", "--format", "markdown", "--commit", "main"],
        &["plan", "--format", "markdown", "--commit", "57c4a1"],
        &["plan", "--format", "html", "--since", "x"],
        &["show", "--format", "html"],
        &["show", "--link", "https://ci.example"],
        &["plan", "--format", "markdown", "--rehearse"],
        &["plan", "--refresh-only", "--format", "html"],
        &["graph", "web.plan", "--target", "group.web"],
    ] {
        workspace.run(arguments).expect(exit::USAGE);
    }
}
