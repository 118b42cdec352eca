//! Options of the commands about the files of a train: `init`, `fmt`, `freeze`, `validate`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::{Amount, Identity, Locking, Parallelism};
use crate::name::{Ocid, ReleaseName, TrainName};
use crate::op::Api;
use crate::package::manifest::KernelPolicy;
use crate::train::{self, VendorSource};

/// Make a workspace: a train file to start from, and the folder of its state
///
/// Writes trains/NAME.toml, with comments that explain every key, and state/, and finds out whether state can be kept
/// there. Overwrites nothing. Prints what it made, and what to do next.
///
/// With --simulator the train is one of the embedded simulator, with its releases and groups: everything can be
/// tried with it, without an account.
#[derive(Debug, Args)]
pub(in crate::cli) struct Init {
    /// Write a train for the embedded simulator
    #[arg(long)]
    pub(in crate::cli) simulator: bool,

    /// The train's name, which is also that of its files [with --simulator: great-linux]
    #[arg(long, value_name = "NAME", value_parser = TrainName::parse)]
    pub(in crate::cli) name: Option<TrainName>,

    /// The service: OS Management Hub (osmh) or OS Management (osms), which Oracle retired in 2025 [default: osmh; with
    /// --simulator: osms]
    #[arg(long, value_name = "API", hide_possible_values = true,
        value_parser = PossibleValuesParser::new(Api::ALL.map(Api::word)).map(|word| Api::of_word(&word).unwrap_or_default()))]
    pub(in crate::cli) api: Option<Api>,

    /// A software source of the vendor that the golden instance has, by name or OCID, for releases on OS Management Hub;
    /// may be given more than once [default: the system's base repositories]
    #[arg(long = "vendor-source", value_name = "NAME", value_parser = VendorSource::parse,
        conflicts_with = "simulator")]
    pub(in crate::cli) vendor_sources: Vec<VendorSource>,

    /// The compartment for software sources and groups
    #[arg(long, value_name = "OCID", value_parser = Ocid::parse, requires = "name", conflicts_with = "simulator")]
    pub(in crate::cli) compartment: Option<Ocid>,

    /// The region, as eu-frankfurt-1 [default: none; that of OCI_CLI_REGION or of the profile counts then]
    #[arg(long, value_name = "REGION", value_parser = train::check_region, conflicts_with = "simulator")]
    pub(in crate::cli) region: Option<String>,

    /// The instance that releases are frozen from; it can be added later
    #[arg(long, value_name = "OCID", value_parser = Ocid::parse, conflicts_with = "simulator")]
    pub(in crate::cli) golden: Option<Ocid>,

    /// The instances' operating system
    #[arg(long, value_name = "OS", value_parser = train::check_os, default_value = "oracle-linux-8",
        conflicts_with = "simulator")]
    pub(in crate::cli) os: String,

    /// The instances' architecture
    #[arg(long, value_name = "ARCH", value_parser = ["x86_64", "aarch64"], default_value = "x86_64",
        conflicts_with = "simulator")]
    pub(in crate::cli) architecture: String,

    /// Move the states of the trains that are here to the stores that their files name
    #[arg(long, conflicts_with_all = ["simulator", "name"])]
    pub(in crate::cli) migrate_state: bool,

    /// A train file that says where the state is until now, as an older version of the train's own [default: it is in
    /// state/ here]
    #[arg(long, value_name = "FILE", requires = "migrate_state")]
    pub(in crate::cli) from: Option<std::path::PathBuf>,

    /// With --migrate-state, or without any other option: only this train; may be given more than once [default: all]
    #[arg(long = "train", value_name = "NAME", conflicts_with_all = ["simulator", "name"])]
    pub(in crate::cli) trains: Vec<String>,

    #[command(flatten)]
    pub(in crate::cli) locking: Locking,
}

/// Lay train files out in their one canonical form
///
/// Aligns `=` and comments within blocks of lines, parts tables by one empty line, indents arrays. Values stay letter
/// by letter, and so do comments. Prints the files that it has rewritten.
#[derive(Debug, Args)]
pub(in crate::cli) struct Fmt {
    /// The train files to lay out [default: every trains/*.toml]
    #[arg(value_name = "FILE")]
    pub(in crate::cli) files: Vec<PathBuf>,

    /// Change nothing: print the files that differ, each with a diff, and exit with 1 if there is one
    #[arg(long)]
    pub(in crate::cli) check: bool,
}

