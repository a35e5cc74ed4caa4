//! `backstay man`.

use clap::CommandFactory;

use super::failure::Failure;
use super::outcome::{self, Code};
use crate::cli::{Cli, Man};

pub(super) fn run(args: &Man) -> Result<Code, Failure> {
    let mut whole = Cli::command();
    // Names of sub-commands become whole ones: backstay-drift.
    whole.build();
    let of = match &args.command {
        None => &whole,
        Some(name) => whole
            .find_subcommand(name)
            .ok_or_else(|| Failure::UnknownCommand(name.clone()))?,
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(of.clone()).render(&mut page)?;
    outcome::print(&String::from_utf8_lossy(&page))?;
    Ok(Code::Clean)
}
