//! placeholder
use super::Place;
use jiff::Timestamp;
/// A simulator that this process serves or has attached to.
#[derive(Debug)]
pub struct Handle {
    place: Place,
}

impl Handle {
    /// Attaches to the process that serves the place, or becomes it.
    pub async fn attach(place: Place) -> std::io::Result<Self> {
        Ok(Self { place })
    }

    /// Returns the base URL.
    pub async fn endpoint(&self) -> std::io::Result<String> {
        Ok(self.place.world.display().to_string())
    }

    /// Returns the simulator's time.
    pub fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
