//! Options of `completions`.

use clap::Args;

/// Print what a shell completes command lines by
///
/// bash: `patchtrain completions bash > ~/.local/share/bash-completion/completions/patchtrain`. zsh: into a file
/// `_patchtrain` in a folder of $fpath. fish: into ~/.config/fish/completions/patchtrain.fish.
#[derive(Debug, Args)]
pub(in crate::cli) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(in crate::cli) shell: Shell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum Shell {
    /// The GNU Bourne-again shell
    Bash,
    /// The Z shell
    Zsh,
    /// The friendly interactive shell
    Fish,
}
