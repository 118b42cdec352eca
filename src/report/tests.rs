//! Reports compared as a whole.
