//! The planner against generated worlds: that plans keep their invariants, and that applying them converges.

mod bound;
mod children;
mod convergence;
mod groups;
mod refusals;
mod retired;
mod schedules;
mod selectors;
mod small;
mod stories;
mod streams;
mod updates;
