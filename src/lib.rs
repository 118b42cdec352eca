//! Terraform for patch releases: frozen package sets for fleets of Linux instances on Oracle Cloud, planned, reviewed,
//! applied and proven.
//!
//! # The pipeline
//!
//! Everything is a value that one stage hands to the next:
//!
//! ```text
//! trains/*.toml --load---> Train ----+
//! state store   --open---> State ----+-- plan(train, state, observed, now) --> Plan --+--> render --> text
//! cloud         --survey-> Observed -+            pure                                |
//!                                                                                     +--> apply(plan, cloud, store)
//!                                                                                          --> Outcome, State
//! ```
//!
//! The [`plan::Plan`] is plain data and holds the execution graph, so that what was reviewed is what runs. All choices
//! are made by the planner; the executor makes none. A gate is a barrier step whose condition is fixed data, which the
//! executor evaluates against the state. Changes (for people), steps (for the executor) and held things (what waits,
//! and why) are three lists. Rendering never computes, planning never formats, and only one place writes the state.
//!
//! # Words
//!
//! - *package*: one NEVRA ([`package::Package`]); *release*: a named frozen set of them; *manifest*: the file it lies in
//! - *train*: releases in order, and the groups bound to them ([`train::Train`])
//! - *observed*: what the service says now ([`observed::Observed`]); *state*: what we applied last and own
//!   ([`state::State`])
//! - *drift*: somebody else changed it; *change*: what this plan would do; *held*: wanted, but not now
//! - *op*: one thing asked of a cloud ([`op::Op`]); *step*: an op, a read-back or a gate, with what it follows
//! - *verdict*: how an instance stands to its release ([`conformance::Verdict`]): behind, ahead, extra, missing
//! - *at level*: nothing on the instance is older than the release has it; proven by reading back, on record since when
//!
//! # The arrows
//!
//! A module knows only those below it; `tests/architecture.rs` reads the sources and holds this:
//!
//! ```text
//! cli                                    parses, decides once what the environment means, exits with a code
//! render            simulator            text and progress; the embedded service
//! report   rehearsal                     how a fleet stands, for status and the compliance report; a plan in virtual time
//! apply                                  the executor
//! plan     cloud                         the pure planner; the seam to a service and its dialects
//! state    conformance   release         what is recorded, and where it lies; verdicts; releases compared and checked
//! observed train                         the world as a value, and what each op means for it; the train file
//! op       oci                           the closed list of ops; any OCI API: signature, retry, pages
//! advisory          repodata             what the vendor says that updates mend; what packages of repositories need
//! policy                                 what a train asks of every plan; approvals
//! package  patching  rollout             NEVRAs, sets, manifests; kinds of updates; waves, windows, checks of health
//! name  document                         typed names; packed files and XML
//! seal                                   what is kept encrypted, and the keys to it
//! ```
//!
//! `cloud` knows nothing of plans or of the state. `simulator` knows only `package` and `oci`, and only `cli` and tests
//! start it. What an op means stands once, in [`observed`]; the simulator's agent is written apart from it, and tests
//! compare the two.
//!
//! # The seams
//!
//! - [`cloud::Cloud`]: observe a closed scope, submit an op, poll a ticket. [`cloud::memory`] is a world in memory with
//!   scripted faults; [`cloud::osms`] and [`cloud::osmh`] speak to the services.
//! - [`oci::Transport`], private to the clients: a request for a response. In tests the simulator's handler, called in
//!   process on a paused clock.
//! - [`state::store::Store`] and its session, which is the lock: no code can write a state without holding it.
//! - the event sink of a run, which whoever shows progress listens to and nothing depends on.
//!
//! Time, chance and policy are arguments. The planner's `now` enters once, in [`cli`].
//!
//! # What a run keeps to
//!
//! The state is locked, and a plan made on another state is refused. Before each step the world is read again: done
//! already, it is skipped; not as the plan saw it, it is refused. *Started* is durable before a call is made, the
//! service's ticket after it, the outcome last, so that a killed run is taken up again where it was cut. Tokens make a
//! repeated call harmless, and what takes no token is read back before it is repeated. There is no undo: after any
//! prefix of steps, planning again leads to the same end. Success is proven by reading back. The modules of [`apply`]
//! number the rules where they keep them.

pub mod advisory;
pub mod apply;
pub mod cli;
pub mod cloud;
pub mod conformance;
pub mod document;
pub mod name;
pub mod observed;
pub mod oci;
pub mod op;
pub mod package;
pub mod patching;
pub mod plan;
pub mod policy;
pub mod rehearsal;
pub mod release;
pub mod render;
pub mod repodata;
pub mod report;
pub mod rollout;
pub mod seal;
pub mod simulator;
pub mod state;
pub mod train;
