//! Who asks: the credentials of azure_identity, for clients of the older core.

use std::sync::Arc;
use std::time::Duration;

use azure_core::auth::{AccessToken, TokenCredential};
use azure_core::error::ErrorKind;
use azure_core::{Error, Result};
use azure_core_v1::credentials::{Secret, TokenCredential as Source};
use azure_core_v1::http::{ClientOptions, Transport};
use azure_core_v1::time::OffsetDateTime;
use azure_identity::{
    AzureCliCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
    UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use tokio::sync::Mutex;

use super::super::chain;
use super::transport::Login;

/// A token that ends within this time is asked for anew.
const MARGIN: Duration = Duration::from_secs(300);

/// The bearer token of one run. The CLI credential starts `az` at every call, so tokens are kept,
/// and so is a refusal: asking again for each account would only be slow.
#[derive(Debug)]
pub(super) struct Bearer {
    source: Arc<dyn Source>,
    scope: String,
    kept: Mutex<Option<std::result::Result<AccessToken, String>>>,
}

impl Bearer {
    pub(super) fn from_environment(scope: String) -> std::result::Result<Bearer, String> {
        Ok(Bearer {
            source: source()?,
            scope,
            kept: Mutex::new(None),
        })
    }

    async fn ask(&self) -> std::result::Result<AccessToken, String> {
        let token = self.source.get_token(&[&self.scope], None).await;
        let token = token.map_err(|error| format!("no Azure credentials: {}", chain(&error)))?;
        let secret = token.token.secret().to_owned();
        Ok(AccessToken::new(secret, token.expires_on))
    }
}

#[async_trait::async_trait]
impl TokenCredential for Bearer {
    async fn get_token(&self, _scopes: &[&str]) -> Result<AccessToken> {
        let mut kept = self.kept.lock().await;
        let token = match &*kept {
            Some(Ok(token)) if token.expires_on > OffsetDateTime::now_utc() + MARGIN => {
                Ok(token.clone())
            }
            Some(Err(reason)) => Err(reason.clone()),
            Some(Ok(_)) | None => {
                let token = self.ask().await;
                *kept = Some(token.clone());
                token
            }
        };
        token.map_err(|reason| Error::message(ErrorKind::Credential, reason))
    }

    async fn clear_cache(&self) -> Result<()> {
        *self.kept.lock().await = None;
        Ok(())
    }
}

/// The first that the environment speaks of: a service principal, a workload identity, a managed
/// identity, and else the login of the Azure CLI.
fn source() -> std::result::Result<Arc<dyn Source>, String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let told = |error: azure_core_v1::Error| format!("no Azure credentials: {}", chain(&error));
    let client_options = ClientOptions {
        transport: Some(Transport::new(Arc::new(Login::new()?))),
        ..ClientOptions::default()
    };
    let (tenant, client) = (variable("AZURE_TENANT_ID"), variable("AZURE_CLIENT_ID"));
    let secret = variable("AZURE_CLIENT_SECRET");
    if let (Some(tenant), Some(client), Some(secret)) = (&tenant, &client, secret) {
        let options = ClientSecretCredentialOptions { client_options };
        let secret = Secret::new(secret);
        return Ok(
            ClientSecretCredential::new(tenant, client.clone(), secret, Some(options))
                .map_err(told)?,
        );
    }
    let token_file = variable("AZURE_FEDERATED_TOKEN_FILE");
    if tenant.is_some() && client.is_some() && token_file.is_some() {
        let options = WorkloadIdentityCredentialOptions {
            credential_options: ClientAssertionCredentialOptions { client_options },
            ..WorkloadIdentityCredentialOptions::default()
        };
        return Ok(WorkloadIdentityCredential::new(Some(options)).map_err(told)?);
    }
    if variable("IDENTITY_ENDPOINT").is_some() || variable("MSI_ENDPOINT").is_some() {
        let options = ManagedIdentityCredentialOptions {
            user_assigned_id: client.map(UserAssignedId::ClientId),
            client_options,
        };
        return Ok(ManagedIdentityCredential::new(Some(options)).map_err(told)?);
    }
    Ok(AzureCliCredential::new(None).map_err(told)?)
}
