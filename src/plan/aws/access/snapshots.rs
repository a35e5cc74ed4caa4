//! What manual snapshots of RDS need.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::super::snapshot::OWNER_TAG;
use super::keys::{self, Keys, OF_RDS, Service};
use super::{Instances, RUN, Wanted, allow, by_account, scope, taken_by, when};
use crate::cloud::aws::{PolicyDocument, arn, roles};
use crate::policy::Task;
use crate::resolve::{Database, Estate};

/// One for each account with snapshots: it takes and copies them under names of its own, and deletes
/// those that have its tag.
pub(super) fn operators(estate: &Estate<'_>) -> Vec<Wanted> {
    let place = |database: &Database<'_>| Some(database.written.snapshots.as_ref()?.schedule.place);
    let accounts = by_account(estate, Task::Snapshot, place).into_iter();
    let wanted = accounts.map(|(account, instances)| Wanted {
        account: account.to_owned(),
        role: roles::SNAPSHOT_OPERATOR.to_owned(),
        location: None,
        allows: PolicyDocument::new(statements(estate, account, &instances)),
        taken_by: taken_by(instances.by_workflows),
        seconds: RUN,
        place: instances.place,
    });
    wanted.collect()
}

fn statements(estate: &Estate<'_>, account: &str, instances: &Instances<'_>) -> Vec<Value> {
    let here = instances.regions();
    let copied: BTreeSet<&str> = instances
        .databases
        .iter()
        .filter_map(|database| {
            let copy_to = database.written.snapshots.as_ref()?.copy_to.as_ref()?;
            Some(scope(&estate.location(&copy_to.value)?)?.1)
        })
        .collect();
    let both: BTreeSet<&str> = here.union(&copied).copied().collect();
    let named = |regions: &BTreeSet<&str>, name: &str| -> Vec<String> {
        let name = format!("snapshot:{name}");
        let all = regions.iter();
        all.map(|region| arn("rds", region, account, &name))
            .collect()
    };
    let own = named(&both, &format!("{}*", roles::PREFIX));
    let described = instances.arns(account);
    let taken: Vec<String> = described
        .iter()
        .cloned()
        .chain(named(&here, &format!("{}*", roles::PREFIX)))
        .collect();
    let tagged = |key: &str| json!({ "Null": { format!("aws:{key}/{OWNER_TAG}"): "false" } });
    let mut statements = vec![
        allow("Instances", "rds:DescribeDBInstances", json!(described)),
        allow(
            "Snapshots",
            "rds:DescribeDBSnapshots",
            json!(named(&both, "*")),
        ),
        when(
            allow("Take", "rds:CreateDBSnapshot", json!(taken)),
            tagged("RequestTag"),
        ),
        allow("Tag", "rds:AddTagsToResource", json!(own)),
        when(
            allow("Prune", "rds:DeleteDBSnapshot", json!(own)),
            tagged("ResourceTag"),
        ),
    ];
    if !copied.is_empty() {
        statements.push(allow("Copy", "rds:CopyDBSnapshot", json!(own)));
        // Which key a copy takes is the script's setting.
        let any = keys::any(account, &copied);
        let copy_keys = allow("CopyKeys", json!(OF_RDS), json!(any));
        statements.push(when(copy_keys, keys::through(Service::Rds, &copied)));
    }
    statements.extend(Keys::of(instances).statements(account, &here, Service::Rds, &OF_RDS));
    statements
}
