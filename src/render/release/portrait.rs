//! One release, told whole: its header, what was left out, its streams and keys, how large it is, who rides it, and its
//! packages.

use super::super::delta;
use super::super::page::{Mark, Page};
use super::super::words::{count, counts};
use super::super::{Detail, Style};
use super::timeline::{milestone, shown};
use crate::package::Package;
use crate::release::{Portrait, Size};

/// Packages shown before the list folds.
const ROWS: usize = 40;

/// Lines of a header shown before they fold.
const LINES: usize = 12;

/// Lays a release out.
pub fn portrait(portrait: &Portrait<'_>, style: Style) -> String {
    let mut page = Page::new(style);
    let Portrait { milestone: known, release, size, unplaced } = portrait;
    milestone(&mut page, known);
    page.blank();
    page.text(0, 2, &format!("{} (line {} of the train file)", shown(&release.manifest_path), release.line));
    page.text(0, 2, &format!("digest {}", release.digest));
    page.text(0, 2, &self::size(size));
    let header = &release.manifest.header;
    for key in ["golden instance", "kernel policy"] {
        if let Some(value) = release.manifest.header(key) {
            page.text(0, 2, &format!("{key} {}", shown(value)));
        }
    }
    let several = |key: &str| -> Vec<String> {
        header.iter().filter(|(known, _)| known == key).map(|(_, value)| shown(value)).collect()
    };
    list(&mut page, "Left out", &several("left out"), LINES);
    list(&mut page, "Notes", &several("note"), LINES);
    let texts = |texts: &[String]| texts.iter().map(|text| shown(text)).collect::<Vec<_>>();
    list(&mut page, "Module streams", &texts(&release.manifest.modules), LINES);
    list(&mut page, "Trust keys", &texts(&release.manifest.keys), LINES);
    let unplaced: Vec<String> = unplaced.iter().map(Package::to_string).collect();
    list(&mut page, "Modular packages whose stream cannot be told", &unplaced, LINES);
    if page.shows(Detail::Default) {
        let packages: Vec<String> = release.packages().iter().map(|package| package.to_string()).collect();
        list(&mut page, "Packages", &packages, ROWS);
    }
    page.finish()
}

fn size(size: &Size) -> String {
    let Size { packages, names, architectures, modular, several, kernels } = size;
    let architectures: Vec<String> =
        architectures.iter().map(|(arch, count)| format!("{count} {}", arch.as_str())).collect();
    let more = counts(&[(*modular, "modular"), (*several, delta::several(*kernels))]);
    let more = if more.is_empty() { more } else { format!("; {more}") };
    format!(
        "{} of {}: {}{more}",
        count(*packages, "package"),
        count(*names, "name"),
        architectures.join(", ")
    )
}

fn list(page: &mut Page, title: &str, lines: &[String], limit: usize) {
    if lines.is_empty() {
        return;
    }
    page.heading(&format!("{title} ({})", lines.len()), "");
    let shown = page.fold(lines.len(), limit);
    for line in &lines[..shown] {
        page.item(2, Mark::NONE, line);
    }
    page.more(4, lines.len() - shown);
}
