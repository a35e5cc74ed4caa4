//! `backstay init`.

use super::failure::Failure;
use super::outcome::Code;
use super::write;
use crate::cli::Init;

/// It validates, and renders.
const POLICY: &str = include_str!("init/policy.yaml");

pub(super) fn run(args: &Init) -> Result<Code, Failure> {
    write::create(&args.file, POLICY)?;
    eprintln!(
        "wrote {}: put your own names into it, then run backstay validate",
        args.file.display()
    );
    Ok(Code::Clean)
}
