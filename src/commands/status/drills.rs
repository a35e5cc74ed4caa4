//! The results of drills, brought from the stores to the policy that asks for them.

use std::path::Path;

use super::super::failure::Failure;
use super::super::write;
use crate::observe::{DrillState, Points};

/// One file for each kind of drill of each database, with its newest result.
pub(super) fn write(folder: &Path, seen: &Points) -> Result<(), Failure> {
    for (key, state) in &seen.drills {
        let DrillState::Read(read) = state else {
            continue;
        };
        let Some(outcome) = read.last.as_ref().and_then(|last| last.outcome.as_ref()) else {
            continue;
        };
        let folder = folder.join(&key.database);
        std::fs::create_dir_all(&folder).map_err(|source| Failure::Write {
            path: folder.clone(),
            source,
        })?;
        let path = folder.join(format!("{}.json", key.drill.name()));
        let text = serde_json::to_string_pretty(outcome)? + "\n";
        write::write(&path, &text)?;
    }
    Ok(())
}
