//! AWS Backup, read back after what was rendered is deployed, and after each kind of change by hand.

mod absent;
pub mod cloud;
mod deployed;
mod owner;
mod plans;
mod restore_tests;
mod simulated;
mod vaults;

use backstay::drift::compare;
use backstay::finding::Kind;
use backstay::observe::{Observations, State};
use backstay::plan::Scope;
use backstay::policy::parse;
use backstay::source::Sources;
use serde_json::{Value, json};

use super::{Observed, observe, plan, runtime};
use cloud::{Cloud, HOME};

const SAFE: &str = "210987654321";
const EAST: &str = "us-east-1";
const WEST: &str = "us-west-2";

/// Vaults in two Regions and two accounts, and two databases that share a plan.
const POLICY: &str = r#"version: 1
locations:
  east: { provider: aws, region: us-east-1, account: "123456789012" }
  west: { provider: aws, region: us-west-2, account: "123456789012" }
  safe: { provider: aws, region: us-east-1, account: "210987654321", role: "arn:aws:iam::210987654321:role/reader" }
vaults:
  main: { at: east, name: main-vault }
  dr: { at: west, name: dr-vault, lock: { mode: governance, min: 7d, max: 10y } }
  safe: { at: safe, name: safe-vault, lock: { mode: compliance, min: 30d, grace: 10d } }
defaults:
  encryption: customer_managed
  tags: { owner: data }
tiers:
  gold:
    retention: { pitr: 7d, weekly: 12w, monthly: 12mo }
    copies: { to: [dr, safe] }
    restore_test: { every: 1mo }
databases:
  orders: { engine: rds_postgres, at: east, id: Orders, tier: gold, vault: main }
  ledger: { engine: rds_postgres, at: east, id: ledger, tier: gold, vault: main }
"#;

const PLAN: &str = "backstay-main-gold";
const TEST: &str = "backstay_main_monthly";
const WEEKLY: &str = "/BackupPlan/BackupPlanRule/weekly";
const MONTHLY: &str = "/BackupPlan/BackupPlanRule/monthly";
const DR: &str = "arn:aws:backup:us-west-2:123456789012:backup-vault:dr-vault";
const ORDERS: &str = "arn:aws:rds:us-east-1:123456789012:db:orders";
const LEDGER: &str = "arn:aws:rds:us-east-1:123456789012:db:ledger";

/// Where each thing of the policy is written.
mod at {
    pub const MIN: &str = "8:66";
    pub const MAX: &str = "8:75";
    pub const GRACE: &str = "9:82";
    pub const TAG: &str = "12:18";
    pub const WEEKLY: &str = "15:36";
    pub const MONTHLY: &str = "15:50";
    pub const COPIES: &str = "16:20";
    pub const COPY_TO_SAFE: &str = "16:24";
    pub const TESTS: &str = "17:28";
    pub const ORDERS: &str = "19:76";
    pub const LEDGER: &str = "20:76";
    pub const MAIN_VAULT: &str = "7:27";
}

/// One difference: kind, name of the resource, pointer, and place in the policy.
type Told = (Kind, String, String, String);

fn told(kind: Kind, name: &str, pointer: &str, place: &str) -> Told {
    let own = str::to_owned;
    (kind, own(name), own(pointer), own(place))
}

fn against(cloud: Cloud) -> Observed {
    let server = runtime().block_on(cloud.serve());
    let url = server.uri();
    observe(
        POLICY,
        &[
            ("AWS_ENDPOINT_URL", &url),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "very-secret-key"),
        ],
    )
}

/// What is told of AWS Backup, apart from what is never compared.
fn drift(observed: &Observed) -> Vec<Told> {
    let mut sources = Sources::default();
    sources.add("policy.yaml", POLICY);
    let (workspace, _) = parse(sources);
    let seen = Observations(observed.seen.clone());
    let drift = compare(&observed.plan, &seen, &|_, _, _| None);
    let mut told: Vec<Told> = drift
        .findings
        .iter()
        .filter_map(|finding| {
            let difference = finding.difference.as_deref()?;
            let (address, name) = difference.resource.rsplit_once(' ')?;
            let ours = address.contains("AWS::Backup::") && difference.kind != Kind::NotCompared;
            let place = workspace.sources.position(finding.place?).to_string();
            ours.then(|| self::told(difference.kind, name, &difference.property, &place))
        })
        .collect();
    told.sort();
    told
}

/// What is told after a change.
fn after(change: impl FnOnce(&mut Cloud)) -> Vec<Told> {
    let mut cloud = Cloud::of(&plan(POLICY));
    change(&mut cloud);
    drift(&against(cloud))
}

#[track_caller]
fn tells(change: impl FnOnce(&mut Cloud), mut expected: Vec<Told>) {
    expected.sort();
    assert_eq!(after(change), expected);
}

fn vault<'c>(cloud: &'c mut Cloud, account: &str, region: &str) -> &'c mut Value {
    &mut cloud.answer(account, region, "/backup-vaults")[0]
}
