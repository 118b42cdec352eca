//! How a group moves from one release to the next: in waves, within hours, and past which checks. Pure data and
//! arithmetic of time and numbers; who is asked, and what is done about it, is the planner's and the executor's.

mod amount;
mod calendar;
mod health;
mod pace;
mod span;
mod waves;

pub use amount::Amount;
pub use calendar::{Access, Blackout, Calendar, Closure, Day, Days, TimeOfDay, Window, Zone};
pub use health::{HealthCheck, Probe};
pub use pace::Pace;
pub use span::{parse as parse_span, words as span_words};
pub use waves::{cumulative, sizes, spread};
