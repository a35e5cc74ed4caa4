//! Azure Resource Manager: where it is, and the pipeline that all requests go through.

use std::sync::Arc;
use std::time::Duration;

use azure_core::auth::TokenCredential;
use azure_core::error::ErrorKind;
use azure_core::headers::{AUTHORIZATION, HeaderName};
use azure_core::{
    ClientOptions, Context, Error, ExponentialRetryOptions, Method, Pipeline, Request, Result,
    RetryOptions, TransportOptions, Url,
};
use azure_mgmt_postgresql::package_flexibleserver_2024_08_01 as postgres;
use serde_json::Value;

use super::super::points::Clocks;
use super::super::{Turned, patience};
use super::credential::Bearer;
use super::transport::ReadOnly;

/// As the Azure SDKs and Terraform name it.
const ENDPOINT_VARIABLE: &str = "AZURE_RESOURCE_MANAGER_ENDPOINT";
const ENDPOINT: &str = "https://management.azure.com";

/// The pipeline of azure_core repeats 408, 429, 500, 502, 503 and 504, heeds Retry-After, and stops
/// at the first of these limits.
const RETRIES: u32 = 5;
const RETRY_TIME: Duration = Duration::from_secs(90);
const FIRST_WAIT: Duration = Duration::from_millis(200);
const RETRY_DELAY: Duration = Duration::from_secs(15);

const DATE: HeaderName = HeaderName::from_static("date");

/// Everything that a request to Azure needs.
pub(super) struct Arm {
    endpoint: Url,
    scope: String,
    credential: Arc<dyn TokenCredential>,
    options: ClientOptions,
    pipeline: Pipeline,
    clocks: Clocks,
}

/// What requests to one host go through.
pub(super) fn pipeline(endpoint: &Url) -> std::result::Result<(ClientOptions, Pipeline), String> {
    let transport = ReadOnly::new(endpoint)?;
    let retry = ExponentialRetryOptions::default()
        .max_retries(RETRIES)
        .initial_delay(patience::of(FIRST_WAIT))
        .max_total_elapsed(patience::of(RETRY_TIME))
        .max_delay(patience::of(RETRY_DELAY));
    let options = ClientOptions::new(TransportOptions::new(Arc::new(transport)))
        .retry(RetryOptions::exponential(retry));
    let name = Some(env!("CARGO_PKG_NAME"));
    let version = Some(env!("CARGO_PKG_VERSION"));
    let pipeline = Pipeline::new(name, version, options.clone(), Vec::new(), Vec::new());
    Ok((options, pipeline))
}

impl Arm {
    /// The endpoint and the credentials as the environment has them.
    pub(super) fn from_environment() -> std::result::Result<Arm, String> {
        let endpoint = std::env::var(ENDPOINT_VARIABLE).unwrap_or_else(|_| ENDPOINT.to_owned());
        let endpoint: Url = endpoint
            .parse()
            .map_err(|error| format!("{ENDPOINT_VARIABLE} is no URL: {error}"))?;
        let scope = format!("{}/.default", endpoint.as_str().trim_end_matches('/'));
        let credential = Bearer::from_environment(scope.clone())?;
        Arm::new(endpoint, scope, Arc::new(credential))
    }

    fn new(
        endpoint: Url,
        scope: String,
        credential: Arc<dyn TokenCredential>,
    ) -> std::result::Result<Arm, String> {
        let (options, pipeline) = pipeline(&endpoint)?;
        Ok(Arm {
            endpoint,
            scope,
            credential,
            options,
            pipeline,
            clocks: Clocks::default(),
        })
    }

    /// Answers tell what time it is there.
    pub(super) fn noting(self, clocks: &Clocks) -> Arm {
        Arm {
            clocks: clocks.clone(),
            ..self
        }
    }

    /// The client of the flexible servers.
    pub(super) fn postgres(&self) -> Result<postgres::Client> {
        Ok(postgres::Client::new(
            self.endpoint.clone(),
            self.credential.clone(),
            vec![self.scope.clone()],
            self.options.clone(),
        ))
    }

    /// One resource, for which there is no client.
    pub(super) async fn get(&self, path: &str, api_version: &str) -> Result<Value> {
        self.ask(self.url(path, api_version)).await
    }

    /// Every page of a list, or the error: half a list would report what is there as missing.
    pub(super) async fn list(&self, path: &str, api_version: &str) -> Result<Vec<Value>> {
        let mut next = Some(self.url(path, api_version));
        let mut turned = Turned::of("the list");
        let mut members = Vec::new();
        while let Some(url) = next {
            let to = turned.to(Some(url.as_str()));
            to.map_err(|reason| Error::message(ErrorKind::Other, reason))?;
            let mut page = self.ask(url).await?;
            // Anything at all may be answered, and an index is no way into what is no object.
            match page.get_mut("value").map(Value::take) {
                Some(Value::Array(list)) => members.extend(list),
                _ => {
                    let message = "the answer has another form than documented: it has no list";
                    return Err(Error::message(ErrorKind::DataConversion, message));
                }
            }
            let link = page["nextLink"].as_str().filter(|link| !link.is_empty());
            next = link.map(Url::parse).transpose()?;
        }
        Ok(members)
    }

    fn url(&self, path: &str, api_version: &str) -> Url {
        let mut url = self.endpoint.clone();
        url.set_path(path);
        url.query_pairs_mut()
            .append_pair("api-version", api_version);
        url
    }

    /// The token goes to this endpoint only: the transport refuses any other host.
    async fn ask(&self, url: Url) -> Result<Value> {
        let token = self.credential.get_token(&[&self.scope]).await?.token;
        let mut request = Request::new(url, Method::Get);
        request.insert_header(AUTHORIZATION, format!("Bearer {}", token.secret()));
        let answer = self.pipeline.send(&Context::new(), &mut request).await?;
        let date = answer.headers().get_optional_str(&DATE);
        self.clocks.note("azure", date);
        answer.json().await
    }
}

#[cfg(test)]
mod tests;
