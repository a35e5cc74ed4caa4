//! `backstay schema`.

use super::failure::Failure;
use super::outcome::{self, Code};
use crate::cli::{Schema, SchemaFormat};
use crate::policy;

pub(super) fn run(args: &Schema) -> Result<Code, Failure> {
    outcome::print(&match args.format {
        SchemaFormat::Json => serde_json::to_string_pretty(policy::json_schema())? + "\n",
        SchemaFormat::Markdown => policy::reference(),
    })?;
    Ok(Code::Clean)
}
