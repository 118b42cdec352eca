//! OSMS.
