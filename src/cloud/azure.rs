//! Azure: what ARM templates are given, and the limits of flexible servers and storage accounts.

pub mod limits;
pub mod postgres;
pub mod storage;
