//! What the clouds have: live, or as recorded.

use std::collections::BTreeMap;

use super::failure::Failure;
use crate::cli::Inventory as Args;
use crate::observe::inventory::{self, Inventory, Place};

/// Reads the places, each with the role to assume there, or the recorded inventory; records it where
/// that is asked.
pub(super) fn read(
    args: &Args,
    places: BTreeMap<Place, Option<String>>,
) -> Result<Inventory, Failure> {
    if let Some(path) = &args.from {
        return Ok(inventory::read(path)?);
    }
    let inventory = live(places)?;
    if let Some(path) = &args.record {
        let text = inventory::write(&inventory)?;
        std::fs::write(path, text).map_err(|source| Failure::Write {
            path: path.clone(),
            source,
        })?;
    }
    Ok(inventory)
}

#[cfg(feature = "clouds")]
fn live(places: BTreeMap<Place, Option<String>>) -> Result<Inventory, Failure> {
    let bar = indicatif::ProgressBar::new_spinner();
    let tell = |line: &str| {
        bar.set_message(line.to_owned());
        bar.tick();
    };
    let inventory = crate::observe::live::inventory(places, &tell)?;
    bar.finish_and_clear();
    Ok(inventory)
}

#[cfg(not(feature = "clouds"))]
fn live(_places: BTreeMap<Place, Option<String>>) -> Result<Inventory, Failure> {
    Err(Failure::NoClouds)
}
