//! # in_flight
//! The resource is being modified right now, so its values are not final.
//!
//! **Why.** A comparison in the middle of a change would report the change itself.
//!
//! **Fix.** Run drift again when the resource is available.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new("in_flight", Severity::Info, include_str!("in_flight.rs"));
