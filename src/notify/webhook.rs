//! Notices over HTTP.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use reqwest::{StatusCode, Url};
use serde_json::{Value, json};

use super::{Notice, SendError, chain};

const ATTEMPTS: u32 = 4;
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(15);

/// Where a notice is posted to. Whoever knows it can post, so nothing shows it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WebhookUrl(Url);

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookUrl(***)")
    }
}

/// Why a text is no place for a notice. It does not say the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    #[error("it holds no URL")]
    Form,
    #[error("its URL is not https://, so that whoever listens could read it")]
    Plain,
}

impl FromStr for WebhookUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let url: Url = text.trim().parse().map_err(|_| UrlError::Form)?;
        let host = url.host_str().ok_or(UrlError::Form)?;
        // What does not leave the machine needs no encryption.
        let own = matches!(host, "127.0.0.1" | "localhost" | "[::1]");
        match url.scheme() {
            "https" => Ok(WebhookUrl(url)),
            "http" if own => Ok(WebhookUrl(url)),
            "http" => Err(UrlError::Plain),
            _ => Err(UrlError::Form),
        }
    }
}

pub(super) async fn slack(url: &WebhookUrl, notice: &Notice) -> Result<(), SendError> {
    post(url, &json!({ "text": notice.text(escaped) })).await
}

pub(super) async fn json(url: &WebhookUrl, notice: &Notice) -> Result<(), SendError> {
    post(url, &notice.details).await
}

/// Slack reads three characters as its own: a name could call a whole channel with them.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;")
}

/// Posts until it is taken: what the receiver refuses once it will refuse again, unless it is busy.
async fn post(url: &WebhookUrl, body: &Value) -> Result<(), SendError> {
    // A second call is refused and changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| SendError::Transport(chain(&error.without_url())))?;
    let mut wait = FIRST_WAIT;
    let mut attempt = 1;
    loop {
        let sent = client
            .post(url.0.clone())
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
            .await;
        let (again, error) = match sent {
            Ok(answer) if answer.status().is_success() => return Ok(()),
            Ok(answer) => {
                let status = answer.status();
                wait = asked(&answer).unwrap_or(wait);
                let busy = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
                (busy, SendError::Status(status.as_u16()))
            }
            Err(error) => (true, SendError::Transport(chain(&error.without_url()))),
        };
        if !again || attempt == ATTEMPTS {
            return Err(error);
        }
        tokio::time::sleep(wait).await;
        attempt += 1;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// How long the receiver wants to be left alone.
fn asked(answer: &reqwest::Response) -> Option<Duration> {
    let header = answer.headers().get("retry-after")?.to_str().ok()?;
    let seconds = header.parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
}
