//! Live reading over the wire: the real clients against local servers.
//!
//! Each observation runs in a process of its own, with the environment that a user would set, since
//! the clients take endpoints and credentials from there.

mod access;
mod alerts;
mod aws;
mod azure;
mod moto;
mod rds;
mod s3;

use std::process::Command;

use backstay::observe::{State, live, write};
use backstay::plan::Address;
use backstay::plan::{Plan, Resource};
use backstay::policy::parse;
use backstay::source::Sources;
use serde_json::Value;
use std::collections::BTreeMap;

const POLICY: &str = "BACKSTAY_TEST_POLICY";
const RECORD: &str = "BACKSTAY_TEST_RECORD";

/// What a policy asks for.
fn plan(policy: &str) -> Plan {
    let mut sources = Sources::default();
    sources.add("policy.yaml", policy);
    let (workspace, findings) = parse(sources);
    assert!(workspace.is_complete(), "{findings:#?}");
    backstay::plan::plan(&backstay::resolve::resolve(&workspace))
}

/// What one observation saw, and what it said meanwhile.
struct Observed {
    plan: Plan,
    seen: BTreeMap<Address, State>,
    stderr: String,
}

/// Observes in a child process whose environment is only this.
fn observe(policy: &str, environment: &[(&str, &str)]) -> Observed {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    std::fs::write(file("policy.yaml"), policy).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "wire::child", "--ignored", "--nocapture"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder.path())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env(POLICY, file("policy.yaml"))
        .env(RECORD, file("record.json"))
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{stderr}");
    let record = std::fs::read_to_string(file("record.json")).unwrap();
    assert_no_secret(&record);
    assert_no_secret(&stderr);
    Observed {
        plan: plan(policy),
        seen: states(&record),
        stderr,
    }
}

/// The states of a record. Each entry has the parts of its address beside those of its state.
fn states(record: &str) -> BTreeMap<Address, State> {
    let record: Value = serde_json::from_str(record).unwrap();
    let entries = record["resources"].as_array().unwrap().iter();
    let pair = |entry: &Value| {
        let address: Address = serde_json::from_value(entry.clone()).unwrap();
        let mut state = entry.as_object().unwrap().clone();
        for part in serde_json::to_value(&address)
            .unwrap()
            .as_object()
            .unwrap()
            .keys()
        {
            state.remove(part);
        }
        (address, serde_json::from_value(state.into()).unwrap())
    };
    entries.map(pair).collect()
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

#[test]
#[ignore = "runs as a child of the other tests"]
fn child() {
    let (Some(policy), Some(record)) = (std::env::var_os(POLICY), std::env::var_os(RECORD)) else {
        return;
    };
    let plan = plan(&std::fs::read_to_string(policy).unwrap());
    let seen = live::observe(&plan, &|line| eprintln!("progress: {line}")).unwrap();
    std::fs::write(record, write(&seen, &plan).unwrap()).unwrap();
}

impl Observed {
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
