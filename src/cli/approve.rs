//! `patchtrain approve`: signs a saved plan. Reads the plan and a key, and writes the file of approvals beside the plan.

use super::args::Approve as Arguments;
use super::context::Context;
use super::{CliError, exit, policy, show, write};
use crate::policy::Approval;
use crate::policy::approval::Signer;
use crate::render;

/// Signs the plan, and says what was signed.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    let Arguments { file, key, name } = arguments;
    let plan = show::open(context, file)?;
    let pem = std::fs::read(key).map_err(|error| {
        CliError::of(exit::ERROR, &error).while_doing(format!("the key {} cannot be read", key.display()))
    })?;
    let signer = Signer::from_pem(&pem)
        .map_err(|error| CliError::new(exit::ERROR, format!("the key {} {error}", key.display())))?;
    let public = signer.public();
    let review = plan.policy.as_ref();
    let needed = review.and_then(|review| review.approvals.as_ref());
    let known = needed.and_then(|needed| {
        let at = needed.keys.iter().position(|key| *key == public)?;
        needed.approvers.get(at)
    });
    let name = match (name, known) {
        (Some(name), _) if name.trim().is_empty() || name.chars().any(char::is_control) => {
            return Err(CliError::usage("a name cannot be empty, nor hold line ends"));
        }
        (Some(name), _) => name.clone(),
        (None, Some(approver)) => approver.clone(),
        (None, None) => context.who().to_owned(),
    };
    let path = policy::beside(file);
    let mut approvals = if path.exists() { policy::read(&path)? } else { Vec::new() };
    let train = plan.basis.train.as_str();
    let approval = signer.approve(train, &plan.id.0, &name, jiff::Timestamp::now());
    // What was said of another plan that lay here is of no use any more, and a second word of the same person neither.
    approvals.retain(|other| other.plan == approval.plan && other.key != approval.key);
    approvals.push(approval);
    let mut text = String::new();
    for approval in &approvals {
        let line = serde_json::to_string(approval).map_err(|error| CliError::of(exit::ERROR, &error))?;
        text.push_str(&line);
        text.push('\n');
    }
    let kept = if path.exists() { write::replace(&path, &text) } else { write::create(&path, &text) };
    kept.map_err(|error| {
        CliError::of(exit::ERROR, &error)
            .while_doing(format!("the approval cannot be written to {}", path.display()))
    })?;
    let terminal = &context.terminal;
    let shown = render::clean(&name);
    terminal.say(&format!("Approved plan {} of train {train} as {shown} ({public})", plan.id.short()));
    terminal.say(&format!("  {}", render::verdict(&plan)));
    match (needed, known) {
        (None, _) => terminal.say("Note: the train's policy asks for no approvals; nothing counts this one."),
        (Some(_), None) => {
            terminal
                .say("Warning: this key is of none of the policy's approvers, so that it will not count.");
        }
        (Some(needed), Some(_)) => {
            let counts = |approval: &&Approval| {
                needed.keys.contains(&approval.key) && approval.check(train, &plan.id.0).is_ok()
            };
            let counted = approvals.iter().filter(counts).count();
            terminal.say(&format!("It has {counted} of {} in {}", needed.needed, path.display()));
        }
    }
    Ok(exit::DONE)
}
