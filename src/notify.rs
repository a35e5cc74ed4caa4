//! Notices: the only thing that backstay ever sends, and only where it is asked to. What it sends is
//! what a report says; where it sends it to is a secret, which nothing here shows.

mod topic;
mod webhook;

use std::fmt;

use serde_json::Value;

pub use webhook::{UrlError, WebhookUrl};

/// What is told.
#[derive(Debug, Clone)]
pub struct Notice {
    /// One line.
    pub title: String,
    /// What it is about, the worst first.
    pub lines: Vec<String>,
    /// The same for programs.
    pub details: Value,
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Receiver {
    /// A channel of Slack, by its incoming webhook.
    Slack { name: String, url: WebhookUrl },
    /// Whatever takes JSON.
    Webhook { name: String, url: WebhookUrl },
    /// A topic of SNS.
    Topic { arn: String },
}

impl fmt::Display for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Receiver::Slack { name, .. } => write!(f, "slack:{name}"),
            Receiver::Webhook { name, .. } => write!(f, "webhook:{name}"),
            Receiver::Topic { arn } => write!(f, "sns:{arn}"),
        }
    }
}

/// Why a notice was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    #[error("HTTP {0}")]
    Status(u16),
    #[error("{0}")]
    Transport(String),
    #[error("{0} is not the ARN of a topic")]
    Arn(String),
    #[error("cannot start the runtime that sends it: {0}")]
    Runtime(#[from] std::io::Error),
}

/// How much of a notice a chat takes.
const LINES: usize = 20;
const LINE_CHARS: usize = 400;

impl Notice {
    /// Title and lines, each short enough for a person.
    fn text(&self, escaped: fn(&str) -> String) -> String {
        let mut text = escaped(&self.title);
        for line in self.lines.iter().take(LINES) {
            let line: String = line.chars().take(LINE_CHARS).collect();
            text += &format!("\n• {}", escaped(&line));
        }
        match self.lines.len().saturating_sub(LINES) {
            0 => text,
            more => format!("{text}\n… and {more} more"),
        }
    }
}

/// Sends a notice to one receiver, and again a few times where that may help.
///
/// # Errors
/// The receiver did not take it.
pub fn send(notice: &Notice, to: &Receiver) -> Result<(), SendError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match to {
            Receiver::Slack { url, .. } => webhook::slack(url, notice).await,
            Receiver::Webhook { url, .. } => webhook::json(url, notice).await,
            Receiver::Topic { arn } => topic::publish(arn, notice).await,
        }
    })
}

/// An error and its causes on one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
