//! The instance that a release is frozen from: which one is meant, whether it may be, and what is read of it.

use std::sync::Arc;

use super::anew::{self, Pace};
use crate::apply::Interrupt;
use crate::cli::apply::waits;
use crate::cli::connect::Connection;
use crate::cli::context::Context;
use crate::cli::signals::unless_interrupted;
use crate::cli::{CliError, exit};
use crate::cloud::Cloud;
use crate::name::Ocid;
use crate::observed::{Instance, Inventory, Scope, Sighting};
use crate::package::{StreamContents, freeze};
use crate::render::Spinner;
use crate::state::State;
use crate::train::{Group, Members, Train, os_major};

/// Which instance, for which train.
pub(super) struct Wanted<'a> {
    /// All of the workspace: an instance must ride none of them.
    pub(super) trains: &'a [Train],
    pub(super) train: &'a Train,
    /// The train's state, if it was ever applied.
    pub(super) state: Option<&'a State>,
    /// An OCID or a display name; none for the train's golden instance.
    pub(super) from: Option<&'a str>,
}

/// What was read of the instance.
pub(super) struct Reading {
    pub(super) id: Ocid,
    pub(super) instance: Instance,
    pub(super) inventory: Inventory,
    pub(super) streams: Vec<StreamContents>,
}

impl Reading {
    pub(super) fn name(&self) -> &str {
        &self.instance.name
    }

    pub(super) fn as_golden(&self) -> freeze::Golden<'_> {
        freeze::Golden {
            installed: &self.inventory.installed,
            unsourced: &self.inventory.unsourced,
            streams: &self.streams,
            running_kernel: self.instance.running_kernel.as_deref(),
            reboot_required: self.instance.reboot_required,
        }
    }
}

/// Finds the instance, checks that a release may be frozen from it, and reads what it has.
pub(super) async fn read<C: Cloud>(
    context: &Context,
    interrupt: &Interrupt,
    connection: &Connection<C>,
    wanted: &Wanted<'_>,
) -> Result<Reading, CliError> {
    // A refusal that the files alone tell takes no call.
    let named = named(wanted)?;
    let spinner = context.terminal.can_draw.then(|| Arc::new(Spinner::new("reading the golden instance")));
    let (told, terminal) = (spinner.clone(), context.terminal.clone());
    connection.retries.watch(move |retry| {
        let line = format!("{}: {}; attempt {}", retry.operation, retry.reason, retry.attempt + 1);
        match &told {
            Some(spinner) => spinner.say(&line),
            None => terminal.say(&line),
        }
    });
    let (first, longest) = waits(connection.label.simulator);
    let pace = Pace { first, longest, patience: connection.work_timeout };
    let pace = connection.capabilities.refreshes.then_some(pace);
    let say = |line: &str| match &spinner {
        Some(spinner) => spinner.say(line),
        None => context.terminal.say(line),
    };
    let reader = Reader { cloud: &*connection.cloud, wanted, pace, say: &say };
    let read = unless_interrupted(interrupt, reader.read(named)).await;
    connection.retries.unwatch();
    read?
}

/// What the instance is called.
enum Named {
    Id(Ocid),
    Name(String),
}

fn named(wanted: &Wanted<'_>) -> Result<Named, CliError> {
    let Wanted { train, from, .. } = wanted;
    let named = match (from, &train.golden) {
        (Some(text), _) => Ocid::parse(text).map_or_else(|_| Named::Name((*text).to_owned()), Named::Id),
        (None, Some(golden)) => Named::Id(golden.clone()),
        (None, None) => {
            return Err(CliError::usage(format!("train `{}` names no golden instance", train.name))
                .hint("say which with --from INSTANCE, or add `golden = \"ocid1.instance...\"` to [train]"));
        }
    };
    if let Named::Id(id) = &named {
        refuse_listed(wanted, id, id.as_str())?;
    }
    Ok(named)
}

/// Refuses an instance that a train lists: a release is tested before others ride it, and who rides one is moved by
/// the very plan that the release is for.
fn refuse_listed(wanted: &Wanted<'_>, id: &Ocid, name: &str) -> Result<(), CliError> {
    for train in wanted.trains {
        let listed =
            |group: &&Group| matches!(&group.members, Members::Listed(members) if members.contains(id));
        if let Some(group) = train.groups.iter().find(listed) {
            let place = format!("{}:{}", train.file.display(), group.line);
            return Err(member(name, train, group, &place));
        }
    }
    Ok(())
}

fn member(name: &str, train: &Train, group: &Group, place: &str) -> CliError {
    let message =
        format!("`{name}` is a member of group `{}` of train `{}` ({place})", group.name, train.name);
    CliError::new(exit::ERROR, message)
        .hint("a release is frozen from an instance that rides none: patch one apart from the groups, and freeze that")
}

struct Reader<'a, C> {
    cloud: &'a C,
    wanted: &'a Wanted<'a>,
    /// For a service that lists packages anew only when that is asked for.
    pace: Option<Pace>,
    say: &'a (dyn Fn(&str) + Sync),
}

