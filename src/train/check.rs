//! From the shape of a file to a checked [`super::Train`]: names resolve, nothing contradicts.
