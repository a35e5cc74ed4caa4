//! The command that replicates automated backups into the other Region again.

use serde_json::Value;

use super::cloud_id;
use super::key::told;
use crate::cloud::Command;
use crate::cloud::aws::kms;
use crate::plan::{Body, Resource, Scope};

const PROPERTY: &str = "/AutomaticBackupReplicationRegion";

/// RDS changes the retention of a running replication by no call: it is stopped, which leaves what
/// was replicated so far, and started anew. `live` is the value of the property at `pointer`.
pub(super) fn restart(resource: &Resource, pointer: &str, live: &Value) -> Option<Command> {
    let (Scope::Aws { region, .. }, Body::DbInstance(body)) =
        (&resource.address.scope, &resource.body)
    else {
        return None;
    };
    let to = body.replication_region.as_deref()?;
    let days = body.replication_retention?.to_string();
    let source = cloud_id(resource);
    let verb = |verb: &str, region: &str| {
        Command::new(["aws", "rds", verb, "--region", region])
            .args(["--source-db-instance-arn", &source])
    };
    let start = verb("start-db-instance-automated-backups-replication", to)
        .args([
            "--source-region",
            region,
            "--backup-retention-period",
            &days,
        ])
        .arg("--kms-key-id")
        .output("", told(to, &kms::alias(&resource.name), "Arn"));
    let running = match live {
        Value::String(other) if pointer == PROPERTY => Some(other.as_str()),
        Value::Number(_) => Some(to),
        _ => None,
    };
    let stop = running.map(|there| verb("stop-db-instance-automated-backups-replication", there));
    Some(match stop {
        Some(stop) => stop.then(start),
        None => start,
    })
}
