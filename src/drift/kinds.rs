//! The codes of drift, one page each.

mod changed;
mod in_flight;
mod missing;
mod not_compared;
mod pending;
mod proposed;
mod set_elsewhere;
mod strengthened;
mod undeployed;
mod unreadable;
mod weakened;

use crate::finding::{Code, Kind};

/// Every code of this room.
pub static CODES: &[&Code] = &[
    &missing::CODE,
    &weakened::CODE,
    &changed::CODE,
    &undeployed::CODE,
    &proposed::CODE,
    &strengthened::CODE,
    &pending::CODE,
    &in_flight::CODE,
    &set_elsewhere::CODE,
    &not_compared::CODE,
    &unreadable::CODE,
];

/// The code of what could not be read.
pub fn unreadable() -> &'static Code {
    &unreadable::CODE
}

pub(super) fn code(kind: Kind) -> &'static Code {
    match kind {
        Kind::Missing => &missing::CODE,
        Kind::Weakened => &weakened::CODE,
        Kind::Changed => &changed::CODE,
        Kind::Undeployed => &undeployed::CODE,
        Kind::Proposed => &proposed::CODE,
        Kind::Strengthened => &strengthened::CODE,
        Kind::Pending => &pending::CODE,
        Kind::InFlight => &in_flight::CODE,
        Kind::SetElsewhere => &set_elsewhere::CODE,
        Kind::NotCompared => &not_compared::CODE,
    }
}
