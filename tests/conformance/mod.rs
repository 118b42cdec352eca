//! Judges that we did not write, for what we claim to agree with. Beside these modules stand tests in Python that have
//! Oracle's clients judge, of OSMS in `osms/` and of OS Management Hub in `osmh/`; `run` runs them.

mod dnf;
mod rpm;
mod signatures;
