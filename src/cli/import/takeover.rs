//! `patchtrain import release` and `import group`: one thing that others made becomes the train's, shown and confirmed like
//! a plan, and run like one.

use super::super::apply::{Manners, execute};
use super::super::args::ImportOptions;
use super::super::connect::{Connection, Connector, Service};
use super::super::context::Context;
use super::super::policy::{self, By, Word};
use super::super::{CliError, exit, lock, look, prompt, workspace};
use crate::apply::Interrupt;
use crate::cloud::Cloud;
use crate::name::{GroupName, Ocid, ReleaseName};
use crate::observed::{Scope, Sighting};
use crate::plan::{self, Input, Plan};
use crate::render;
use crate::state::State;
use crate::train::{Import, Imported, Train};

/// What becomes what: the train's name for it, and what it is in the service, by OCID or display name.
pub(super) enum Wanted<'a> {
    Source(&'a ReleaseName, &'a str),
    Group(&'a GroupName, &'a str),
}

/// Shows what would be taken over, asks, and takes it over.
pub(super) fn run(context: &Context, options: &ImportOptions, wanted: &Wanted<'_>) -> Result<u8, CliError> {
    let consent = &options.consent;
    if !consent.dry_run && !consent.auto_approve && !context.terminal.can_ask {
        return Err(CliError::usage("there is no terminal to ask for approval on")
            .hint("import without being asked, with --auto-approve")
            .hint("see what would be done, with --dry-run"));
    }
    let trains = context.workspace.trains(&[])?;
    let train = train_of(&trains, options.of.train.as_deref(), wanted)?;
    context.block_on(async |interrupt| one(context, options, &interrupt, train, wanted).await)
}

/// Returns the train that declares what is wanted.
fn train_of<'a>(
    trains: &'a [Train],
    named: Option<&str>,
    wanted: &Wanted<'_>,
) -> Result<&'a Train, CliError> {
    let declares = |train: &Train| match wanted {
        Wanted::Source(release, _) => train.release(release).is_some(),
        Wanted::Group(group, _) => train.group(group).is_some(),
    };
    let declaring: Vec<Train> = trains.iter().filter(|train| declares(train)).cloned().collect();
    let train = match (named, declaring.as_slice()) {
        (None, [one]) => trains.iter().find(|train| train.name == one.name),
        _ => None,
    };
    let why = "one thing is imported at a time, and there are several trains";
    let train = match train {
        Some(train) => train,
        None => workspace::one_of(trains, named, why)?,
    };
    if declares(train) {
        return Ok(train);
    }
    let (what, name, all): (_, &str, Vec<&str>) = match wanted {
        Wanted::Source(release, _) => {
            ("release", release.as_str(), train.releases.iter().map(|one| one.name.as_str()).collect())
        }
        Wanted::Group(group, _) => {
            ("group", group.as_str(), train.groups.iter().map(|one| one.name.as_str()).collect())
        }
    };
    let error = CliError::usage(format!("train `{}` declares no {what} `{name}`", train.name));
    Err(error.hint(match all.is_empty() {
        true => {
            format!("declare it in {} first: what is imported is compared with that", train.file.display())
        }
        false => format!("those declared in {} are: {}", train.file.display(), all.join(", ")),
    }))
}

