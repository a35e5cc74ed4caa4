//! `backstay schema`.

use super::explain;
use super::failure::Failure;
use super::outcome::{self, Code};
use crate::cli::{Schema, SchemaFormat, SchemaOf};
use crate::cost::{Estimate, Prices};
use crate::policy;
use crate::report;

pub(super) fn run(args: &Schema) -> Result<Code, Failure> {
    let json = |schema| Ok::<_, Failure>(serde_json::to_string_pretty(schema)? + "\n");
    outcome::print(&match (args.of, args.format) {
        (SchemaOf::Policy, SchemaFormat::Json) => json(policy::json_schema())?,
        (SchemaOf::Policy, SchemaFormat::Markdown) => policy::reference(),
        (SchemaOf::Report, _) => json(&report::json_schema())?,
        (SchemaOf::Status, _) => json(&report::status_schema())?,
        (SchemaOf::Explain, _) => json(&report::schema_of::<explain::Explanation>())?,
        (SchemaOf::Cost, _) => json(&report::schema_of::<Estimate>())?,
        (SchemaOf::Prices, _) => json(schemars::schema_for!(Prices).as_value())?,
    })?;
    Ok(Code::Clean)
}
