use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    backstay::commands::run(&backstay::cli::Cli::parse())
}
