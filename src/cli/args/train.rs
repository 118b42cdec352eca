//! Options of the commands about the files of a train: `init`, `fmt`, `freeze`, `validate`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::{Identity, Parallelism};
use crate::name::{Ocid, ReleaseName, TrainName};
use crate::op::Api;
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
    #[arg(long, value_name = "NAME", value_parser = TrainName::parse, required_unless_present = "simulator")]
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
    #[arg(long, value_name = "OCID", value_parser = Ocid::parse, required_unless_present = "simulator",
        conflicts_with = "simulator")]
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

/// Make a release of what an instance has installed
///
/// Reads the instance's packages and module streams, writes them to trains/TRAIN/RELEASE.packages, and declares the
/// release in the train file, with every comment kept. Left out, each named with its reason, is what the train calls
/// `unmanaged` and what no software source provides. Overwrites nothing, and changes nothing in the cloud. OS Management
/// Hub knows what it was told last, so that there the instance's agent is asked first to list its packages anew.
///
/// The instance rides no release itself: a member of a group is refused, and so is one that is at work. It warns of
/// what should be looked at first: a pending reboot, a kernel that was never booted, modules of no known stream.
#[derive(Debug, Args)]
pub(in crate::cli) struct Freeze {
    /// The name of the new release
    #[arg(value_name = "RELEASE", value_parser = ReleaseName::parse)]
    pub(in crate::cli) release: ReleaseName,

    /// The instance, by display name or OCID [default: the train's golden instance]
    #[arg(long, value_name = "INSTANCE")]
    pub(in crate::cli) from: Option<String>,

    /// The train that the release is added to; needed where there are several
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) train: Option<String>,

    #[command(flatten)]
    pub(in crate::cli) parallelism: Parallelism,

    #[command(flatten)]
    pub(in crate::cli) identity: Identity,
}

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
