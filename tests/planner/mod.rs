//! The planner against generated worlds: that plans keep their invariants, and that applying them converges.

mod convergence;
mod groups;
mod refusals;
mod retired;
mod small;
mod stories;
