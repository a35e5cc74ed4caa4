//! Workflows that review pull requests and look for drift, where the policy names a repository.

use std::collections::BTreeSet;

use super::{Resource, Scope};
use crate::resolve::Estate;

/// What the workflows of the policy's repository need to know.
#[derive(Debug, Clone)]
pub struct Review {
    /// Branch that pull requests go into.
    pub branch: String,
    /// Environment that gives the workflows their identity.
    pub environment: Option<String>,
    /// Action that installs backstay, with its commit. None: it is on the runner.
    pub action: Option<String>,
    /// Account and Region of the first login; None where nothing of AWS is read.
    pub aws: Option<Login>,
    /// Subscription of the login; None where nothing of Azure is read.
    pub azure: Option<String>,
}

/// Who logs in to AWS.
#[derive(Debug, Clone)]
pub struct Login {
    pub region: String,
    /// The account whose reader it is. None: each location names a role of its own, and the login is one
    /// that may take them.
    pub account: Option<String>,
    /// Accounts that it does not reach: others, whose locations name no role.
    pub beyond: BTreeSet<String>,
}

pub(super) fn review(estate: &Estate<'_>, resources: &[Resource]) -> Option<Review> {
    let github = estate.github?;
    let text = |written: &Option<crate::policy::Spanned<String>>| {
        written.as_ref().map(|written| written.value.clone())
    };
    Some(Review {
        branch: github.branch().to_owned(),
        environment: text(&github.environment),
        action: text(&github.action),
        aws: login(resources),
        azure: resources.iter().find_map(|it| match &it.address.scope {
            Scope::Azure { subscription, .. } => Some(subscription.clone()),
            Scope::Aws { .. } => None,
        }),
    })
}

/// Who logs in to AWS first. None: nothing of it is planned.
pub(super) fn login(resources: &[Resource]) -> Option<Login> {
    let login = |resource: &Resource| match &resource.address.scope {
        Scope::Aws { account, region } => Some(Login {
            region: region.clone(),
            account: resource.role.is_none().then(|| account.clone()),
            beyond: BTreeSet::new(),
        }),
        Scope::Azure { .. } => None,
    };
    let logins = || resources.iter().filter_map(login);
    let own = logins().find(|login| login.account.is_some()).map(|own| {
        let others = logins().filter_map(|login| login.account);
        Login {
            beyond: others
                .filter(|it| own.account.as_ref() != Some(it))
                .collect(),
            ..own
        }
    });
    own.or_else(|| logins().next())
}
