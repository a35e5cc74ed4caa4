//! backstay: backup policy as code.

pub mod adopt;
pub mod cli;
pub mod cloud;
pub mod commands;
pub mod cost;
pub mod coverage;
pub mod drift;
pub mod evidence;
pub mod finding;
#[cfg(feature = "clouds")]
pub mod notify;
pub mod observe;
pub mod plan;
pub mod policy;
pub mod render;
pub mod report;
pub mod resolve;
pub mod rules;
pub mod source;
pub mod status;
