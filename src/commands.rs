//! Wiring and file access: one file a command.

mod accept;
mod adopt;
mod baseline;
mod check;
mod codes;
mod completions;
mod cost;
mod coverage;
mod drift;
mod exceptions;
mod explain;
mod failure;
mod init;
mod inventory;
mod load;
mod man;
mod out;
mod outcome;
#[cfg(feature = "clouds")]
mod progress;
mod render;
mod schema;
mod stale;
mod status;
mod validate;
mod write;

use std::process::ExitCode;

use crate::cli::{Cli, Command};
use failure::Failure;

/// Runs a command; prints its report to standard output and hints to standard error.
pub fn run(cli: &Cli) -> ExitCode {
    let result = match &cli.command {
        Command::Validate(args) => validate::run(args),
        Command::Render(args) => render::run(args),
        Command::Drift(args) => drift::run(args),
        Command::Check(args) => check::run(args),
        Command::Coverage(args) => coverage::run(args),
        Command::Status(args) => status::run(args),
        Command::Cost(args) => cost::run(args),
        Command::Adopt(args) => adopt::run(args),
        Command::Accept(args) => accept::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Init(args) => init::run(args),
        Command::Schema(args) => schema::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
    };
    match result {
        Ok(code) => code.into(),
        // Whoever reads the output has seen enough, as `backstay schema | head` has.
        Err(Failure::Print(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("backstay: {failure}");
            outcome::Code::Unusable.into()
        }
    }
}
