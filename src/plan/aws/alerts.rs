//! What AWS tells and whom: topics, subscriptions to RDS's events, rules on AWS Backup's, alarms.

mod jobs;
mod topics;

use indexmap::IndexMap;

use super::super::{Purpose, Resource};
use super::Region;
use crate::policy::Receiver;
use crate::resolve::Estate;
use crate::resolve::alerts::{Route, routes};
use crate::source::Place;

/// The name of the stack, and of its resources to drift.
const NAME: &str = "alerts";

/// How many topics one rule or alarm can publish to.
/// Source: quotas of EventBridge (targets for each rule) and CloudWatch (actions for each alarm).
const AT_MOST: usize = 5;

/// The alerts of every account's Region that has databases, replicas, copies or vaults, where somebody
/// is to be told.
pub(in crate::plan) fn alerts(estate: &Estate<'_>, resources: &mut Vec<Resource>) {
    let routes = routes(estate);
    let mut regions: IndexMap<(&str, &str), Alerts<'_, '_>> = IndexMap::new();
    for route in &routes {
        let Some(region) = Region::of(route.site) else {
            continue;
        };
        let here = regions
            .entry((region.account, region.region))
            .or_insert_with(|| Alerts {
                region,
                routes: Vec::new(),
            });
        here.routes.push(route);
    }
    for here in regions.values() {
        resources.extend(here.topics());
        resources.extend(here.subscriptions());
        resources.extend(here.rules());
        resources.extend(here.alarms());
    }
}

/// The alerts of one account's Region.
struct Alerts<'r, 'e> {
    region: Region<'e>,
    routes: Vec<&'r Route<'e>>,
}

impl<'r, 'e> Alerts<'r, 'e> {
    fn resource(
        &self,
        logical_id: &str,
        id: &str,
        body: impl Into<super::Body>,
        place: Place,
    ) -> Resource {
        let owner = self.region.stack(Purpose::Alerts, NAME, logical_id);
        self.region.resource(NAME, id, body, owner, place)
    }

    fn topic(&self, route: &Route<'_>) -> Topic {
        Topic {
            arn: match route.receiver {
                Receiver::TopicArn(arn) => arn.clone(),
                _ => self.region.arn("sns", &route.topic),
            },
            name: route.topic.clone(),
            place: route.place,
        }
    }
}

/// A topic that is published to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Topic {
    name: String,
    arn: String,
    place: Place,
}

fn numbered(name: String, number: usize) -> String {
    match number {
        0 => name,
        number => format!("{name}-{}", number + 1),
    }
}
