//! The objects of a train against a service that refuses, forgets answers, and is written to by others.
