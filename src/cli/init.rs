//! `patchtrain init`: a workspace to start from, for a real tenancy or for the embedded simulator. Makes files, and
//! overwrites none.

mod keep;
mod template;

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::args::Init as Arguments;
use super::context::Context;
use super::freeze::provenance;
use super::{CliError, exit, write};
use crate::name::{ReleaseName, TrainName};
use crate::op::Api;
use crate::package::freeze::{self, Choices};
use crate::package::manifest::{KernelPolicy, Origin};
use crate::simulator::{self, DEFAULT_SEED, Facts, Level};
use crate::state::store::{LocalStore, Store};
use crate::train::{self, Overlay};

/// The name of the simulator's train where none is given.
const SIMULATED: &str = "great-linux";

/// The releases of the simulator's train, and when the golden instance has what they hold.
const LEVELS: [(&str, Level); 2] = [("GL1", Level::Gl1), ("GL1.1", Level::Gl1_1)];

/// Makes everything, or nothing but what was there already.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<u8, CliError> {
    if arguments.migrate_state {
        return keep::migrate(context, arguments);
    }
    let nothing_asked = !arguments.simulator && arguments.name.is_none();
    if nothing_asked && context.workspace.visible_train_files().is_ok_and(|files| !files.is_empty()) {
        return keep::prepare(context, arguments);
    }
    let plan = match arguments.simulator {
        true => simulated(arguments, Timestamp::now()),
        false => real(arguments)?,
    };
    let taken: Vec<&Path> = plan
        .files
        .iter()
        .map(|(path, _)| path.as_path())
        .filter(|path| path.symlink_metadata().is_ok())
        .collect();
    if !taken.is_empty() {
        let taken: Vec<String> = taken.iter().map(|path| path.display().to_string()).collect();
        return Err(CliError::new(exit::ERROR, format!("there is already: {}", taken.join(", ")))
            .hint("init overwrites nothing: choose another --name, or another folder with --chdir"));
    }
    check(context, &plan)?;
    // The state first: a train without a place for its state is of no use.
    let probed = context.block_on(async |_| probe(context, &plan.name).await);
    probed.map_err(|error| error.while_doing("the state cannot be kept in the folder state/"))?;
    let mut made = Vec::new();
    for (path, text) in [("state/.gitignore", template::GITIGNORE), ("state/README.md", template::STATE)] {
        match write::create(Path::new(path), text) {
            Ok(()) => made.push(path.to_owned()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(unwritten(Path::new(path), &error)),
        }
    }
    for (path, text) in &plan.files {
        write::create(path, text).map_err(|error| unwritten(path, &error))?;
        made.push(path.display().to_string());
    }
    context.terminal.print(&made.iter().fold(String::new(), |text, path| text + path + "\n"))?;
    context.terminal.say(&plan.next);
    Ok(exit::DONE)
}

fn unwritten(path: &Path, error: &io::Error) -> CliError {
    CliError::of(exit::ERROR, error).while_doing(format!("cannot write {}", path.display()))
}

/// What is to be made.
struct Plan {
    name: TrainName,
    /// In the order in which they are written: the train file last, since it names the others.
    files: Vec<(PathBuf, String)>,
    /// What people do next.
    next: String,
}

fn train_file(name: &TrainName) -> PathBuf {
    Path::new("trains").join(format!("{name}.toml"))
}

fn real(arguments: &Arguments) -> Result<Plan, CliError> {
    let Arguments { name, api, vendor_sources, compartment, region, golden, os, architecture, .. } =
        arguments;
    let (Some(name), Some(compartment)) = (name, compartment) else {
        return Err(CliError::usage("init takes --name and --compartment, or --simulator").hint(
            "in a folder that has trains, init without options makes the stores of their states ready",
        ));
    };
    let named: Vec<String> = vendor_sources.iter().map(ToString::to_string).collect();
    let vendors = if named.is_empty() { train::usual_vendor_sources(os, architecture) } else { named };
    let file = train_file(name);
    let tenancy = template::Tenancy {
        name,
        // The other one is gone for whoever starts now.
        api: api.unwrap_or(Api::Osmh),
        vendor_sources: &vendors,
        vendors_named: !vendor_sources.is_empty(),
        compartment,
        region: region.as_deref(),
        golden: golden.as_ref(),
        os,
        architecture,
    };
    let golden = if golden.is_some() { "" } else { " --from INSTANCE" };
    let next = format!(
        "\nNext:\n  1. have an API key and a profile in ~/.oci/config\n  2. patchtrain freeze R1{golden}    # makes the first release\n  \
         3. add a [[group]] to {}, as the comments in it show\n  4. patchtrain plan, and patchtrain apply",
        file.display()
    );
    Ok(Plan { name: name.clone(), files: vec![(file, template::of_tenancy(&tenancy))], next })
}

fn simulated(arguments: &Arguments, now: Timestamp) -> Plan {
    let name = arguments.name.clone().unwrap_or_else(|| TrainName::new(SIMULATED));
    let api = arguments.api.unwrap_or(Api::Osms);
    let facts = simulator::facts(DEFAULT_SEED);
    let mut files: Vec<(PathBuf, String)> = LEVELS
        .iter()
        .map(|(release, level)| {
            let path = Path::new("trains").join(name.as_str()).join(format!("{release}.packages"));
            (path, manifest(&facts, release, *level, now))
        })
        .collect();
    let file = train_file(&name);
    let releases = LEVELS.map(|(release, _)| release);
    files.push((file.clone(), template::of_simulator(&name, api, &facts, &releases)));
    let next = format!(
        "\nNext:\n  1. patchtrain apply              # brings the simulated fleet to {}\n  \
         2. set the release of a group to {} in {}\n  3. patchtrain plan, and patchtrain apply\n  \
         or: patchtrain freeze GL2         # a release of what {} has by now",
        releases[0],
        releases[1],
        file.display(),
        facts.golden.name
    );
    Plan { name, files, next }
}

/// Freezes the simulator's golden instance at a level, as `patchtrain freeze --kernels all` does once it has come there:
/// the fleet's older kernels are of its release.
fn manifest(facts: &Facts, release: &str, level: Level, now: Timestamp) -> String {
    let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let origin = Origin::Instance(facts.golden.id.clone());
    let provenance = provenance(&ReleaseName::new(release), now, origin);
    let golden = simulator::golden_instance(level);
    let unmanaged = train::default_unmanaged();
    let choices = Choices { unmanaged: &unmanaged, kernels: KernelPolicy::All, previous: None };
    freeze::freeze(&golden.as_golden(), &choices, provenance).manifest.to_text()
}

/// Loads what will be there, with the trains that are there: an instance in two of them, say, is told before anything
/// is written.
fn check(context: &Context, plan: &Plan) -> Result<(), CliError> {
    let overlay: Overlay =
        plan.files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())).collect();
    let mut files = match Path::new("trains").is_dir() {
        true => context.workspace.visible_train_files()?,
        false => Vec::new(),
    };
    files.push(train_file(&plan.name));
    let loaded = train::load_with_overlay(&files, &overlay).map_err(CliError::problems);
    loaded
        .map(drop)
        .map_err(|error| error.while_doing("the workspace would not be valid; nothing was written"))
}

/// Finds out now what an apply would find out too late: whether this folder's file system locks files and keeps what
/// it says it has kept.
async fn probe(context: &Context, name: &TrainName) -> Result<(), CliError> {
    let store = LocalStore::new(context.workspace.state_folder(), name.clone());
    drop(store.lock(&context.holder(name)?).await?);
    store.prepare().await?;
    Ok(())
}
