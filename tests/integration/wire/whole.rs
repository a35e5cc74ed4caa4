//! The worked examples as a whole, by the program itself: as deployed nothing is told of AWS, an AWS
//! without any of it lacks each kind, and one that answers nothing makes each kind unreadable.

mod world;

use std::collections::BTreeSet;
use std::fs;

use backstay::observe::{State, read};
use backstay::plan::{Address, Body, Plan, Scope};
use serde_json::Value;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer};

use super::{assert_no_secret, plan, runtime};
use crate::support::{Workspace, root};
use world::World;

/// The examples, each with the account of the credentials that read it.
const EXAMPLES: [(&str, &str); 2] = [
    ("train-tracker.yaml", "123456789012"),
    ("fleet.yaml", "210987654321"),
];

fn is_aws(address: &Address) -> bool {
    matches!(address.scope, Scope::Aws { .. })
}

/// What one run told of AWS, kind and resource, and the states that it saw there.
struct Run {
    told: Vec<(String, String)>,
    seen: Vec<(Address, State)>,
}

fn run(example: &str, account: &str, world: impl FnOnce(&Plan) -> World) -> (Plan, Run) {
    let text = fs::read_to_string(root().join("policies").join(example)).unwrap();
    let plan = plan(&text);
    let world = world(&plan);
    let runtime = runtime();
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(world).mount(&server).await;
        server
    });
    let workspace = Workspace::new()
        .policy(example, &text)
        .env("AWS_ENDPOINT_URL", server.uri())
        // The stand-in knows whose credentials these are by the key.
        .env("AWS_ACCESS_KEY_ID", account)
        .env("AWS_SECRET_ACCESS_KEY", "very-secret-key");
    let output = workspace.run(["drift", "--format", "json", "--record", "record.json"]);
    assert_no_secret(&output.stdout);
    let report: Value =
        serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let findings = report["findings"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = findings
        .map(|it| {
            (
                text(&it["code"]),
                text(&it["drift"]["resource"]) + &text(&it["drift"]["property"]),
            )
        })
        .filter(|(code, of)| code != "not_compared" && of.starts_with("aws "));
    let told = told.collect();
    let seen = read(&workspace.path().join("record.json")).unwrap().0;
    let seen = seen
        .into_iter()
        .filter(|(address, _)| is_aws(address))
        .collect();
    (plan, Run { told, seen })
}

/// The kinds of AWS that a plan has.
fn kinds(plan: &Plan) -> BTreeSet<String> {
    let ours = plan.resources.iter().filter(|it| is_aws(&it.address));
    ours.map(|it| it.address.kind.clone()).collect()
}

#[test]
fn the_first_run_after_deployment_tells_nothing() {
    let mut all = BTreeSet::new();
    for (example, account) in EXAMPLES {
        let (plan, run) = run(example, account, World::of);
        assert_eq!(run.told, [], "{example}");
        let ours = plan.resources.iter().filter(|it| is_aws(&it.address));
        assert_eq!(run.seen.len(), ours.count(), "{example}");
        for (address, state) in &run.seen {
            let State::Found(found) = state else {
                panic!("{address}: {state:?}");
            };
            assert!(found.unread.is_empty(), "{address}: {:?}", found.unread);
        }
        all.extend(kinds(&plan));
    }
    // The examples have one of each kind.
    let known = Body::TABLES.iter().map(|(kind, _)| (*kind).to_owned());
    let known: BTreeSet<String> = known.filter(|kind| kind.starts_with("AWS::")).collect();
    assert_eq!(all, known);
}

#[test]
fn of_each_kind_what_is_not_there_is_missing() {
    for (example, account) in EXAMPLES {
        let (plan, run) = run(example, account, |_| World::default());
        assert!(
            run.told.iter().all(|(code, _)| code == "missing"),
            "{:?}",
            run.told
        );
        let ours = plan.resources.iter().filter(|it| is_aws(&it.address));
        assert_eq!(run.told.len(), ours.count(), "{example}: {:?}", run.told);
    }
}

#[test]
fn of_each_kind_what_may_not_be_read_is_unreadable() {
    for (example, account) in EXAMPLES {
        let (plan, run) = run(example, account, |plan| World::of(plan).refusing());
        assert_eq!(run.told, [], "what cannot be read is no drift");
        for (address, state) in &run.seen {
            let State::Unreadable { reason } = state else {
                panic!("{address}: {state:?}");
            };
            assert!(reason.contains("AccessDenied"), "{address}: {reason}");
        }
        let ours = plan.resources.iter().filter(|it| is_aws(&it.address));
        assert_eq!(run.seen.len(), ours.count(), "{example}");
    }
}
