//! The one question that is asked: may it be done?

use std::io::{self, Write};

use super::CliError;
use super::context::Context;
use super::signals::unless_interrupted;
use crate::apply::Interrupt;
use crate::plan::Plan;

/// Asks whether a plan that was just shown may be applied. Only `yes` says so.
pub(super) async fn approved(
    context: &Context,
    interrupt: &Interrupt,
    plan: &Plan,
) -> Result<bool, CliError> {
    let place = if plan.service.simulator { "the SIMULATOR" } else { &plan.service.place };
    let question =
        format!("Do you want to perform these actions?\n  On train {}, in {place}.", plan.basis.train);
    yes(context, interrupt, &question).await
}

/// Asks a question that only `yes` approves.
pub(super) async fn yes(context: &Context, interrupt: &Interrupt, question: &str) -> Result<bool, CliError> {
    context.terminal.say(&format!("{question}\n  Only 'yes' will be accepted to approve.\n"));
    let mut err = io::stderr();
    let _ = write!(err, "  Enter a value: ").and_then(|()| err.flush());
    let line = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    });
    let answer = unless_interrupted(interrupt, line).await;
    // The end of the input and a signal leave the cursor behind the question.
    let complete = matches!(&answer, Ok(Ok(Ok(line))) if line.ends_with('\n'));
    if !complete {
        context.terminal.say("");
    }
    Ok(matches!(answer?, Ok(Ok(line)) if line.trim() == "yes"))
}
