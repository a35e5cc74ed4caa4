//! The recorded inventory: a versioned JSON file, so that everything can be asked without a cloud.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::super::RecordError;
use super::super::recorded;
use super::{Inventory, Listing, Place};

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    places: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    place: Place,
    #[serde(flatten)]
    listing: Listing,
}

/// Reads a recorded inventory.
///
/// # Errors
/// The file cannot be read, is not JSON of this shape, or has another version.
pub fn read(path: &Path) -> Result<Inventory, RecordError> {
    let file: File = recorded::parse(path, |file: &File| file.version, VERSION)?;
    let entries = file.places.into_iter();
    Ok(Inventory::new(
        entries.map(|entry| (entry.place, entry.listing)),
    ))
}

/// The text of a recorded inventory.
///
/// # Errors
/// None in practice: it is texts, numbers, lists and maps.
pub fn write(inventory: &Inventory) -> Result<String, serde_json::Error> {
    let places = inventory.places().map(|(place, listing)| Entry {
        place: place.clone(),
        listing: listing.clone(),
    });
    let file = File {
        version: VERSION,
        places: places.collect(),
    };
    serde_json::to_string_pretty(&file).map(|text| text + "\n")
}
