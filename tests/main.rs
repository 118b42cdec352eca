//! All integration tests, in one binary: `cli` runs the real program, `scenarios` tell stories, `conformance` asks
//! judges that we did not write.

mod simulator;
