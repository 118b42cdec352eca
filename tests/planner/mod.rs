//! The planner against generated worlds: that plans keep their invariants, and that applying them converges.

mod accepts;
mod bound;
mod cached;
mod children;
mod convergence;
mod documents;
mod drifts;
mod exact;
mod faithful;
mod files;
mod formats;
mod gates;
mod groups;
mod imports;
mod policy;
mod refusals;
mod retired;
mod rollouts;
mod schedules;
mod selectors;
mod small;
mod stories;
mod streams;
mod targets;
mod unimportable;
mod updates;
