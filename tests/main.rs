//! All integration tests, in one binary: `cli` runs the real program, `conformance` asks judges that we did not write,
//! `browser` opens reports in one, `kill` ends applies with SIGKILL, `planner` and `executor` look for worlds in which
//! the pipeline does not converge, `fuzz` feeds the parsers with bytes, `simulator` holds the embedded
//! service against the model.

#![expect(clippy::unwrap_used, reason = "in a test, a panic with a line number is the report")]

mod architecture;
mod browser;
mod cli;
mod conformance;
mod executor;
mod faults;
mod fuzz;
mod kill;
mod planner;
mod quickstart;
mod scenarios;
mod simulator;
mod support;
