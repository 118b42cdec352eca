//! The command line: arguments, settings resolved once, exit codes, one file per command.
