//! The commands that put a whole document of AWS again.

use crate::cloud::Command;
use crate::plan::{Body, Resource};

/// None: the resource has no document of its own.
pub(super) fn put(resource: &Resource, region: &str, pointer: &str) -> Option<Command> {
    let aws = |service: &str, verb: &str| Command::new(["aws", service, verb, "--region", region]);
    Some(match &resource.body {
        Body::TopicPolicy(body) => aws("sns", "set-topic-attributes").args([
            "--topic-arn",
            &body.topic_arn,
            "--attribute-name",
            "Policy",
            "--attribute-value",
            &json(&body.policy_document),
        ]),
        // A rule is put whole: what is not said is forgotten.
        Body::Rule(body) => aws("events", "put-rule").args([
            "--name",
            &body.name,
            "--state",
            &body.state,
            "--event-pattern",
            &json(body.event_pattern.as_ref()?),
        ]),
        Body::Role(body) => {
            let command = |verb| Command::new(["aws", "iam", verb, "--role-name", &body.role_name]);
            match pointer.split('/').nth(1)? {
                "AssumeRolePolicyDocument" => command("update-assume-role-policy").args([
                    "--policy-document",
                    &json(&body.assume_role_policy_document),
                ]),
                _ => {
                    let policy = body.policies.first()?;
                    command("put-role-policy")
                        .args(["--policy-name", &policy.policy_name])
                        .args(["--policy-document", &json(&policy.policy_document)])
                }
            }
        }
        _ => return None,
    })
}

fn json(document: &impl serde::Serialize) -> String {
    // Maps with text keys always serialise.
    serde_json::to_string(document).unwrap_or_default()
}
