//! Terraform for patch releases.

pub mod apply;
pub mod cli;
pub mod cloud;
pub mod conformance;
pub mod name;
pub mod observed;
pub mod oci;
pub mod op;
pub mod package;
pub mod plan;
pub mod render;
pub mod simulator;
pub mod state;
pub mod train;
