//! Who may take a role.

use serde_json::json;

use super::{TakenBy, Wanted, home};
use crate::cloud::aws::{PolicyDocument, partition};
use crate::policy::GitHub;
use crate::resolve::Estate;

/// Who signs the identities of workflows.
const ISSUER: &str = "token.actions.githubusercontent.com";

/// The branch of workflows that are scheduled.
const BRANCH: &str = "main";

/// None: the policy does not say who.
pub(super) fn trust(estate: &Estate<'_>, wanted: &Wanted) -> Option<PolicyDocument> {
    match wanted.taken_by {
        TakenBy::Workflows => {
            let region = home(estate, &wanted.account)?.region;
            let partition = partition(region);
            let account = &wanted.account;
            let provider = format!("arn:{partition}:iam::{account}:oidc-provider/{ISSUER}");
            Some(workflows(estate.github?, &provider))
        }
        TakenBy::Exports => Some(PolicyDocument::new([json!({
            "Sid": "Exports",
            "Effect": "Allow",
            "Principal": { "Service": "export.rds.amazonaws.com" },
            "Action": "sts:AssumeRole",
        })])),
        TakenBy::Others => None,
    }
}

/// Workflows of one repository, from one branch or for one environment.
fn workflows(github: &GitHub, provider: &str) -> PolicyDocument {
    let (operator, subjects) = subjects(github);
    let mut condition = json!({ "StringEquals": { format!("{ISSUER}:aud"): "sts.amazonaws.com" } });
    condition[operator][format!("{ISSUER}:sub")] = json!(subjects);
    PolicyDocument::new([json!({
        "Sid": "Workflows",
        "Effect": "Allow",
        "Principal": { "Federated": provider },
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    })])
}

/// Both forms that GitHub writes a subject in: by names, and for repositories made after 2026-07-15
/// by names and numbers. A name can be taken by somebody else one day, a number cannot; where the
/// policy has no numbers, any will do.
/// Source: "OpenID Connect reference" in the documentation of GitHub Actions.
fn subjects(github: &GitHub) -> (&'static str, [String; 2]) {
    let repository = &github.repository.value;
    let (owner, name) = (&repository.owner, &repository.name);
    let id = |id: &Option<crate::policy::Spanned<String>>| id.as_ref().map(|id| id.value.clone());
    let part = match &github.environment {
        Some(environment) => format!("environment:{}", environment.value),
        None => {
            let branch = github.branch.as_ref().map(|branch| branch.value.as_str());
            format!("ref:refs/heads/{}", branch.unwrap_or(BRANCH))
        }
    };
    let ids = (id(&github.owner_id), id(&github.repository_id));
    let operator = match &ids {
        (Some(_), Some(_)) => "StringEquals",
        _ => "StringLike",
    };
    let any = || "*".to_owned();
    let (owner_id, id) = (ids.0.unwrap_or_else(any), ids.1.unwrap_or_else(any));
    (
        operator,
        [
            format!("repo:{owner}/{name}:{part}"),
            format!("repo:{owner}@{owner_id}/{name}@{id}:{part}"),
        ],
    )
}
