//! The codes of recovery points and drills, one page each.

mod clock_skew;
mod drill_failed;
mod drill_overdue;
mod recovery_missing;
mod recovery_short;
mod recovery_stale;
mod recovery_unusable;

use crate::finding::Code;

pub use clock_skew::CODE as SKEW;
pub use drill_failed::CODE as FAILED;
pub use drill_overdue::CODE as OVERDUE;
pub use recovery_missing::CODE as MISSING;
pub use recovery_short::CODE as SHORT;
pub use recovery_stale::CODE as STALE;
pub use recovery_unusable::CODE as UNUSABLE;

/// Every code of this room.
pub static CODES: &[&Code] = &[
    &STALE, &SHORT, &MISSING, &UNUSABLE, &OVERDUE, &FAILED, &SKEW,
];