async fn one(
    context: &Context,
    options: &ImportOptions,
    interrupt: &Interrupt,
    train: &Train,
    wanted: &Wanted<'_>,
) -> Result<u8, CliError> {
    let consent = &options.consent;
    let calls = options.parallelism.calls();
    let connect = async || Connector::new(context, &options.parallelism)?.connect(train, interrupt).await;
    if consent.dry_run {
        // No lock: it is only looked at.
        let state = context.own_state(train, context.state(train, interrupt).await?, interrupt).await?;
        let connection = connect().await?;
        let plan = planned(context, interrupt, &connection, (train, &state), (wanted, calls)).await?;
        show(context, options, &plan)?;
        if plan.can_start() {
            context.terminal.say("\nNothing was changed.");
        }
        return Ok(exit::DONE);
    }
    let (session, state) = lock::take(context, interrupt, train, &consent.locking).await?;
    let state = context.own_state(train, state, interrupt).await?;
    let connection = connect().await?;
    let plan = planned(context, interrupt, &connection, (train, &state), (wanted, calls)).await?;
    show(context, options, &plan)?;
    if !plan.can_start() {
        return Ok(exit::DONE);
    }
    let plan = policy::reviewed(plan, (train, &state), None);
    let word = Word { by: By::Import, ..Word::default() };
    let given = policy::consent(&plan, (train, &state), plan.created, &word)?;
    if !consent.auto_approve || !context.terminal.can_draw {
        context.terminal.say("");
    }
    if !consent.auto_approve && !prompt::approved(context, interrupt, &plan).await? {
        return Err(CliError::new(exit::ERROR, "the import was not approved; nothing was changed"));
    }
    let manners = Manners {
        calls,
        detail: options.amount.detail(),
        detailed_exitcode: false,
        wait: false,
        notify: None,
        consent: given,
    };
    execute(context, &manners, interrupt, &connection, &plan, session, state).await
}

/// Plans the import, and nothing else of the train.
async fn planned(
    context: &Context,
    interrupt: &Interrupt,
    connection: &Connection<Service>,
    (train, state): (&Train, &State),
    (wanted, calls): (&Wanted<'_>, usize),
) -> Result<Plan, CliError> {
    let of = match wanted {
        Wanted::Source(release, text) => {
            let id = find(connection, text, true).await?;
            Imported::Source { release: (*release).clone(), id }
        }
        Wanted::Group(group, text) => {
            let id = find(connection, text, false).await?;
            Imported::Group { group: (*group).clone(), id }
        }
    };
    let train = Train { imports: vec![Import { of, line: None }], ..train.clone() };
    let observed = look::observe_imports(context, interrupt, connection, (&train, state), calls).await?;
    let input = Input {
        train: &train,
        state,
        observed: &observed,
        capabilities: connection.capabilities,
        service: &connection.label,
        now: (connection.clock)(),
        allow_shrink: false,
    };
    plan::import(&input).map_err(|refusals| CliError::refusals(train.name.as_str(), &refusals))
}

/// Returns the OCID that is written, or that of the one ACTIVE thing of that name.
async fn find(connection: &Connection<Service>, text: &str, source: bool) -> Result<Ocid, CliError> {
    if let Ok(id) = Ocid::parse(text) {
        return Ok(id);
    }
    let scope = match source {
        true => Scope::SourcesNamed(text.to_owned()),
        false => Scope::GroupsNamed(text.to_owned()),
    };
    let found: Vec<Ocid> = match connection.cloud.observe(&scope).await? {
        Sighting::SourcesNamed(_, found) => found.into_keys().collect(),
        Sighting::GroupsNamed(_, found) => found.into_keys().collect(),
        _ => Vec::new(),
    };
    let what = if source { "software source" } else { "managed instance group" };
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(CliError::new(exit::ERROR, format!("the service has no ACTIVE {what} called `{text}`"))
            .hint("only those in the train's compartment are found by name; any goes by its OCID")),
        several => {
            let ids: Vec<&str> = several.iter().map(Ocid::as_str).collect();
            Err(CliError::new(exit::ERROR, format!("the service has {} of the name `{text}`", several.len()))
                .hint(format!("say which by its OCID: {}", ids.join(", "))))
        }
    }
}

fn show(context: &Context, options: &ImportOptions, plan: &Plan) -> Result<(), CliError> {
    let style = context.terminal.style(options.amount.detail());
    if plan.can_start() {
        context.terminal.print(&render::plan(plan, style))?;
    } else {
        context.terminal.say("It is the train's already: there is nothing to import.");
    }
    Ok(())
}
