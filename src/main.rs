//! The `patchtrain` binary: parse, run, exit code.

fn main() {}
