//! The evidence of a period as text, Markdown, JSON and one HTML page. What it says is put into [`sections`] once; each
//! layout lays those out.

mod page;
mod sections;
#[cfg(test)]
mod tests;

use serde::Serialize;

use super::markdown::{escaped, head, row};
use super::page::{Mark, Page};
use super::table::{Side, Table};
use super::{Detail, Style, encoded};
use crate::report::audit::{AUDIT_FORMAT_VERSION, Audit};

use sections::{Section, sections, title};
pub use sections::{audit_gaps, audit_verdict};

/// What an audit is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditFormat {
    /// For the terminal.
    Text(Style),
    /// For wikis and pull requests.
    Markdown,
    /// Everything, for programs.
    Json,
    /// One self-contained page.
    Html,
}

/// Writes the audits of some trains as one document.
pub fn audit(audits: &[Audit], format: AuditFormat) -> String {
    match format {
        AuditFormat::Text(style) => text(audits, style),
        AuditFormat::Markdown => markdown(audits),
        AuditFormat::Json => json(audits),
        AuditFormat::Html => page::page(audits),
    }
}

fn json(audits: &[Audit]) -> String {
    #[derive(Serialize)]
    struct Document<'a> {
        format_version: u32,
        trains: &'a [Audit],
    }
    encoded::document(&Document { format_version: AUDIT_FORMAT_VERSION, trains: audits })
}

fn text(audits: &[Audit], style: Style) -> String {
    // Evidence is never cut short.
    let mut page = Page::new(Style { detail: Detail::Full, ..style });
    for audit in audits {
        page.heading(&title(audit), "");
        for Section { title, said, listed, table, .. } in sections(audit) {
            if !title.is_empty() {
                page.heading(title, "");
            }
            for sentence in said {
                page.text(2, 2, &sentence);
            }
            for item in listed {
                page.item(2, Mark::NONE, &item);
            }
            let Some(columns) = table else { continue };
            let mut table = Table::new(&columns.head);
            let count = columns.rows.len();
            for cells in columns.rows {
                table.row(Mark::NONE, cells, Vec::new());
            }
            table.write(&mut page, 0, count);
        }
    }
    page.finish()
}

fn markdown(audits: &[Audit]) -> String {
    let mut lines = Vec::new();
    for audit in audits {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.push(format!("# {}", escaped(&title(audit))));
        for Section { title, said, listed, table, .. } in sections(audit) {
            if !title.is_empty() {
                lines.extend([String::new(), format!("## {title}")]);
            }
            for sentence in said {
                lines.extend([String::new(), escaped(&sentence)]);
            }
            if !listed.is_empty() {
                lines.push(String::new());
            }
            lines.extend(listed.iter().map(|item| format!("- {}", escaped(item))));
            let Some(table) = table else { continue };
            lines.push(String::new());
            let on = |side| table.head.iter().enumerate().filter(move |(_, (_, of))| *of == side);
            // Figures stand behind texts there.
            let order: Vec<usize> = on(Side::Left).chain(on(Side::Right)).map(|(index, _)| index).collect();
            let names = |side| on(side).map(|(_, (name, _))| *name).collect::<Vec<_>>();
            head(&mut lines, &names(Side::Left), &names(Side::Right));
            for cells in &table.rows {
                row(&mut lines, order.iter().map(|index| escaped(&cells[*index])));
            }
        }
    }
    lines.push(String::new());
    lines.join("\n")
}