/// Make a release of what an instance has, of a list, or of an older release
///
/// Writes trains/TRAIN/RELEASE.packages and declares the release in the train file, with every comment kept. Overwrites
/// nothing, and changes nothing in the cloud. Left out, each named with its reason, is what the train calls `unmanaged`,
/// what no software source provides, and kernels by --kernels; the file's header says so too. Trust keys (gpg-pubkey) are
/// recorded and compared with those of the train's last release; they are never installed.
///
/// An instance rides no release itself: a member of a group is refused, and so is one that is at work. OS Management Hub
/// knows what it was told last, so that there the instance's agent is asked first to list its packages anew, with --diff
/// too. It warns of what should be looked at first: a pending reboot, a kernel that was never booted, modules of no known
/// stream, 32-bit libraries whose version is not that of their 64-bit twins.
///
/// A list has one NEVRA a line, as `rpm -qa --qf '%{NEVRA}\n'` prints it; that prints an epoch where there is one, and
/// plain `rpm -qa` never does. A list in which no line has an epoch is therefore looked up: each package must be on offer
/// in the train's service, which tells its epoch. A list does not tell module streams, the running kernel, or what no
/// source provides. It is read offline, but for that.
///
/// With --base a hotfix release is made of an old one and few packages. Kernels are put beside those that are there;
/// everything else replaces them. An upgrade never goes to or from a module, to another stream or flavour (Ksplice, FIPS).
#[derive(Debug, Args)]
#[command(after_long_help = FREEZE_EXAMPLES)]
pub(in crate::cli) struct Freeze {
    /// The name of the new release
    #[arg(value_name = "RELEASE", value_parser = ReleaseName::parse)]
    pub(in crate::cli) release: ReleaseName,

    /// An instance, by display name or OCID, or a file that lists packages; `-` is stdin [default: the golden instance]
    ///
    /// It is a file where one exists of this name, or where the name holds a slash or ends in .packages, .list or .txt.
    #[arg(long, value_name = "INSTANCE|FILE", conflicts_with = "base")]
    pub(in crate::cli) from: Option<String>,

    /// Which of several versions of a kernel are taken: that which runs, the newest, or all
    #[arg(long, value_name = "WHICH", default_value = KernelPolicy::default().word(), conflicts_with = "base",
        value_parser = PossibleValuesParser::new(KernelPolicy::ALL.map(KernelPolicy::word))
            .map(|word| KernelPolicy::of_word(&word).unwrap_or_default()))]
    pub(in crate::cli) kernels: KernelPolicy,

    /// Take the instance's set as it was on this day, as 2026-10-01: what errata have brought since is exchanged
    #[arg(long, value_name = "DATE", value_parser = clap::value_parser!(jiff::civil::Date), conflicts_with = "base")]
    pub(in crate::cli) as_of: Option<jiff::civil::Date>,

    /// Take lines without an epoch as they are: none of these packages has one
    #[arg(long, requires = "from")]
    pub(in crate::cli) assume_epoch_0: bool,

    /// Make it of this release of the train instead, with the changes that --add, --remove and --upgrade name
    #[arg(long, value_name = "RELEASE", value_parser = ReleaseName::parse)]
    pub(in crate::cli) base: Option<ReleaseName>,

    /// With --base: take this package, instead of the version that is there; may be given more than once
    #[arg(long, value_name = "NEVRA", requires = "base")]
    pub(in crate::cli) add: Vec<String>,

    /// With --base: leave out the packages of this name; may be given more than once
    #[arg(long, value_name = "NAME", requires = "base")]
    pub(in crate::cli) remove: Vec<String>,

    /// With --base: take the newest version of this name that the service offers; may be given more than once
    #[arg(long, value_name = "NAME", requires = "base")]
    pub(in crate::cli) upgrade: Vec<String>,

    /// Write nothing: show how it differs from the train's last release, or from the base; exit with 2 if it does
    #[arg(long)]
    pub(in crate::cli) diff: bool,

    /// The train that the release is added to; needed where there are several
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) train: Option<String>,

    #[command(flatten)]
    pub(in crate::cli) amount: Amount,

    #[command(flatten)]
    pub(in crate::cli) parallelism: Parallelism,

    #[command(flatten)]
    pub(in crate::cli) identity: Identity,
}

const FREEZE_EXAMPLES: &str = "\
Examples:
  patchtrain freeze GL2                                     # what the golden instance has
  patchtrain freeze GL2 --diff                              # what that would change
  ssh gold rpm -qa --qf \"'%{NEVRA}\\n'\" | patchtrain freeze GL2 --from -
  patchtrain freeze GL1.0.1 --base GL1 --upgrade openssl-libs --upgrade openssl";

/// Check train files and their manifests, offline, and report every problem
///
/// Reports all problems of all files in one run, each with file, line, excerpt and hint. Nothing is asked of the
/// service, and nothing is written.
#[derive(Debug, Args)]
pub(in crate::cli) struct Validate {
    /// The train files to check [default: every trains/*.toml]
    #[arg(value_name = "FILE")]
    pub(in crate::cli) files: Vec<PathBuf>,
}
