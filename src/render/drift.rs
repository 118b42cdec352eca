//! What others changed since our last apply, by itself: as text, Markdown and JSON. What happened is worded as in a plan,
//! where it stands beside what would be done about it.

mod json;
mod markdown;

use super::page::{Page, Tone};
use super::plan::drift as section;
use super::words::{clean, time};
use super::{Detail, DiffFormat};
use crate::plan::Drifts;

/// Lays out what others changed of some trains. As text and Markdown nothing is said of a train that nobody changed; JSON
/// is a document in any case, since programs parse it.
pub fn drift(trains: &[Drifts<'_>], format: DiffFormat) -> String {
    let drifted: Vec<&Drifts<'_>> = trains.iter().filter(|drifts| !drifts.told.is_empty()).collect();
    match format {
        DiffFormat::Text(style) => {
            let texts = drifted.iter().map(|drifts| text(drifts, Page::new(style)));
            texts.collect::<Vec<_>>().join("\n")
        }
        DiffFormat::Markdown => {
            let texts = drifted.iter().map(|drifts| markdown::markdown(drifts));
            texts.collect::<Vec<_>>().join("\n")
        }
        DiffFormat::Json => json::json(trains),
    }
}

/// Says in a line that there is none to be told.
pub fn no_drift(applied: bool, ignored: usize) -> String {
    match (ignored, applied) {
        (0, true) => "No drift: nobody else has changed anything since the last apply.".to_owned(),
        (0, false) => "No drift: nothing has been applied yet.".to_owned(),
        (ignored, _) => format!("No drift, but for {} ignored.", addresses(ignored)),
    }
}

fn text(drifts: &Drifts<'_>, mut page: Page) -> String {
    let plan = drifts.plan;
    let train = plan.basis.train.as_str();
    let mut parts = vec![format!("{} {}", page.paint(Tone::Bold, "Train"), page.paint(Tone::Bold, train))];
    if plan.service.simulator {
        parts.push(page.paint(Tone::Held, "SIMULATOR"));
    }
    parts.push(format!("state serial {}", plan.basis.serial));
    parts.push(format!("{} {}", clean(&plan.service.api), clean(&plan.service.place)).trim().to_owned());
    parts.extend(drifts.applied.map(|applied| format!("last applied {}", time(applied))));
    parts.push(format!("as of {}", time(plan.created)));
    page.flow(&parts);
    if page.shows(Detail::Default) {
        section::section(&mut page, plan, drifts.count(), &drifts.told);
    }
    page.blank();
    let verdict = verdict(drifts);
    let verdict = page.paint(Tone::Bold, &verdict);
    page.text(0, 0, &verdict);
    page.finish()
}

/// Returns how much has drifted, in one line.
fn verdict(drifts: &Drifts<'_>) -> String {
    let ignored = match drifts.ignored {
        0 => String::new(),
        ignored => format!(" ({} ignored)", addresses(ignored)),
    };
    let (are, them) = if drifts.count() == 1 { ("is", "it") } else { ("are", "them") };
    format!(
        "Drift: {} {are} not as we left {them}.{ignored} `patchtrain plan` shows what would be done about it.",
        addresses(drifts.count())
    )
}

fn addresses(number: usize) -> String {
    format!("{number} address{}", if number == 1 { "" } else { "es" })
}
