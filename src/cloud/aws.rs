//! AWS: what CloudFormation is given, and RDS's and S3's own limits.

pub mod limits;
pub mod rds;
pub mod s3;
mod value;

pub use value::{Tags, Value, arn, partition};
