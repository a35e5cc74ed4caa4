//! What backstay owns in each cloud, in the words of the deployed files, and each provider's limits.
//!
//! Every owned resource is one struct that serialises to exactly what its template holds. Rendering
//! writes it, observing builds it whole from the live answer, comparing walks its tree. Beside each
//! struct stands the table of its properties: which direction is weaker, and what restores it.

pub mod aws;
pub mod azure;
mod command;
mod pattern;
mod property;
mod secret;
mod window;

pub use command::{Command, RENDERED, shell_word};
pub use pattern::matches;
pub use property::{Direction, NotCompared, Owned, Property, Restore, in_document, is_reference};
pub use secret::{secret_key, secret_value, withheld};
pub use window::{DailyWindow, Weekday, WeeklyWindow, WindowError};
pub(crate) use window::{parse_time, text_type};
