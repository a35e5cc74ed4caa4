//! Azure: what ARM templates are given, and the limits of flexible servers and storage accounts.

pub mod access;
pub mod alerts;
pub mod backup;
pub mod blob;
mod id;
pub mod limits;
pub mod locks;
pub mod metric;
pub mod postgres;
pub mod reads;
pub mod regions;
pub mod storage;

pub use id::{group_id, guid, resource_id};
