//! A cloud that is a value: an [`crate::observed::Observed`] and a script of faults. For tests and benches.
