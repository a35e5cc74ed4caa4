//! Credentials, retries and timeouts: the SDK's own, from the environment, profiles or roles.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use tokio::sync::Mutex;

use super::super::patience;
use super::super::points::Clocks;
use super::clients::Clients;
use super::whole::Whole;
use super::{Place, reason};
use crate::cloud::aws::reads;

/// With three throttled answers in ten, one call in 15,000 runs out of attempts.
const ATTEMPTS: u32 = 8;
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

const CONNECT: Duration = Duration::from_secs(10);
const ATTEMPT: Duration = Duration::from_secs(30);
const OPERATION: Duration = Duration::from_secs(180);

/// The standard mode, not the adaptive one: that slows every client of the process down to half a
/// call a second. Twenty pages, of which three in ten are throttled at first, took it 144 s.
fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(patience::of(FIRST_WAIT))
        .with_max_backoff(patience::of(LONGEST_WAIT))
}

/// One base configuration, and one set of credentials for each role.
pub(super) struct Sessions {
    base: SdkConfig,
    roles: Mutex<BTreeMap<String, SharedCredentialsProvider>>,
    clocks: Clocks,
}

impl Sessions {
    pub(super) async fn new(region: &str) -> Sessions {
        Sessions::noting(region, &Clocks::default()).await
    }

    /// The same, which tells what time it is there.
    pub(super) async fn noting(region: &str, clocks: &Clocks) -> Sessions {
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(patience::of(CONNECT))
            .operation_attempt_timeout(patience::of(ATTEMPT))
            .operation_timeout(patience::of(OPERATION))
            .build();
        let base = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .http_client(Whole::of(http))
            .retry_config(retries())
            .timeout_config(timeouts)
            .load()
            .await;
        Sessions {
            base,
            roles: Mutex::new(BTreeMap::new()),
            clocks: clocks.clone(),
        }
    }

    /// The clients for one account and Region. A role is assumed once.
    pub(super) async fn clients(&self, place: &Place) -> Clients {
        let region = Region::new(place.region.clone());
        let builder = self.base.to_builder().region(region);
        let Some(role) = &place.role else {
            return Clients::new(builder.build());
        };
        let mut roles = self.roles.lock().await;
        let provider = match roles.get(role) {
            Some(provider) => provider.clone(),
            None => {
                let provider = AssumeRoleProvider::builder(role)
                    .session_name("backstay")
                    .configure(&self.base)
                    .build()
                    .await;
                let provider = SharedCredentialsProvider::new(provider);
                roles.insert(role.clone(), provider.clone());
                provider
            }
        };
        Clients::new(builder.credentials_provider(provider).build())
    }

    /// Refuses to read one account with the credentials of another: every resource would be missing.
    pub(super) async fn check_account(&self, place: &Place) -> Result<(), String> {
        let clients = self.clients(place).await;
        let clients = clients.noting(&place.account, &self.clocks);
        let identity = clients
            .sts()
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| reason(reads::GET_CALLER_IDENTITY.action, &error))?;
        let actual = identity.account().unwrap_or_default();
        let wanted = &place.account;
        if actual == wanted {
            return Ok(());
        }
        let fix = match &place.role {
            Some(role) => format!("correct `role:` of the location, now {role}"),
            None => "use another profile (AWS_PROFILE), or give the location a `role:` to assume"
                .to_owned(),
        };
        Err(format!(
            "these credentials are of account {actual}, the location is in account {wanted}: {fix}"
        ))
    }
}
