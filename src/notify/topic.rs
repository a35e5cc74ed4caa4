//! Notices to a topic of SNS. This client only publishes; those that read are made elsewhere and
//! refuse to.

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use std::time::Duration;

use super::{Notice, SendError, chain};

const ATTEMPTS: u32 = 4;
const CONNECT: Duration = Duration::from_secs(10);
const OPERATION: Duration = Duration::from_secs(60);

/// The longest subject that SNS takes; and it takes no other letters than ASCII's.
const SUBJECT: usize = 100;

pub(super) async fn publish(arn: &str, notice: &Notice) -> Result<(), SendError> {
    let region = arn.split(':').nth(3).filter(|region| !region.is_empty());
    let region = region.ok_or_else(|| SendError::Arn(arn.to_owned()))?;
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_timeout(OPERATION)
        .build();
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .http_client(http)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts)
        .load()
        .await;
    let plain = notice
        .title
        .chars()
        .filter(|c| c.is_ascii_graphic() || *c == ' ');
    let subject: String = plain.take(SUBJECT).collect();
    let answer = aws_sdk_sns::Client::new(&config)
        .publish()
        .topic_arn(arn)
        .subject(subject)
        .message(notice.text(str::to_owned))
        .send()
        .await;
    match answer {
        Ok(_) => Ok(()),
        Err(error) => Err(SendError::Transport(told(&error))),
    }
}

fn told<E, R>(error: &SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("sns:Publish: {code}: {message}"),
        (Some(code), None) => format!("sns:Publish: {code}"),
        (None, _) => format!("sns:Publish: {}", chain(error)),
    }
}
