//! # bad-window
//! A window cannot be read. Daily windows are `hh:mm-hh:mm`, weekly ones `ddd:hh:mm-ddd:hh:mm`,
//! both in UTC.
//!
//! **Why.** The cloud would refuse it at deployment, long after review.
//!
//! **Fix.** Write it as `03:00-04:00` or `sun:04:30-sun:05:30`, in quotes.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new("bad-window", Severity::Error, include_str!("bad_window.rs"));
