//! Options of `schema`.

use clap::Args;

/// Print a JSON Schema: of train files, for editors, or of a plan as JSON
///
/// For an editor that knows TOML schemas: save it beside the trains, and begin a train file with a comment that names it,
/// as in `#:schema train.schema.json`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Schema {
    /// Of what
    #[arg(value_name = "WHAT", value_enum)]
    pub(in crate::cli) of: SchemaOf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum SchemaOf {
    /// What `show FILE --format json` prints
    Plan,
    /// A train file
    Train,
}
