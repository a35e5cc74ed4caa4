//! What the clouds have: live, or as recorded.

use std::collections::BTreeMap;

use super::failure::Failure;
#[cfg(feature = "clouds")]
use super::progress::{self, Amount};
use super::write;
use crate::cli::Inventory as Args;
use crate::observe::inventory::{self, Inventory, Place};
#[cfg(feature = "clouds")]
use crate::observe::live::{self, Report};

/// Reads the places, each with the role to assume there, or the recorded inventory; records it where
/// that is asked.
pub(super) fn read(
    args: &Args,
    places: BTreeMap<Place, Option<String>>,
) -> Result<Inventory, Failure> {
    if let Some(path) = &args.from {
        return Ok(inventory::read(path)?);
    }
    let inventory = ask(places)?;
    if let Some(path) = &args.record {
        let text = inventory::write(&inventory)?;
        write::write(path, &text)?;
    }
    Ok(inventory)
}

#[cfg(feature = "clouds")]
fn ask(places: BTreeMap<Place, Option<String>>) -> Result<Inventory, Failure> {
    let read = |report: Report<'_>| live::inventory(places, report);
    Ok(progress::shown(Amount::Unknown, read)?)
}

#[cfg(not(feature = "clouds"))]
fn ask(_places: BTreeMap<Place, Option<String>>) -> Result<Inventory, Failure> {
    Err(Failure::NoClouds)
}
