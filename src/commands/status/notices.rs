//! Whom a bad status is told, and what.

use std::collections::BTreeMap;

use serde_json::json;

use super::super::failure::Failure;
use crate::cloud::aws::arn;
use crate::finding::{Finding, Severity};
use crate::notify::{Notice, Receiver, WebhookUrl, send};
use crate::policy::{AlertEvent, Receiver as Written};
use crate::report::{Report, is_unread};
use crate::resolve::{Database, Estate, Scope};
use crate::source::Sources;
use crate::status::{self, Status, Verdict};

/// The variable that holds a Slack webhook where the channel has none of its own.
const SLACK: &str = "BACKSTAY_SLACK_WEBHOOK";
const WEBHOOK: &str = "BACKSTAY_WEBHOOK";

/// Who is told.
pub(super) enum To {
    /// Whom the policy names in its alerts, of each database what it asks for.
    Policy,
    One(Receiver),
}

/// Reads what `--notify` says, and the secrets that it needs.
///
/// # Errors
/// A word is no receiver, or the variable that holds its secret is missing.
pub(super) fn receivers(words: &[String]) -> Result<Vec<To>, Failure> {
    words.iter().map(|word| receiver(word)).collect()
}

fn receiver(word: &str) -> Result<To, Failure> {
    let (kind, name) = word.split_once(':').unwrap_or((word, ""));
    Ok(match kind {
        "policy" if name.is_empty() => To::Policy,
        "slack" => To::One(slack(name).map_err(Failure::Notify)?),
        "webhook" => {
            let variable = if name.is_empty() { WEBHOOK } else { name };
            To::One(Receiver::Webhook {
                name: variable.to_owned(),
                url: secret(variable).map_err(Failure::Notify)?,
            })
        }
        "sns" if name.starts_with("arn:") => To::One(Receiver::Topic {
            arn: name.to_owned(),
        }),
        // Not repeated: it may be a secret.
        "http" | "https" => {
            return Err(Failure::Notify(
                "--notify takes no URL, since whoever sees the command line could post there: \
                 put it into a variable, and write webhook:VARIABLE"
                    .to_owned(),
            ));
        }
        _ => {
            return Err(Failure::Notify(
                "--notify takes policy, slack:CHANNEL, webhook:VARIABLE or sns:ARN".to_owned(),
            ));
        }
    })
}

/// A channel's own webhook, or the one for all.
fn slack(channel: &str) -> Result<Receiver, String> {
    let letters = channel.chars().map(|c| match c.is_ascii_alphanumeric() {
        true => c.to_ascii_uppercase(),
        false => '_',
    });
    let own = format!("{SLACK}_{}", letters.collect::<String>());
    let own = Some(own).filter(|own| !channel.is_empty() && std::env::var_os(own).is_some());
    Ok(Receiver::Slack {
        name: channel.to_owned(),
        url: secret(own.as_deref().unwrap_or(SLACK))?,
    })
}

fn secret(variable: &str) -> Result<WebhookUrl, String> {
    let text = std::env::var(variable).map_err(|_| {
        format!("the variable {variable} is not set; it holds the URL of the webhook")
    })?;
    let url = text.parse();
    url.map_err(|problem| format!("the variable {variable}: {problem}"))
}

/// Sends what fails or could not be read. Who could not be told is said on standard error.
/// The run has failed anyway, so that changes no exit code.
pub(super) fn tell(to: &[To], report: &Report<'_>, status: &Status, estate: &Estate<'_>) {
    let bad = |finding: &&Finding| {
        report.fails(finding) || (is_unread(finding) && finding.accepted.is_none())
    };
    let mut bad: Vec<&Finding> = report.findings.iter().filter(bad).collect();
    bad.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    if bad.is_empty() {
        return;
    }
    for to in to {
        let notices = match to {
            To::One(receiver) => vec![(receiver.clone(), bad.clone())],
            To::Policy => of_policy(&bad, estate),
        };
        for (receiver, findings) in notices {
            let notice = notice(report, status, &findings);
            if let Err(error) = send(&notice, &receiver) {
                eprintln!("backstay: {receiver} was not told: {error}");
            }
        }
    }
}