impl<C: Cloud> Reader<'_, C> {
    async fn read(&self, named: Named) -> Result<Reading, CliError> {
        let (id, before) = self.find(named).await?;
        let name = Arc::clone(&before.name);
        refuse_listed(self.wanted, &id, &name)?;
        self.refuse_member(&before).await?;
        self.refuse_other_os(&before)?;
        // Open work makes a list of packages that never was, page by page: looked for before and after.
        refuse_work(&before)?;
        self.list_anew(&id, &before).await?;
        let Sighting::Inventory(_, Some(inventory)) = self.look(Scope::Inventory(id.clone())).await? else {
            return Err(unknown(&name));
        };
        let Sighting::ModuleStreams(_, Some(streams)) = self.look(Scope::ModuleStreams(id.clone())).await?
        else {
            return Err(unknown(&name));
        };
        let Sighting::Instance(_, Some(instance)) = self.look(Scope::Instance(id.clone())).await? else {
            return Err(unknown(&name));
        };
        refuse_work(&instance)?;
        Ok(Reading { id, instance, inventory, streams })
    }

    /// Has the service told what is installed now. Of an instance that nobody reaches it is known what it had then, and
    /// that is said with the release.
    async fn list_anew(&self, id: &Ocid, instance: &Instance) -> Result<(), CliError> {
        let Some(pace) = self.pace.filter(|_| instance.status.takes_work()) else { return Ok(()) };
        (self.say)(&format!(
            "{} lists its packages anew: the service knows what it was told last (this waits for its agent)",
            instance.name
        ));
        anew::list(self.cloud, id, &instance.name, pace).await
    }

    async fn look(&self, scope: Scope) -> Result<Sighting, CliError> {
        let seen = self.cloud.observe(&scope).await;
        seen.map_err(|error| CliError::from(error).while_doing("the golden instance could not be read"))
    }

    async fn find(&self, named: Named) -> Result<(Ocid, Instance), CliError> {
        match named {
            Named::Id(id) => match self.look(Scope::Instance(id.clone())).await? {
                Sighting::Instance(_, Some(instance)) => Ok((id, instance)),
                _ => Err(unknown(id.as_str())),
            },
            Named::Name(name) => {
                let found = match self.look(Scope::InstancesNamed(name.clone())).await? {
                    Sighting::InstancesNamed(_, found) => found,
                    _ => Default::default(),
                };
                let ids: Vec<String> = found.keys().map(Ocid::to_string).collect();
                let mut found = found.into_iter();
                match (found.next(), found.next()) {
                    (Some(only), None) => Ok(only),
                    (None, _) => Err(self.nobody(&name)),
                    (Some(_), Some(_)) => {
                        Err(CliError::usage(format!("{} instances are called `{name}`", ids.len()))
                            .hint(format!("say which by its OCID: {}", ids.join(", "))))
                    }
                }
            }
        }
    }

    fn nobody(&self, name: &str) -> CliError {
        let compartment = &self.wanted.train.compartment;
        CliError::new(
            exit::ERROR,
            format!("no managed instance of the train's compartment is called `{name}`"),
        )
        .hint(format!("looked in {compartment}; an instance of another one goes by its OCID"))
    }

    /// Refuses a member of a group that the service fills, or that somebody put into one of the train's by hand.
    async fn refuse_member(&self, instance: &Instance) -> Result<(), CliError> {
        if instance.groups.is_empty() {
            return Ok(());
        }
        let Wanted { trains, train, state, from: _ } = self.wanted;
        for other in trains.iter().filter(|other| other.compartment == train.compartment) {
            for group in &other.groups {
                let recorded = state.filter(|state| state.train == other.name);
                let recorded =
                    recorded.and_then(|state| state.groups.get(&group.name)).map(|record| &record.id);
                let is_in = match group.id.as_ref().or(recorded) {
                    Some(id) => instance.groups.contains(id),
                    None => match self.look(Scope::GroupsNamed(group.name.to_string())).await? {
                        Sighting::GroupsNamed(_, found) => {
                            found.keys().any(|id| instance.groups.contains(id))
                        }
                        _ => false,
                    },
                };
                if is_in {
                    return Err(member(&instance.name, other, group, "says the service"));
                }
            }
        }
        Ok(())
    }

    /// Refuses an instance of another major version, where the service says which it runs.
    fn refuse_other_os(&self, instance: &Instance) -> Result<(), CliError> {
        let train = self.wanted.train;
        let Some(os) = instance.os.as_deref() else { return Ok(()) };
        match (os_major(os), os_major(&train.os)) {
            (Some(runs), Some(wanted)) if runs != wanted => Err(CliError::new(
                exit::ERROR,
                format!("`{}` runs {os}, and train `{}` is for {}", instance.name, train.name, train.os),
            )
            .hint("one train is for one OS: freeze from an instance that runs it")),
            _ => Ok(()),
        }
    }
}

fn refuse_work(instance: &Instance) -> Result<(), CliError> {
    let Some(ticket) = instance.open_work.first() else { return Ok(()) };
    Err(CliError::new(
        exit::ERROR,
        format!("`{}` is at work ({}): its packages change while they are read", instance.name, ticket.0),
    )
    .hint("wait until its work requests have ended, and freeze again"))
}

fn unknown(name: &str) -> CliError {
    CliError::new(exit::ERROR, format!("the service knows no managed instance `{name}`")).hint(
        "its agent reports some minutes after the instance is made; and what a policy hides is not known either",
    )
}

#[cfg(test)]
mod tests;
