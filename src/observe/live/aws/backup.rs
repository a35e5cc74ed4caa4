//! AWS Backup: vaults, plans with their selections, and restore tests.

mod held;
mod plans;
mod restore_tests;
mod vaults;

use std::collections::BTreeSet;

use aws_sdk_backup::Client;

use super::super::{Found, Seen, State, tree};
use super::clients::Clients;
use super::stacks::Stacks;
use crate::cloud::aws::Value;
use crate::cloud::matches;
use crate::plan::Resource;

pub(super) use held::{Held, read as held};

/// The most that AWS Backup gives in one page.
const PAGE: i32 = 1_000;

/// AWS Backup's own zone where a plan names none.
const ZONE: &str = "Etc/UTC";

/// Reads what is planned of AWS Backup in one account and Region; nothing else is asked for.
pub(super) async fn read(clients: &Clients, stacks: &Stacks, resources: &[&Resource]) -> Seen {
    let asked = Asked {
        client: &clients.backup(),
        stacks,
    };
    let (vaults, plans, tests) = futures::join!(
        vaults::read(&asked, resources),
        plans::read(&asked, resources),
        restore_tests::read(&asked, resources)
    );
    vaults.into_iter().chain(plans).chain(tests).collect()
}

/// Whom to ask.
struct Asked<'a> {
    client: &'a Client,
    stacks: &'a Stacks,
}

impl Asked<'_> {
    /// What is live of a resource, beside what was deployed.
    fn found(&self, resource: &Resource, body: &impl serde::Serialize) -> Found {
        self.stacks.beside(resource, tree(body))
    }

    /// A live ARN: as the plan names it, where both are the same thing. Err: nobody can tell, since
    /// the stack's ids could not be read.
    fn named(
        &self,
        resource: &Resource,
        planned: Option<&Value>,
        live: &str,
    ) -> Result<Value, String> {
        if let Some(
            planned @ Value::Attribute {
                path: [logical_id, _],
            },
        ) = planned
        {
            let made = self.stacks.physical(resource, logical_id);
            let made = made.map_err(|reason| format!("cannot tell whose it is: {reason}"))?;
            if made.is_some_and(|made| last(made) == last(live)) {
                return Ok(planned.clone());
            }
        }
        Ok(Value::Text(live.to_owned()))
    }
}

/// The id or name at the end of an ARN; a bare one is its own.
fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

fn found(found: Found) -> State {
    State::Found(Box::new(found))
}

/// Days that are a number; AWS Backup writes -1 for no end.
fn days(number: Option<i64>) -> Option<u32> {
    number
        .filter(|days| *days > 0)
        .and_then(|days| u32::try_from(days).ok())
}

/// A zone under the one of its names that plans use.
fn zone(live: Option<&str>) -> String {
    match live {
        None | Some("UTC") => ZONE.to_owned(),
        Some(zone) => zone.to_owned(),
    }
}

/// What a list of ARNs and patterns takes in: everything that it names, and what is planned and fits
/// one of its patterns, less what is excluded. A condition leaves resources out that nobody can name
/// from here, so then none of them is the planned one.
fn taken_in(
    planned: &BTreeSet<String>,
    named: &[String],
    excluded: &[String],
    narrowed: bool,
) -> BTreeSet<String> {
    let fits = |arn: &&String, patterns: &[String]| patterns.iter().any(|it| matches(it, arn));
    let planned = planned.iter().filter(|arn| fits(arn, named));
    let all = named.iter().chain(planned);
    let kept = all.filter(|arn| !fits(arn, excluded));
    kept.map(|arn| match narrowed {
        true => format!("{arn} (only where its tags fit a condition)"),
        false => arn.clone(),
    })
    .collect()
}
