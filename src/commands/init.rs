//! `backstay init`.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};

use super::failure::Failure;
use super::outcome::Code;
use crate::cli::Init;

/// It validates, and renders.
const POLICY: &str = include_str!("init/policy.yaml");

pub(super) fn run(args: &Init) -> Result<Code, Failure> {
    let path = &args.file;
    write(args).map_err(|source| Failure::Write {
        path: path.clone(),
        source,
    })?;
    eprintln!(
        "wrote {}: put your own names into it, then run backstay validate",
        path.display()
    );
    Ok(Code::Clean)
}

/// What is there already is never written over, whoever else makes it meanwhile.
fn write(args: &Init) -> io::Result<()> {
    if let Some(folder) = args.file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut new = OpenOptions::new();
    let mut file = new.write(true).create_new(true).open(&args.file)?;
    file.write_all(POLICY.as_bytes())
}
