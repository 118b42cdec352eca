//! Tests of the train file.
