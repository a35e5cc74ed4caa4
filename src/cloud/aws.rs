//! AWS: what CloudFormation is given, and each service's own limits.

pub mod backup;
pub mod cron;
pub mod engine;
pub mod events;
pub mod iam;
pub mod kms;
pub mod limits;
mod policy;
pub mod rds;
pub mod reads;
pub mod regions;
pub mod replication;
pub mod restore_testing;
pub mod roles;
pub mod s3;
pub mod signals;
pub mod sns;
mod value;

pub use policy::PolicyDocument;
pub use regions::partition;
pub use value::{Tags, Value, arn, logical_id};
