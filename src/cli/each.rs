//! One train after another, and the exit code that says most about what somebody has to do.

use super::CliError;
use super::context::Context;
use super::exit;
use crate::train::Train;

/// Does the same for each train. An error of one is reported and does not keep the others waiting; a signal does.
pub(super) async fn train(
    context: &Context,
    trains: &[Train],
    mut work: impl AsyncFnMut(&Train) -> Result<u8, CliError>,
) -> u8 {
    let mut worst = exit::DONE;
    for train in trains {
        let code = match work(train).await {
            Ok(code) => code,
            Err(error) => {
                let (code, error) = (error.code, error.of_train(&train.name));
                // A signal ends all of it.
                if trains.len() > 1 && code != exit::INTERRUPTED {
                    context.terminal.report_one(&error.while_doing(format!("train `{}`", train.name)));
                } else {
                    context.terminal.report(&error);
                }
                code
            }
        };
        worst = exit::worse(worst, code);
        if code == exit::INTERRUPTED {
            break;
        }
    }
    worst
}
