//! `patchtrain report`: the compliance report of the fleet as one file, and a line of figures kept for the next one's
//! trend. Nothing changes in the service or in the state.

mod read;

use std::path::PathBuf;

use super::args::{Format, Report as Arguments};
use super::connect::Connector;
use super::context::Context;
use super::look;
use super::{CliError, each, exit, write};
use crate::apply::Interrupt;
use crate::render::{self, ReportFormat};
use crate::report::{self, Fleet, Input, Report};
use crate::state::store::{Store, StoreError};
use crate::train::Train;

/// Makes the report of the selected trains: of all of them, or none at all.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    if arguments.format.is_some() && arguments.out.len() > 1 {
        let error = CliError::usage("--format says what one document is, and --out names several");
        return Err(error.hint("leave --format out: each is written as its name ends"));
    }
    let trains = context.workspace.trains(&arguments.selection.train)?;
    let calls = arguments.parallelism.calls();
    context.block_on(async |interrupt| {
        let mut connector = Connector::new(context, &arguments.parallelism)?;
        let mut reports = Vec::new();
        let code = each::train(context, &trains, async |train| {
            reports.push(of_train(context, &interrupt, &mut connector, train, calls).await?);
            Ok(exit::DONE)
        })
        .await;
        if code != exit::DONE {
            // A report that lacks a train would read as if all was well with it.
            context.terminal.say("No report was written.");
            return Ok(code);
        }
        hand_over(context, &interrupt, arguments, &trains, &reports).await?;
        Ok(code)
    })
}

/// Asks the service about a train, and makes its report.
pub(super) async fn of_train(
    context: &Context,
    interrupt: &Interrupt,
    connector: &mut Connector<'_>,
    train: &Train,
    calls: usize,
) -> Result<Report, CliError> {
    let store = context.store(train, interrupt).await?;
    let state = context.own_state(train, store.load().await?, interrupt).await?;
    let past = store.reports().await?;
    if !past.unreadable.is_empty() {
        let lines: Vec<String> = past.unreadable.iter().map(usize::to_string).collect();
        context.terminal.say(&format!(
            "Warning: {} is damaged in line {}; the trend leaves that out",
            past.place,
            lines.join(", ")
        ));
    }
    let connection = connector.connect(train, interrupt).await?;
    let observed = look::observe(context, interrupt, &connection, (train, &state), calls).await?;
    let fleet = Fleet { train, state: &state, observed: &observed };
    let offered = read::offered(context, interrupt, &connection, &fleet, calls).await?;
    let report = report::make(&Input {
        fleet,
        updates: &offered.updates,
        errata: &offered.errata,
        service: &connection.label,
        now: (connection.clock)(),
        earlier: &past.records,
    });
    Ok(Report { file: context.as_called_where_typed(&train.file).display().to_string(), ..report })
}

/// Hands the document over, and keeps its figures once it is where it belongs.
async fn hand_over(
    context: &Context,
    interrupt: &Interrupt,
    arguments: &Arguments,
    trains: &[Train],
    reports: &[Report],
) -> Result<(), CliError> {
    if arguments.out.is_empty() {
        context.terminal.print(&render::report(reports, format(arguments.format, None)))?;
    }
    for path in &arguments.out {
        let document = render::report(reports, format(arguments.format, Some(path)));
        write::publish(path, &document).map_err(|error| {
            let what = format!("cannot write the report {}", path.display());
            CliError::of(exit::ERROR, &error).while_doing(what)
        })?;
    }
    for report in reports {
        context.terminal.say(&format!("{}: {}", report.train, render::report_verdict(report)));
    }
    for path in &arguments.out {
        context.terminal.say(&format!("Wrote {}", path.display()));
    }
    for (train, report) in trains.iter().zip(reports) {
        if let Some(record) = report.record() {
            context.store(train, interrupt).await?.keep_report(record).await.map_err(
                |error: StoreError| {
                    CliError::from(error)
                        .while_doing("the figures could not be kept for the next report's trend")
                },
            )?;
        }
    }
    Ok(())
}

/// Returns the format: as asked for, else as the file's name says, else HTML.
fn format(asked: Option<Format>, path: Option<&PathBuf>) -> ReportFormat {
    let extension = || {
        let extension = path?.extension()?.to_str()?;
        match extension.to_ascii_lowercase().as_str() {
            "json" => Some(Format::Json),
            "csv" => Some(Format::Csv),
            "md" | "markdown" => Some(Format::Markdown),
            "xml" => Some(Format::Junit),
            "sarif" => Some(Format::Sarif),
            _ => None,
        }
    };
    match asked.or_else(extension).unwrap_or(Format::Html) {
        Format::Html => ReportFormat::Html,
        Format::Json => ReportFormat::Json,
        Format::Csv => ReportFormat::Csv,
        Format::Markdown => ReportFormat::Markdown,
        Format::Junit => ReportFormat::Junit,
        Format::Sarif => ReportFormat::Sarif,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::args::{Arguments as All, Command};
    use super::*;

    #[test]
    fn the_format_is_asked_for_or_told_by_the_name() {
        let of = |words: &[&str]| {
            let all = All::try_parse_from(["patchtrain", "report"].iter().chain(words)).unwrap();
            let Command::Report(arguments) = all.command else { panic!("another command") };
            format(arguments.format, arguments.out.first())
        };
        assert_eq!(of(&[]), ReportFormat::Html);
        assert_eq!(of(&["--out", "r.html"]), ReportFormat::Html);
        assert_eq!(of(&["--out", "r"]), ReportFormat::Html);
        assert_eq!(of(&["--out", "r.JSON"]), ReportFormat::Json);
        assert_eq!(of(&["--out", "r.csv"]), ReportFormat::Csv);
        assert_eq!(of(&["--out", "r.md"]), ReportFormat::Markdown);
        assert_eq!(of(&["--out", "r.xml"]), ReportFormat::Junit);
        assert_eq!(of(&["--out", "r.sarif"]), ReportFormat::Sarif);
        assert_eq!(of(&["--out", "r.csv", "--format", "json"]), ReportFormat::Json);
        assert_eq!(of(&["--format", "markdown"]), ReportFormat::Markdown);
    }
}
