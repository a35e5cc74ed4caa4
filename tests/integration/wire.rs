//! Live reading over the wire: the real program against local servers, with the environment that a
//! user would set, since the clients take endpoints and credentials from there.

mod access;
mod adopt;
mod alerts;
mod aws;
mod azure;
mod backup;
mod cloud;
mod faults;
mod inventory;
mod keys;
mod locks;
mod rds;
mod replicas;
mod replications;
mod s3;
mod scale;
mod status;
mod whole;

use std::collections::BTreeMap;
use std::fs;

use backstay::observe::{State, read};
use backstay::plan::{Address, Plan, Resource};
use backstay::policy::parse;
use backstay::source::Sources;
use serde_json::Value;

use super::support::{Output, Workspace};

/// What a policy asks for.
fn plan(policy: &str) -> Plan {
    let mut sources = Sources::default();
    sources.add("policy.yaml", policy);
    let (workspace, findings) = parse(sources);
    assert!(workspace.is_complete(), "{findings:#?}");
    backstay::plan::plan(&backstay::resolve::resolve(&workspace))
}

/// What one run saw, and what it printed.
struct Observed {
    plan: Plan,
    seen: BTreeMap<Address, State>,
    output: Output,
}

/// Runs `backstay drift` with only this environment, and reads what it recorded.
fn observe(policy: &str, environment: &[(&str, &str)]) -> Observed {
    let workspace = Workspace::new().policy("policy.yaml", policy);
    let workspace = environment
        .iter()
        .fold(workspace, |workspace, (key, value)| {
            workspace.env(key, value)
        });
    let output = workspace.run(["drift", "--record", "record.json"]);
    let record = workspace.path().join("record.json");
    let seen = read(&record).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let record = fs::read_to_string(record).unwrap();
    for text in [&record, &output.stdout, &output.stderr] {
        assert_no_secret(text);
    }
    Observed {
        plan: plan(policy),
        seen: seen.0,
        output,
    }
}

/// What the servers of these tests know as credentials; none may be told to anyone else.
const SECRETS: [&str; 3] = [
    "very-secret-key",
    "very-secret-token",
    "very-secret-password",
];

fn assert_no_secret(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

impl Observed {
    /// The observation itself, of a run that ended with this code.
    #[track_caller]
    fn expect_code(mut self, code: i32) -> Observed {
        self.output = self.output.expect_code(code);
        self
    }

    fn resource(&self, name: &str) -> &Resource {
        let mut all = self.plan.resources.iter();
        all.find(|resource| resource.address.name == name).unwrap()
    }

    fn state(&self, name: &str) -> &State {
        &self.seen[&self.resource(name).address]
    }

    /// The live tree of a resource that was found.
    fn live(&self, name: &str) -> &Value {
        match self.state(name) {
            State::Found(found) => &found.live,
            other => panic!("{name}: {other:?}"),
        }
    }

    fn reason(&self, name: &str) -> &str {
        match self.state(name) {
            State::Unreadable { reason } => reason,
            other => panic!("{name}: {other:?}"),
        }
    }

    fn wanted(&self, name: &str) -> Value {
        self.resource(name).body.tree()
    }
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().unwrap()
}
