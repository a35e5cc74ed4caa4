//! `backstay explain`.

use super::codes;
use super::failure::Failure;
use super::outcome::{self, Code};
use crate::cli::Explain;
use crate::finding::closest;

pub(super) fn run(args: &Explain) -> Result<Code, Failure> {
    let codes = codes::all();
    let Some(name) = &args.code else {
        let list: String = codes
            .iter()
            .map(|code| format!("{}\n", code.name))
            .collect();
        outcome::print(&list)?;
        return Ok(Code::Clean);
    };
    let Some(code) = codes.iter().find(|code| code.name == name) else {
        let near = closest(name, codes.iter().map(|code| code.name));
        return Err(Failure::unknown_code(name, near));
    };
    outcome::print(&code.page())?;
    Ok(Code::Clean)
}
