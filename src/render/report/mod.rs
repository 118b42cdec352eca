//! The compliance report as HTML, JSON, CSV, Markdown, JUnit XML and SARIF. Everything in it has been worked out by
//! [`crate::report`]; here it is only laid out.

mod chart;
mod csv;
mod junit;
mod markdown;
pub(super) mod page;
mod sarif;
mod tables;
#[cfg(test)]
mod tests;
mod words;

use serde::Serialize;

use super::encoded;
use crate::report::{FORMAT_VERSION, Report};

/// What a report is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportFormat {
    /// One self-contained page.
    Html,
    /// Everything, for programs.
    Json,
    /// The instances, a line each, for spreadsheets.
    Csv,
    /// The tables, for pull requests and wikis.
    Markdown,
    /// A test for each instance, for CI systems.
    Junit,
    /// What is wrong, for code scanning.
    Sarif,
}

/// Writes the reports of some trains as one document.
pub fn report(reports: &[Report], format: ReportFormat) -> String {
    match format {
        ReportFormat::Html => page::page(reports),
        ReportFormat::Json => json(reports),
        ReportFormat::Csv => csv::csv(reports),
        ReportFormat::Markdown => markdown::markdown(reports),
        ReportFormat::Junit => junit::junit(reports),
        ReportFormat::Sarif => sarif::sarif(reports),
    }
}

/// Says in one line what a report comes to.
pub fn report_verdict(report: &Report) -> String {
    words::verdict(report)
}

fn json(reports: &[Report]) -> String {
    #[derive(Serialize)]
    struct Document<'a> {
        format_version: u32,
        trains: &'a [Report],
    }
    encoded::document(&Document { format_version: FORMAT_VERSION, trains: reports })
}
