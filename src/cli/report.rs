//! `patchtrain report`: the compliance report of the fleet as one file, and a line of figures kept for the next one's
//! trend. Nothing changes in the service or in the state.

mod read;

use std::io::Write;
use std::path::{Path, PathBuf};

use super::args::{Format, Report as Arguments};
use super::connect::Connector;
use super::context::Context;
use super::look;
use super::{CliError, each, exit};
use crate::apply::Interrupt;
use crate::render::{self, ReportFormat};
use crate::report::{self, Fleet, Input, Report};
use crate::state::store::{Store, StoreError};
use crate::train::Train;

/// Makes the report of the selected trains: of all of them, or none at all.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    let trains = context.workspace.trains(&arguments.selection.train)?;
    let calls = arguments.parallelism.calls();
    context.block_on(async |interrupt| {
        let mut connector = Connector::new(context, &arguments.parallelism)?;
        let mut reports = Vec::new();
        let code = each::train(context, &trains, async |train| {
            let store = context.store(train, &interrupt).await?;
            let state = context.own_state(train, store.load().await?, &interrupt).await?;
            let past = store.reports().await?;
            if !past.unreadable.is_empty() {
                let lines: Vec<String> = past.unreadable.iter().map(usize::to_string).collect();
                context.terminal.say(&format!(
                    "Warning: {} is damaged in line {}; the trend leaves that out",
                    past.place,
                    lines.join(", ")
                ));
            }
            let connection = connector.connect(train, &interrupt).await?;
            let observed = look::observe(context, &interrupt, &connection, (train, &state), calls).await?;
            let fleet = Fleet { train, state: &state, observed: &observed };
            let offered = read::offered(context, &interrupt, &connection, &fleet, calls).await?;
            reports.push(report::make(&Input {
                fleet,
                updates: &offered.updates,
                errata: &offered.errata,
                service: &connection.label,
                now: (connection.clock)(),
                earlier: &past.records,
            }));
            Ok(exit::DONE)
        })
        .await;
        if code != exit::DONE {
            // A report that lacks a train would read as if all was well with it.
            context.terminal.say("No report was written.");
            return Ok(code);
        }
        write(context, &interrupt, arguments, &trains, &reports).await?;
        Ok(code)
    })
}

/// Hands the document over, and keeps its figures once it is where it belongs.
async fn write(
    context: &Context,
    interrupt: &Interrupt,
    arguments: &Arguments,
    trains: &[Train],
    reports: &[Report],
) -> Result<(), CliError> {
    let document = render::report(reports, format(arguments));
    match &arguments.out {
        None => context.terminal.print(&document)?,
        Some(path) => save(path, &document)?,
    }
    for report in reports {
        context.terminal.say(&format!("{}: {}", report.train, render::report_verdict(report)));
    }
    if let Some(path) = &arguments.out {
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
fn format(arguments: &Arguments) -> ReportFormat {
    let extension = || {
        let extension = arguments.out.as_ref()?.extension()?.to_str()?;
        match extension.to_ascii_lowercase().as_str() {
            "json" => Some(Format::Json),
            "csv" => Some(Format::Csv),
            "md" | "markdown" => Some(Format::Markdown),
            _ => None,
        }
    };
    match arguments.format.or_else(extension).unwrap_or(Format::Html) {
        Format::Html => ReportFormat::Html,
        Format::Json => ReportFormat::Json,
        Format::Csv => ReportFormat::Csv,
        Format::Markdown => ReportFormat::Markdown,
    }
}

/// Writes a file: whole or not at all, so that a report on a web server is never half a one. It is for others to read,
/// as far as the user's mask lets them.
fn save(path: &Path, document: &str) -> Result<(), CliError> {
    let failed = |error: std::io::Error| {
        CliError::of(exit::ERROR, &error).while_doing(format!("cannot write the report {}", path.display()))
    };
    // A pipe or a device (/dev/stdout) can be written to and not be replaced.
    if std::fs::metadata(path).is_ok_and(|known| !known.is_file()) {
        return std::fs::write(path, document).map_err(failed);
    }
    let mut beside = path.to_owned();
    beside.set_file_name(format!(
        ".{}.{}.new",
        path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default(),
        std::process::id()
    ));
    let written = std::fs::File::create(&beside).and_then(|mut file| {
        file.write_all(document.as_bytes())?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&beside, path)).map_err(|error| {
        remove(beside);
        failed(error)
    })
}

fn remove(path: PathBuf) {
    // It is litter; the error that is reported is the one that left it.
    let _ = std::fs::remove_file(path);
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
            format(&arguments)
        };
        assert_eq!(of(&[]), ReportFormat::Html);
        assert_eq!(of(&["--out", "r.html"]), ReportFormat::Html);
        assert_eq!(of(&["--out", "r"]), ReportFormat::Html);
        assert_eq!(of(&["--out", "r.JSON"]), ReportFormat::Json);
        assert_eq!(of(&["--out", "r.csv"]), ReportFormat::Csv);
        assert_eq!(of(&["--out", "r.md"]), ReportFormat::Markdown);
        assert_eq!(of(&["--out", "r.csv", "--format", "json"]), ReportFormat::Json);
        assert_eq!(of(&["--format", "markdown"]), ReportFormat::Markdown);
    }

    #[test]
    fn a_report_replaces_the_one_before_or_leaves_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        save(&path, "one").unwrap();
        save(&path, "two").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let error = save(&folder.path().join("nowhere/report.html"), "x").map_err(|error| error.code);
        assert_eq!(error, Err(exit::ERROR));
    }
}
