//! A policy, what is rendered of it, and an AWS into which it is deployed by hand.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Aws, Output, Workspace, path_variable, tools};

/// Of itself the AWS CLI takes no other endpoint for RDS in us-east-1.
const AWS_CLI: &str = r#"#!/bin/sh
exec "$TOOLS/python" "$TOOLS/aws" --endpoint-url "$AWS_ENDPOINT_URL" "$@"
"#;

pub struct Cloud {
    workspace: Workspace,
    environment: Vec<(OsString, OsString)>,
    /// It ends with the cloud.
    _server: Option<Aws>,
}

/// What one run of `backstay drift` told: kind, type and name with the property, and line:column.
pub struct Told {
    pub what: Vec<String>,
    pub restore: Vec<Option<String>>,
    pub output: Output,
}

impl Told {
    /// Forgets what is not about a type of resources.
    pub fn keep(&mut self, kind: &str) {
        let kept: Vec<bool> = self.what.iter().map(|what| what.contains(kind)).collect();
        let mut keep = kept.iter();
        self.what.retain(|_| keep.next() == Some(&true));
        let mut keep = kept.iter();
        self.restore.retain(|_| keep.next() == Some(&true));
    }
}

impl Cloud {
    pub fn ministack(policy: &str) -> Cloud {
        Cloud::of(policy, Aws::ministack())
    }

    pub fn moto(policy: &str) -> Cloud {
        Cloud::of(policy, Aws::moto())
    }

    /// A server that the test has, or none at all.
    pub fn at(policy: &str, url: &str) -> Cloud {
        Cloud::reaching(policy, url, None)
    }

    fn of(policy: &str, server: Aws) -> Cloud {
        let url = server.url.clone();
        Cloud::reaching(policy, &url, Some(server))
    }

    fn reaching(policy: &str, url: &str, server: Option<Aws>) -> Cloud {
        let workspace = Workspace::new()
            .policy("p.yaml", policy)
            .file("bin/aws", AWS_CLI);
        let bin = workspace.path().join("bin");
        fs::set_permissions(bin.join("aws"), fs::Permissions::from_mode(0o755)).unwrap();
        let mut cloud = Cloud {
            workspace,
            environment: vec![
                ("PATH".into(), path_variable(&[&bin])),
                ("TOOLS".into(), tools().join("venv/bin").into()),
            ],
            _server: server,
        };
        for (name, value) in [
            ("AWS_ENDPOINT_URL", url),
            ("AWS_ACCESS_KEY_ID", Aws::ACCOUNT),
            ("AWS_SECRET_ACCESS_KEY", "very-secret-key"),
            ("AWS_MAX_ATTEMPTS", "1"),
        ] {
            cloud.workspace = cloud.workspace.env(name, value);
            cloud.environment.push((name.into(), value.into()));
        }
        cloud.run(&["render"], 0);
        cloud
    }

    #[track_caller]
    pub fn run(&self, arguments: &[&str], code: i32) -> Output {
        self.workspace.run(arguments).expect_code(code)
    }

    /// A rendered file.
    pub fn rendered(&self, path: &str) -> String {
        fs::read_to_string(self.workspace.path().join("generated").join(path)).unwrap()
    }

    pub fn write(&self, path: &str, text: &str) {
        fs::write(self.workspace.path().join(path), text).unwrap();
    }

    /// What somebody does by hand, in the folder of the policy.
    #[track_caller]
    pub fn shell(&self, line: &str) -> String {
        let output = Command::new("sh")
            .args(["-euc", line])
            .current_dir(self.workspace.path())
            .env_clear()
            .envs(self.environment.iter().cloned())
            .env("HOME", self.workspace.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Output::of(output).expect_code(0).stdout
    }

    /// Deploys what is rendered, by the command that rendering prints.
    #[track_caller]
    pub fn deploy(&self, stack: &str, region: &str, file: &str) {
        self.shell(&format!(
            "aws cloudformation deploy --region {region} --stack-name {stack} --template-file {file}"
        ));
    }

    pub fn told(&self) -> Told {
        let output = self.workspace.run(["drift", "--format", "json"]);
        let report: Value = serde_json::from_str(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {output:?}"));
        for text in [&output.stdout, &output.stderr] {
            assert!(!text.contains("very-secret-key"), "{text}");
        }
        let findings = report["findings"].as_array().unwrap().iter();
        let findings: Vec<&Value> = findings
            .filter(|finding| finding["drift"]["kind"] != "not_compared")
            .collect();
        Told {
            what: findings.iter().map(|finding| what(finding)).collect(),
            restore: findings
                .iter()
                .map(|finding| finding["drift"]["restore"].as_str().map(str::to_owned))
                .collect(),
            output,
        }
    }

    #[track_caller]
    pub fn is_clean(&self) {
        assert_eq!(self.run(&["drift"], 0).stdout, "");
    }

    /// Does something by hand, is told just that, and undoes it by the commands that it was told.
    #[track_caller]
    pub fn tells(&self, done: &str, what: &[&str]) {
        self.shell(done);
        let told = self.told();
        assert_eq!(told.what, what, "after {done}");
        for command in told.restore.iter().flatten() {
            self.shell(command);
        }
    }
}

/// `weakened AWS::KMS::Key alias/backstay/orders/Enabled 7:5`, or `unreadable` and the message.
fn what(finding: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (drift, place) = (&finding["drift"], &finding["place"]);
    let (line, column) = (&place["line"], &place["column"]);
    if drift.is_null() {
        return format!(
            "{} {line}:{column}: {}",
            text(&finding["code"]),
            text(&finding["message"])
        );
    }
    // Of the provider, account and Region the tests know.
    let resource = text(&drift["resource"]);
    let resource: Vec<&str> = resource.split(' ').skip(3).collect();
    format!(
        "{} {}{} {line}:{column}",
        text(&drift["kind"]),
        resource.join(" "),
        text(&drift["property"])
    )
}