/// Each receiver of the policy with what it asked to be told.
fn of_policy<'f>(bad: &[&'f Finding], estate: &Estate<'_>) -> Vec<(Receiver, Vec<&'f Finding>)> {
    let mut notices: BTreeMap<Receiver, Vec<&'f Finding>> = BTreeMap::new();
    for database in &estate.databases {
        let asked: Vec<&Finding> = bad
            .iter()
            .copied()
            .filter(|finding| is_of(finding, database) && is_asked(finding, database))
            .collect();
        if asked.is_empty() {
            continue;
        }
        for to in &database.intent.alerts.to {
            match written(&to.value, database) {
                Ok(receiver) => notices.entry(receiver).or_default().extend(&asked),
                Err(problem) => eprintln!("backstay: {} was not told: {problem}", to.value),
            }
        }
    }
    notices.into_iter().collect()
}

/// Its place, or a label, is the database's name.
fn is_of(finding: &Finding, database: &Database<'_>) -> bool {
    let labels = finding.labels.iter().map(|(place, _)| *place);
    let mut places = finding.place.into_iter().chain(labels);
    places.any(|place| place == database.name.place)
}

fn is_asked(finding: &Finding, database: &Database<'_>) -> bool {
    let event = match status::is_of_a_drill(finding) {
        true => AlertEvent::RestoreTestFailed,
        false => AlertEvent::Stale,
    };
    let events = &database.intent.alerts.events;
    events.iter().any(|asked| asked.value == event)
}

fn written(to: &Written, database: &Database<'_>) -> Result<Receiver, String> {
    match (to, database.site.scope) {
        (Written::Slack(channel), _) => slack(channel),
        (Written::TopicArn(arn), _) => Ok(Receiver::Topic { arn: arn.clone() }),
        (
            Written::Topic(name),
            Scope::Aws {
                account, region, ..
            },
        ) => Ok(Receiver::Topic {
            arn: arn("sns", region, account, name),
        }),
        (Written::Topic(_), _) => Err("the database is not where a topic of SNS is".to_owned()),
        (Written::Email(_), _) => Err("e-mails come from the clouds' own alerts only".to_owned()),
    }
}

fn notice(report: &Report<'_>, status: &Status, findings: &[&Finding]) -> Notice {
    let sources = report.sources;
    let verdicts = Verdict::ALL.into_iter().filter(|verdict| verdict.is_bad());
    let verdicts: Vec<String> = verdicts
        .map(|verdict| (status.count(verdict), verdict.name()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    let title = match verdicts.is_empty() {
        true => format!("backstay status: {}", report.totals()),
        false => format!("backstay status: {}", verdicts.join(", ")),
    };
    let details = findings.iter().map(|finding| {
        json!({
            "code": finding.code.name,
            "severity": finding.severity,
            "message": finding.message,
            "place": place(sources, finding),
            "why": finding.why,
            "fix": finding.fix,
        })
    });
    Notice {
        lines: findings
            .iter()
            .map(|finding| line(sources, finding))
            .collect(),
        details: json!({
            "version": 1,
            "command": report.command,
            "title": title,
            "now": status.now.to_string(),
            "complete": status.unreadable == 0,
            "findings": details.collect::<Vec<_>>(),
        }),
        title,
    }
}

fn line(sources: &Sources, finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    };
    let place = place(sources, finding).map(|place| format!(" ({place})"));
    let message = &finding.message;
    format!("{severity}: {message}{}", place.unwrap_or_default())
}

fn place(sources: &Sources, finding: &Finding) -> Option<String> {
    Some(sources.link(finding.place?))
}
