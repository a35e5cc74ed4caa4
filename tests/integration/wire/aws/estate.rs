//! An estate as its owners have it: the policy, what is rendered of it, and an AWS into which just
//! that was deployed, by CloudFormation where the simulator keeps the property and by the matching
//! call where it drops it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::support::{Aws, Output, Workspace, path_variable, tools};

pub const MODIFY: &str = "aws rds modify-db-instance --region us-east-1 --db-instance-identifier";
pub const DEPLOY_DATABASE: &str = "aws cloudformation deploy --region us-east-1 \
     --stack-name backstay-train-tracker-prod \
     --template-file generated/aws/us-east/train-tracker-prod.yaml";
pub const DEPLOY_DUMPS: &str = "aws cloudformation deploy --region us-west-2 \
     --stack-name backstay-dumps --template-file generated/aws/us-west/dumps.yaml";
pub const PUT_LIFECYCLE: &str = "aws s3api put-bucket-lifecycle-configuration --region us-west-2 \
     --expected-bucket-owner 123456789012 --bucket train-tracker-backups \
     --lifecycle-configuration file://generated/lifecycle/dumps.json";

const DATABASE: &str = include_str!("../../../fixtures/wire/database.yaml");
const DUMPS: &str = include_str!("../../../fixtures/wire/dumps.yaml");

/// What moto takes in a template and does not keep.
const DROPPED: [(&str, &str); 4] = [
    ("train-tracker-db-prod", "--deletion-protection"),
    ("train-tracker-db-read-1", "--deletion-protection"),
    ("train-tracker-db-read-2", "--deletion-protection"),
    (
        "train-tracker-db-prod",
        "--cloudwatch-logs-export-configuration \
         EnableLogTypes=postgresql,upgrade",
    ),
];

/// Of itself the AWS CLI takes no other endpoint for RDS in us-east-1.
const AWS_CLI: &str = r#"#!/bin/sh
case $1 in s3api) url=$AWS_ENDPOINT_URL_S3 ;; *) url=$AWS_ENDPOINT_URL ;; esac
exec "$TOOLS/python" "$TOOLS/aws" --endpoint-url "$url" "$@"
"#;

pub struct Estate {
    pub workspace: Workspace,
    /// They end with the estate.
    _servers: Vec<Aws>,
}

/// One difference that a run told.
#[derive(Debug, PartialEq)]
pub struct Told {
    /// Kind, resource with the property, and place in the policy.
    pub what: String,
    pub restore: Option<String>,
}

impl Told {
    pub fn new(what: &str, restore: &str) -> Told {
        Told {
            what: what.to_owned(),
            restore: (!restore.is_empty()).then(|| restore.to_owned()),
        }
    }
}

const TAG_KEY: &str = "aws kms tag-resource --region us-east-1 --key-id \
    \"$(aws kms describe-key --region us-east-1 --key-id alias/backstay/train-tracker-prod \
    --query KeyMetadata.KeyId --output text)\" \
    --tags TagKey=owner,TagValue=platform TagKey=service,TagValue=train-tracker";

impl Estate {
    /// The database and the bucket, in an AWS of two simulators: S3 is ministack's, the rest moto's.
    pub fn whole() -> Estate {
        let estate = Estate::rendered(vec![Aws::moto(), Aws::ministack()])
            .policy("database.yaml", DATABASE)
            .policy("dumps.yaml", DUMPS);
        let rendered = estate.run(&["render"], 0).stderr;
        assert!(rendered.contains(DEPLOY_DATABASE), "{rendered}");
        let file = "generated/aws/us-east/train-tracker-prod.yaml";
        let template = fs::read_to_string(estate.workspace.path().join(file)).unwrap();
        let taken = estate.workspace.path().join("taken.json");
        fs::write(taken, as_moto_takes_it(&template)).unwrap();
        estate.shell(&DEPLOY_DATABASE.replace(file, "taken.json"));
        estate.shell(TAG_KEY);
        for (instance, options) in DROPPED {
            estate.shell(&format!("{MODIFY} {instance} {options}"));
        }
        // The stack is asked of moto and the bucket of ministack.
        estate.shell(DEPLOY_DUMPS);
        estate.shell(&format!(
            "AWS_ENDPOINT_URL=$AWS_ENDPOINT_URL_S3; {DEPLOY_DUMPS}"
        ));
        estate.shell(PUT_LIFECYCLE);
        estate
    }

