//! Module streams and their profiles as requests of either service name them: what the vendor does not have is refused at
//! once.

use super::{Failure, Result};
use crate::simulator::world::{ProfileName, StreamName, find_stream};

pub(super) fn stream(module: &str, name: &str) -> Result<StreamName> {
    match find_stream(module, name) {
        Some(_) => Ok((module.into(), name.into())),
        None => Err(Failure::invalid(format!("module stream {module}:{name} is unknown"))),
    }
}

pub(super) fn profile(module: &str, name: &str, profile: &str) -> Result<ProfileName> {
    let (module, name) = stream(module, name)?;
    match find_stream(&module, &name).and_then(|stream| stream.profile(Some(profile))) {
        Some(_) => Ok(ProfileName(module, name, Some(profile.into()))),
        None => Err(Failure::invalid(format!("profile {profile} of {module}:{name} is unknown"))),
    }
}
