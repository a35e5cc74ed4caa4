//! Who may take a role.

use serde_json::json;

use super::{TakenBy, Wanted, home};
use crate::cloud::aws::{PolicyDocument, partition};
use crate::policy::{GitHub, ISSUER, Subjects};
use crate::resolve::Estate;

/// None: the policy does not say who.
pub(super) fn trust(estate: &Estate<'_>, wanted: &Wanted) -> Option<PolicyDocument> {
    match wanted.taken_by {
        TakenBy::Workflows => {
            let region = home(estate, &wanted.account)?.region;
            let partition = partition(region);
            let account = &wanted.account;
            let issuer = issuer();
            let provider = format!("arn:{partition}:iam::{account}:oidc-provider/{issuer}");
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
    let issuer = issuer();
    let Subjects {
        by_name,
        by_number,
        pattern,
    } = github.subjects();
    // Where the policy has no numbers, any will do.
    let operator = match by_number {
        Some(_) => "StringEquals",
        None => "StringLike",
    };
    let mut condition = json!({ "StringEquals": { format!("{issuer}:aud"): "sts.amazonaws.com" } });
    condition[operator][format!("{issuer}:sub")] = json!([by_name, pattern]);
    PolicyDocument::new([json!({
        "Sid": "Workflows",
        "Effect": "Allow",
        "Principal": { "Federated": provider },
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    })])
}

/// AWS names an identity provider without its scheme.
fn issuer() -> &'static str {
    ISSUER.trim_start_matches("https://")
}