    /// The bucket alone, in an AWS that is all ministack's, which takes the template as rendered.
    pub fn dumps() -> Estate {
        let estate = Estate::rendered(vec![Aws::ministack()]).policy("dumps.yaml", DUMPS);
        let rendered = estate.run(&["render"], 0).stderr;
        assert!(rendered.contains(DEPLOY_DUMPS), "{rendered}");
        estate.shell(DEPLOY_DUMPS);
        estate.shell(PUT_LIFECYCLE);
        estate
    }

    /// An empty workspace beside these simulators; the last one is S3's.
    fn rendered(servers: Vec<Aws>) -> Estate {
        let workspace = Workspace::new().file("bin/aws", AWS_CLI);
        let bin = workspace.path().join("bin");
        fs::set_permissions(bin.join("aws"), fs::Permissions::from_mode(0o755)).unwrap();
        let mut workspace = workspace
            .env("PATH", path_variable(&[&bin]))
            .env("TOOLS", tools().join("venv/bin"));
        if let (Some(main), Some(s3)) = (servers.first(), servers.last()) {
            workspace = workspace.env("AWS_ENDPOINT_URL_S3", &s3.url);
            for (name, value) in main.environment() {
                workspace = workspace.env(name, value);
            }
        }
        Estate {
            workspace,
            _servers: servers,
        }
    }

    fn policy(mut self, name: &str, text: &str) -> Estate {
        self.workspace = self.workspace.policy(name, text);
        self
    }

    /// Somebody edits a policy file: the one `from` in it becomes `to`.
    pub fn edit(&self, name: &str, from: &str, to: &str) {
        let path = self.workspace.path().join("policies").join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{from} in {name}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    /// What somebody does by hand.
    #[track_caller]
    pub fn shell(&self, line: &str) -> Output {
        self.workspace.execute("sh", ["-euc", line]).expect_code(0)
    }

    #[track_caller]
    pub fn run(&self, arguments: &[&str], code: i32) -> Output {
        self.workspace.run(arguments).expect_code(code)
    }

    #[track_caller]
    pub fn is_clean(&self) {
        assert_eq!(self.run(&["drift"], 0).stdout, "");
    }

    /// The exit code of a run, and what it tells apart from what is never compared.
    pub fn told(&self) -> (i32, Vec<Told>) {
        let output = self.workspace.run(["drift", "--format", "json"]);
        let report: Value = serde_json::from_str(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {output:?}"));
        let findings = report["findings"].as_array().unwrap().iter();
        let told = findings
            .filter(|finding| finding["drift"]["kind"] != "not_compared")
            .map(told);
        (output.code, told.collect())
    }

    /// Does something by hand, is told just that, and undoes it by the command that it was told.
    #[track_caller]
    pub fn tells(&self, done: &str, what: &str, code: i32, restore: &str) {
        self.shell(done);
        let expected = (code, vec![Told::new(what, restore)]);
        assert_eq!(self.told(), expected, "after {done}");
        self.shell(restore);
    }
}

fn told(finding: &Value) -> Told {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (drift, place) = (&finding["drift"], &finding["place"]);
    let (kind, resource) = (text(&drift["kind"]), text(&drift["resource"]));
    let name = resource.rsplit(' ').next().unwrap_or_default();
    let property = text(&drift["property"]);
    let file = text(&place["file"]);
    let (line, column) = (&place["line"], &place["column"]);
    Told {
        what: format!("{kind} {name}{property} {file}:{line}:{column}"),
        restore: drift["restore"].as_str().map(str::to_owned),
    }
}

/// moto gives outputs no attributes of an instance, knows the tags of a key by other words than
/// CloudFormation's, and takes a key's policy as text only.
fn as_moto_takes_it(template: &str) -> String {
    let mut template: Value = serde_yaml::from_str(template).unwrap();
    template.as_object_mut().unwrap().remove("Outputs");
    let resources = template["Resources"].as_object_mut().unwrap();
    for resource in resources.values_mut() {
        let key = resource["Type"] == "AWS::KMS::Key";
        let properties = resource["Properties"].as_object_mut().unwrap();
        if key {
            properties.remove("Tags");
            let policy = properties["KeyPolicy"].to_string();
            properties.insert("KeyPolicy".to_owned(), policy.into());
        }
    }
    template.to_string()
}
