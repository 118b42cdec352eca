//! Judges that we did not write, for what we claim to agree with.

mod rpm;
