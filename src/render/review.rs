//! The workflows of the policy's repository: the review of pull requests, and what looks at the clouds
//! again and again.

use serde::Serialize;

use super::actions::{ACTIONS, Actions};
use super::jobs::workflow::{Aws, Azure, GITHUB};
use super::{RenderError, Renderer, readback};
use crate::cloud::aws::roles::{self, DRIFT_READER};
use crate::plan::{Plan, Review, Worker};

#[derive(Debug, Serialize)]
struct Workflow<'p> {
    /// As the login calls its session.
    task: &'static str,
    branch: &'p str,
    environment: Option<&'p str>,
    action: Option<&'p str>,
    runner: &'static str,
    actions: Actions,
    aws: Option<Aws<'p>>,
    /// Accounts that the login does not reach.
    beyond: Vec<&'p str>,
    azure: Option<Azure<'p>>,
}

impl Renderer<'_> {
    pub(super) fn review(&mut self, plan: &Plan) -> Result<(), RenderError> {
        let Some(review) = &plan.review else {
            return Ok(());
        };
        self.of(review, "review")?;
        // A policy of hosts alone has nothing live to compare.
        match review.aws.is_some() || review.azure.is_some() {
            true => {
                self.of(review, "drift")?;
                self.of(review, "status")
            }
            false => Ok(()),
        }
    }

    fn of(&mut self, review: &Review, task: &'static str) -> Result<(), RenderError> {
        let workflow = Workflow {
            task,
            branch: &review.branch,
            environment: review.environment.as_deref(),
            action: review.action.as_deref(),
            runner: GITHUB,
            actions: ACTIONS,
            aws: review.aws.as_ref().map(|login| Aws {
                role: login
                    .account
                    .as_ref()
                    .map(|account| roles::arn(&login.region, account, DRIFT_READER)),
                region: &login.region,
                seconds: None,
                account: None,
            }),
            beyond: review
                .aws
                .iter()
                .flat_map(|login| &login.beyond)
                .map(String::as_str)
                .collect(),
            azure: review
                .azure
                .as_ref()
                .map(|subscription| Azure::of(Worker::DriftReader, Some(subscription))),
        };
        let path = format!("github/backstay-{task}.yml");
        let text = self
            .templates
            .fill(&format!("github/{task}.yml"), &workflow)?;
        readback::yaml(&path, &text)?;
        self.add(path, text)
    }
}
