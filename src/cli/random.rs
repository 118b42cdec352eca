//! Names that nobody else has: of lines of descent, and of calls.

use ring::rand::{SecureRandom, SystemRandom};

use super::{CliError, exit};

/// Returns 32 hex digits.
pub(super) fn hex() -> Result<String, CliError> {
    let mut random = [0_u8; 16];
    SystemRandom::new()
        .fill(&mut random)
        .map_err(|_| CliError::new(exit::ERROR, "the system gives no random numbers"))?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}
