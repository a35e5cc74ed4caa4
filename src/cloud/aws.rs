//! AWS: what CloudFormation is given, and RDS's and S3's own limits.

pub mod limits;
pub mod rds;
pub mod s3;
mod value;

pub use value::{Tags, Value};

/// The part of AWS that a Region belongs to, as ARNs name it.
pub fn partition(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}
