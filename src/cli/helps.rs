//! What helps to begin: a first policy, schemas, and help for shells.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub struct Init {
    /// The file; what is there already is never written over
    #[arg(default_value = "policies/backstay.yaml")]
    pub file: PathBuf,
}

#[derive(Debug, Args)]
pub struct Completions {
    /// Of which shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub struct Man {
    /// Of which command; without one, of backstay itself
    pub command: Option<String>,
}

#[derive(Debug, Args)]
pub struct Schema {
    /// Of what
    #[arg(value_enum, default_value_t)]
    pub of: SchemaOf,
    /// json for editors, markdown for people (of a policy)
    #[arg(long, value_enum, default_value_t)]
    pub format: SchemaFormat,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// The policy, for editors
    #[default]
    Policy,
    /// What `--format json` prints
    Report,
    /// What `status --format json` prints: the report, and the recovery points
    Status,
    /// What `explain DATABASE --format json` prints
    Explain,
    /// What `cost --format json` prints
    Cost,
    /// What `cost --prices` takes
    Prices,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum SchemaFormat {
    #[default]
    Json,
    Markdown,
}
