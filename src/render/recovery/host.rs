//! The disaster script of a server of one's own: from its dumps to another server.

use std::collections::HashMap;

use serde::Serialize;

use super::{RECOVER_MINUTES, Scenario, scenarios};
use crate::plan::{Dump, DumpStore, Recovery, Server};

/// Beside what the plan says of the dumps.
#[derive(Debug, Serialize)]
pub(super) struct Rescue<'p> {
    #[serde(flatten)]
    dump: &'p Dump,
    address: &'p str,
    wait_minutes: u32,
    scenarios: Vec<Scenario>,
    rto_seconds: Option<u64>,
    store: Option<&'p DumpStore>,
    /// Where a secret of AWS is looked for.
    region: Option<&'p str>,
    scheme: &'static str,
}

/// None: nothing can be restored from its dumps alone, or it is a cloud's.
pub(super) fn rescue<'p>(
    recovery: &'p Recovery,
    dumps: &HashMap<&str, &'p Dump>,
) -> Option<Rescue<'p>> {
    let Server::Host { address } = &recovery.server else {
        return None;
    };
    let dump = *dumps.get(recovery.name.as_str())?;
    if dump.only == Some("data") {
        return None;
    }
    let region = |store: &'p DumpStore| match store {
        DumpStore::S3 { region, .. } => Some(region.as_str()),
        DumpStore::Blob { .. } => None,
    };
    Some(Rescue {
        dump,
        address,
        wait_minutes: RECOVER_MINUTES,
        scenarios: scenarios(recovery),
        rto_seconds: recovery.rto_seconds,
        store: recovery.store.as_ref(),
        region: dump.stores.iter().find_map(region),
        scheme: "postgresql",
    })
}
