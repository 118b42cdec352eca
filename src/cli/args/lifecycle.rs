//! Options of `release` and its commands: `list`, `show`, `verify`, `sbom`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Amount, DiffFormat, Identity, Parallelism, Selection};
use crate::name::ReleaseName;

/// Look at releases: list, show and verify them, write their bill of materials
#[derive(Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(in crate::cli) struct Release {
    #[command(subcommand)]
    pub(in crate::cli) action: ReleaseAction,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ReleaseAction {
    List(ReleaseList),
    Show(ReleaseShow),
    Verify(ReleaseVerify),
    Sbom(ReleaseSbom),
}

/// List the releases of trains in time, and who rides which one since when
///
/// Told by the train files and the state alone: asks no service. Each release stands with its packages, its digest, when
/// it was frozen, how it differs from the one before it, and the groups that ride it.
#[derive(Debug, Args)]
pub(in crate::cli) struct ReleaseList {
    #[command(flatten)]
    pub(in crate::cli) selection: Selection,

    /// How it is written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = DiffFormat::Text)]
    pub(in crate::cli) format: DiffFormat,

    #[command(flatten)]
    pub(in crate::cli) flags: Flags,

    #[command(flatten)]
    pub(in crate::cli) amount: Amount,
}

/// Show a release: where it comes from, what was left out of it, its streams, keys, size, riders and packages
///
/// Told by the train file and the state alone. --full shows every package.
#[derive(Debug, Args)]
pub(in crate::cli) struct ReleaseShow {
    /// The release
    #[arg(value_name = "RELEASE", value_parser = ReleaseName::parse)]
    pub(in crate::cli) release: ReleaseName,

    /// The train; needed where there are several
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) train: Option<String>,

    #[command(flatten)]
    pub(in crate::cli) flags: Flags,

    #[command(flatten)]
    pub(in crate::cli) amount: Amount,
}

/// Check that releases are the same everywhere, and that they can be installed
///
/// Compares each release's manifest with the digest in its header, the digest on record in the state, the tags of its
/// source in the service, and the source's packages, one by one. Every difference is named; nothing is changed.
///
/// With --repodata it is checked too whether a release can be installed by itself: that each requirement of its packages
/// is met within it, with each of its kernels alone; that nothing in it conflicts with or obsoletes anything in it; and
/// that module metadata lists what is modular. Repositories are those that its packages come from.
///
/// Exits with 0 if all agrees and with 2 if something does not. What flags a release is told and changes no exit code.
#[derive(Debug, Args)]
pub(in crate::cli) struct ReleaseVerify {
    /// The releases [default: all of the train]
    #[arg(value_name = "RELEASE", value_parser = ReleaseName::parse)]
    pub(in crate::cli) releases: Vec<ReleaseName>,

    /// The train; needed where there are several
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) train: Option<String>,

    /// Ask no service: compare manifests and state only
    #[arg(long)]
    pub(in crate::cli) offline: bool,

    /// A repository of rpm packages, by its folder or its https address: where repodata/repomd.xml lies; may be given
    /// several times
    #[arg(long, value_name = "DIR|URL")]
    pub(in crate::cli) repodata: Vec<String>,

    /// Flag releases whose packages came with advisories that were withdrawn or replaced since: those of a file
    /// (updateinfo.xml or Oracle's OVAL, packed or not), or the service's errata (service; not with --offline); may be
    /// given several times
    #[arg(long = "advisories", value_name = "FILE|service")]
    pub(in crate::cli) advisories: Vec<String>,

    #[command(flatten)]
    pub(in crate::cli) amount: Amount,

    #[command(flatten)]
    pub(in crate::cli) parallelism: Parallelism,

    #[command(flatten)]
    pub(in crate::cli) identity: Identity,
}

/// Write the bill of materials of a release: CycloneDX 1.6, as JSON
///
/// Made of the train file alone, and the same text each time: the serial number comes out of the digest, and the time
/// is that of the freeze. Package URLs keep epoch, architecture, distribution and, where it is known, module stream.
#[derive(Debug, Args)]
pub(in crate::cli) struct ReleaseSbom {
    /// The release
    #[arg(value_name = "RELEASE", value_parser = ReleaseName::parse)]
    pub(in crate::cli) release: ReleaseName,

    /// The train; needed where there are several
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) train: Option<String>,

    /// Write to FILE, which must not be there [default: stdout]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Flags {
    /// Flag releases whose packages came with advisories that were withdrawn or replaced since: those of a file
    /// (updateinfo.xml or Oracle's OVAL, packed or not); may be given several times
    #[arg(long = "advisories", value_name = "FILE")]
    pub(in crate::cli) advisories: Vec<String>,
}
