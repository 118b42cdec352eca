//! Whatever a plan is written as, its numbers are the same. Over generated plans `tests/planner` holds this.

use proptest::prelude::*;

use super::super::{Comment, Detail, PlanFormat, plan_as};
use super::{policies, style};

proptest! {
    #[test]
    fn formats_agree_on_what_is_counted(keep in proptest::collection::vec(any::<bool>(), 7..40)) {
        let mut sample = policies::reviewed();
        let mut keep = keep.into_iter().cycle();
        let mut kept = || keep.next().unwrap_or(true);
        sample.changes.retain(|_| kept());
        sample.held.retain(|_| kept());
        sample.drift.retain(|_| kept());
        sample.policy.as_mut().unwrap().checks.retain(|_| kept());
        let figures = sample.figures();
        let text = plan_as(&sample, &PlanFormat::Text(style(200, Detail::Default)));
        let markdown = plan_as(&sample, &PlanFormat::Markdown(Box::default()));
        let html = plan_as(&sample, &PlanFormat::Html);
        let sentence = super::super::verdict(&sample);
        let (first, rest) = sentence.split_once(" (").unwrap_or((&sentence, ""));
        assert!(text.contains(&sentence));
        assert!(html.contains(&sentence));
        assert!(markdown.contains(&format!("**{first}**")));
        assert!(rest.is_empty() || markdown.contains(&format!("** ({rest}")));
        let hidden = format!("<!-- patchtrain:figures:{} -->", serde_json::to_string(&figures).unwrap());
        assert!(markdown.contains(&hidden));
        for (number, what) in [
            (figures.add, "to add"), (figures.change, "to change"), (figures.destroy, "to destroy"), (figures.held, "held"),
            (figures.drifted, "drifted"), (figures.steps, "steps"),
        ] {
            assert!(html.contains(&format!("<b>{number}</b><span>{what}</span>")), "{number} {what}");
        }
        for document in [&text, &markdown, &html] {
            assert!(figures.held == 0 || document.contains(&format!("Held ({})", figures.held)));
            assert!(figures.drifted == 0 || document.contains(&format!("Drift ({})", figures.drifted)));
            let denied = document.contains("DENIED by policy: ");
            assert_eq!(denied, figures.failures > 0);
            assert!(figures.failures == 0 || figures.rules == 1 || document.contains(&format!("{} of {} rules fail", figures.failures, figures.rules)));
        }
    }
}

#[test]
fn an_empty_comment_has_its_defaults() {
    assert_eq!(Comment::default().limit, 65_536);
}
