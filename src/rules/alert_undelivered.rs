//! # alert-undelivered
//! An alert is asked for and reaches nobody: receivers without events, events without receivers, a
//! topic of SNS for a database that is not on AWS, only Slack for what AWS alone can tell, or topics
//! that exist where a Region with a replica, a copy or a vault has none.
//!
//! **Why.** The file reads as if somebody were told. The first failed backup that nobody hears of is
//! the one that is needed.
//!
//! **Fix.** Give both `to` and `events`. AWS reaches `sns:` and `email:`; a Slack channel hears of it
//! when Amazon Q Developer in chat applications is subscribed to the topic. AWS tells of each Region in
//! that Region: `sns:NAME` is a topic in each, a topic that is named by its ARN serves its own. Outside
//! AWS write `email:` or `slack:`.
use crate::finding::{Code, Finding, Severity};
use crate::policy::{AlertEvent, Receiver};
use crate::resolve::alerts::{Presence, presences, serves, topic_name};
use crate::resolve::{Database, Estate, Resolved, Scope};

pub static CODE: Code = Code::new(
    "alert-undelivered",
    Severity::Warning,
    include_str!("alert_undelivered.rs"),
);

const WHY: &str = "the file reads as if somebody were told";

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in &estate.databases {
        findings.extend(nobody(database).or_else(|| not_everywhere(database, estate)));
    }
}

/// Where only topics that exist are told, and some Region has none.
fn not_everywhere(database: &Database<'_>, estate: &Estate<'_>) -> Option<Finding> {
    let alerts = &database.intent.alerts;
    let told = alerts.to.iter().filter(|to| topic_name(&to.value).is_some());
    let receiver = told.clone().next()?;
    let served = |there: &Presence<'_>| told.clone().any(|to| serves(&to.value, there.site));
    let (served, unserved): (Vec<_>, Vec<_>) = presences(database, estate).into_iter().partition(served);
    let tells = |there: &&Presence<'_>| alerts.events.iter().any(|event| there.tells(event.value));
    let there = unserved.iter().find(tells)?;
    let Scope::Aws { region, .. } = there.site.scope else {
        return None;
    };
    // A topic that serves no Region at all is in the wrong place.
    served.first()?;
    let message = format!("nobody is told what happens to `{}` in {region}", database.name.value);
    Some(
        super::about(&CODE, database, receiver, message)
            .label(there.place, "what is there is told there only")
            .why("AWS publishes alerts to topics of their own Region only")
            .fix(format!("write sns:NAME, which is a topic in each Region, or add one of {region}")),
    )
}

fn nobody(database: &Database<'_>) -> Option<Finding> {
    let alerts = &database.intent.alerts;
    let about = |setting: &Resolved<Receiver>, message: String| {
        super::about(&CODE, database, setting, message).why(WHY)
    };
    let (to, event) = match (alerts.to.first(), alerts.events.first()) {
        (None, None) => return None,
        (Some(to), None) => {
            let message = format!("`{}` is told of nothing", to.value);
            return Some(about(to, message).fix("add `events:` to the alerts"));
        }
        (None, Some(event)) => {
            let message = format!("nobody is told that a backup is `{}`", event.value);
            let finding = super::about(&CODE, database, event, message);
            return Some(finding.why(WHY).fix("add `to:` to the alerts"));
        }
        (Some(to), Some(event)) => (to, event),
    };
    let all = |kind: fn(&Receiver) -> bool| alerts.to.iter().all(|to| kind(&to.value));
    let topic = |to: &Receiver| matches!(to, Receiver::Topic(_) | Receiver::TopicArn(_));
    let slack = |to: &Receiver| matches!(to, Receiver::Slack(_));
    let aws_alone = alerts.events.iter().find(|event| told_by_aws_alone(event.value));
    match (database.site.scope, aws_alone) {
        (Scope::Aws { .. }, Some(event)) if all(slack) => {
            let message = format!("AWS does not write to Slack, and `{}` is AWS's to tell", event.value);
            Some(
                about(to, message)
                    .label(event.place.unwrap_or(database.name.place), "the event")
                    .fix("add an sns: or email: receiver; Slack can be subscribed to a topic"),
            )
        }
        (Scope::Azure { .. } | Scope::Host { .. }, _) if all(topic) => {
            let message = format!("no topic of SNS hears that `{}` is `{}`", database.name.value, event.value);
            Some(
                about(to, message)
                    .label(database.written.at.place, "the database is not on AWS")
                    .fix("add an email: or slack: receiver"),
            )
        }
        _ => None,
    }
}

/// Whether only the service that runs the backup knows.
fn told_by_aws_alone(event: AlertEvent) -> bool {
    match event {
        AlertEvent::Failed | AlertEvent::Missed | AlertEvent::RestoreTestFailed => true,
        AlertEvent::Stale | AlertEvent::Weakened => false,
    }
}
