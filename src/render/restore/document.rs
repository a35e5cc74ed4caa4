//! The commands that put a whole document of AWS again.

use crate::cloud::Command;
use crate::plan::{Body, Resource};

/// None: the resource has no document of its own.
pub(super) fn put(resource: &Resource, region: &str) -> Option<Command> {
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
        _ => return None,
    })
}

fn json(document: &impl serde::Serialize) -> String {
    // Maps with text keys always serialise.
    serde_json::to_string(document).unwrap_or_default()
}
