//! RDS: one sweep over all instances of an account's Region.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_rds::types::DbInstance as Live;

use super::super::Turned;
use super::clients::Clients;
use super::reason;
use crate::cloud::aws::reads;

/// The most that RDS gives in one page.
const PAGE: i32 = 100;

/// The wanted instances among all of a Region.
pub(super) struct Sweep {
    pub(super) found: BTreeMap<String, Live>,
    /// How many instances the Region has.
    pub(super) count: usize,
}

/// Reads every page, or says why not: half a sweep would report what is there as missing.
pub(super) async fn read(clients: &Clients, names: &BTreeSet<&str>) -> Result<Sweep, String> {
    let mut sweep = Sweep {
        found: BTreeMap::new(),
        count: 0,
    };
    if names.is_empty() {
        return Ok(sweep);
    }
    let request = clients.rds().describe_db_instances();
    let mut pages = request.into_paginator().page_size(PAGE).send();
    let mut turned = Turned::of(reads::DESCRIBE_INSTANCES.action);
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| reason(reads::DESCRIBE_INSTANCES.action, &error))?;
        turned.to(page.marker())?;
        for instance in page.db_instances.unwrap_or_default() {
            sweep.count += 1;
            let name = lower(instance.db_instance_identifier()).unwrap_or_default();
            if names.contains(name.as_str()) {
                sweep.found.insert(name, instance);
            }
        }
    }
    Ok(sweep)
}

/// RDS ignores the case of identifiers, engines, classes and storage types.
pub(super) fn lower(text: Option<&str>) -> Option<String> {
    text.map(str::to_ascii_lowercase)
}
