//! The in-memory cloud keeps its own promises: tokens, open work, faults, the cut.
