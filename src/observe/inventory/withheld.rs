//! What is taken out of an inventory before anybody sees it.

use std::collections::BTreeMap;

use super::{Contents, Database, Listing, Live};
use crate::cloud::aws::rds;
use crate::cloud::azure::postgres;
use crate::cloud::{secret_key, secret_value};

/// What stands for a name that is a secret itself.
const NAMELESS: &str = "(a name that looks like a secret)";

pub(super) fn from(listing: Listing) -> Listing {
    match listing {
        Listing::Read(contents) => Listing::Read(Contents {
            databases: contents.databases.into_iter().map(database).collect(),
            plans: contents.plans.into_iter().map(plan).collect(),
            unread: contents.unread,
        }),
        unreadable @ Listing::Unreadable { .. } => unreadable,
    }
}

/// Tags hold whatever somebody put there. Logins are nobody's business here.
fn database(mut database: Database) -> Database {
    let tags = match &mut database.live {
        Live::Instance(body) => {
            let rds::DbInstance {
                master_username,
                tags,
                ..
            } = &mut **body;
            *master_username = None;
            tags.as_mut().map(|tags| &mut tags.0)
        }
        Live::Server(body) => {
            let postgres::FlexibleServer {
                properties, tags, ..
            } = &mut **body;
            properties.administrator_login = None;
            tags.as_mut()
        }
        Live::Replica(body) => body.tags.as_mut(),
    };
    if let Some(tags) = tags {
        database.withheld.extend(secrets(tags));
    }
    database.withheld.sort();
    database.withheld.dedup();
    database
}

/// Takes the secrets out, and tells their names.
fn secrets(tags: &mut BTreeMap<String, String>) -> Vec<String> {
    let mut names = Vec::new();
    tags.retain(|key, value| {
        let nameless = secret_value(key);
        let secret = nameless || secret_key(key) || secret_value(value);
        if secret {
            names.push(if nameless {
                NAMELESS.to_owned()
            } else {
                key.clone()
            });
        }
        !secret
    });
    names
}

/// The tags of recovery points are asked for by nobody.
fn plan(mut plan: crate::cloud::aws::backup::BackupPlan) -> crate::cloud::aws::backup::BackupPlan {
    for rule in &mut plan.backup_plan.backup_plan_rule {
        rule.recovery_point_tags.clear();
    }
    plan
}
