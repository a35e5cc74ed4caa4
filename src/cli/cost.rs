//! What an estimate is asked with.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub struct Cost {
    /// Policy files and folders; all files under them form one workspace
    #[arg(value_name = "PATH", default_value = "policies")]
    pub paths: Vec<PathBuf>,
    /// Your own prices and assumptions, laid over the built-in ones; `backstay schema prices` is
    /// their form
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
    /// Tell what a change of the policy costs: the policy as it was at this git revision, or an older
    /// copy of it
    #[arg(long, value_name = "REV|PATH")]
    pub baseline: Option<String>,
    /// text for people, json for scripts, markdown for a pull request
    #[arg(long, value_enum, default_value_t)]
    pub format: CostFormat,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum CostFormat {
    #[default]
    Text,
    Json,
    Markdown,
}
