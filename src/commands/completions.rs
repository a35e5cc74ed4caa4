//! `backstay completions`.

use clap::CommandFactory;

use super::failure::Failure;
use super::outcome::{self, Code};
use crate::cli::{Cli, Completions};

pub(super) fn run(args: &Completions) -> Result<Code, Failure> {
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    outcome::print(&String::from_utf8_lossy(&script))?;
    Ok(Code::Clean)
}
