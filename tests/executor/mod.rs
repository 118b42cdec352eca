//! The executor with the real planner, on generated worlds in memory: faults, kills, and the end they must lead to.

mod boots;
mod convergence;
mod crews;
mod rehearsals;
mod rollouts;
mod series;
