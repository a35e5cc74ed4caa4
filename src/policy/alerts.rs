//! Who is told of what.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::spanned::Spanned;
use crate::cloud::aws::limits::topic_name_problem;
use crate::cloud::text_type;

/// Who is told of what.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alerts {
    /// Receivers: sns:TOPIC (rendered in each Region with something of the database), sns:ARN of a
    /// topic that exists, email:ADDRESS or slack:CHANNEL.
    pub to: Option<Vec<Spanned<Receiver>>>,
    /// Events that are told: failed (a backup or copy), missed (one that never started), stale (the
    /// newest backup is too old), restore_test_failed, weakened (protection was taken away).
    pub events: Option<Vec<Spanned<AlertEvent>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertEvent {
    Failed,
    Missed,
    Stale,
    RestoreTestFailed,
    Weakened,
}

/// One who is told.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Receiver {
    Slack(String),
    /// A topic of SNS, by its name.
    Topic(String),
    /// A topic that exists, by its ARN.
    TopicArn(String),
    /// An address, in lower case.
    Email(String),
}

/// Why a text names no receiver.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiverError {
    #[error("`{0}` is not a receiver: write sns:TOPIC, email:ADDRESS or slack:CHANNEL")]
    Form(String),
    #[error("`{0}` is not an e-mail address: write name@domain")]
    Email(String),
    #[error("`{0}` is not a Slack channel: write its name without #, as slack:database-alerts")]
    Slack(String),
    #[error("`{0}` is not a topic of SNS: {1}")]
    Topic(String, &'static str),
    #[error("`{0}` is not the ARN of a topic: write arn:aws:sns:REGION:ACCOUNT:NAME")]
    Arn(String),
}

impl FromStr for Receiver {
    type Err = ReceiverError;

    fn from_str(text: &str) -> Result<Self, ReceiverError> {
        let (kind, name) = text
            .split_once(':')
            .ok_or_else(|| ReceiverError::Form(text.to_owned()))?;
        let name = name.to_owned();
        match kind {
            "slack" if is_channel(&name) => Ok(Receiver::Slack(name)),
            "slack" => Err(ReceiverError::Slack(name)),
            "email" if is_address(&name) => Ok(Receiver::Email(name.to_ascii_lowercase())),
            "email" => Err(ReceiverError::Email(name)),
            "sns" if name.starts_with("arn:") => match topic_of(&name) {
                Some(_) => Ok(Receiver::TopicArn(name)),
                None => Err(ReceiverError::Arn(name)),
            },
            "sns" => match topic_name_problem(&name) {
                Some(problem) => Err(ReceiverError::Topic(name, problem)),
                None => Ok(Receiver::Topic(name)),
            },
            _ => Err(ReceiverError::Form(text.to_owned())),
        }
    }
}

/// Region, account and name in a topic's ARN.
pub fn topic_of(arn: &str) -> Option<(&str, &str, &str)> {
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", partition, "sns", region, account, name] = parts[..] else {
        return None;
    };
    let word = |text: &str| {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        !text.is_empty() && text.bytes().all(plain)
    };
    let account_id = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    let sound = word(partition) && partition.starts_with("aws") && word(region) && account_id;
    (sound && topic_name_problem(name).is_none()).then_some((region, account, name))
}

/// Slack's own names of channels: at most 80 letters, digits and `. _ -`; ids have capitals.
fn is_channel(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    (1..=80).contains(&text.len()) && text.chars().all(plain)
}

/// The longest address: the name of its topic is made of it.
const ADDRESS: usize = 200;

/// What every mail server takes and no shell or template reads: quoted local parts are left out.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let dotted = |text: &str, more: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
        text.split('.')
            .all(|part| !part.is_empty() && part.chars().all(plain))
    };
    let labels = domain.split('.');
    local.len() <= 64
        && text.len() <= ADDRESS
        && dotted(local, "+_-")
        && dotted(domain, "-")
        && labels.clone().count() > 1
        && labels
            .into_iter()
            .all(|label| !label.starts_with('-') && !label.ends_with('-'))
}

impl fmt::Display for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Receiver::Slack(name) => write!(f, "slack:{name}"),
            Receiver::Topic(name) | Receiver::TopicArn(name) => write!(f, "sns:{name}"),
            Receiver::Email(name) => write!(f, "email:{name}"),
        }
    }
}

impl fmt::Display for AlertEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AlertEvent::Failed => "failed",
            AlertEvent::Missed => "missed",
            AlertEvent::Stale => "stale",
            AlertEvent::RestoreTestFailed => "restore_test_failed",
            AlertEvent::Weakened => "weakened",
        })
    }
}

text_type!(
    Receiver,
    "Receiver",
    "backstay-receiver",
    "sns:TOPIC, sns: and the ARN of a topic that exists, email:ADDRESS, or slack:CHANNEL.",
    [
        "sns:db-oncall",
        "email:dba@example.com",
        "slack:database-alerts"
    ]
);
