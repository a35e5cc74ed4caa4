//! Blobs of a container, by the data plane of its storage account.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use azure_core::auth::TokenCredential;
use azure_core::error::ErrorKind;
use azure_core::headers::{AUTHORIZATION, HeaderName};
use azure_core::{Context, Error, Method, Pipeline, Request, Result, Url};
use futures::StreamExt;
use serde::Deserialize;

use super::super::AT_A_TIME;
use super::super::points::store::{Object, Refusal, Store, Text};
use super::super::points::{Asked, Told};
use super::arm::pipeline;
use super::credential::Bearer;
use super::{is_absent, reason};
use crate::plan::PointSource;

/// As the Azure CLI names it: the blob endpoint, where it is not Azure's own.
const ENDPOINT_VARIABLE: &str = "AZURE_STORAGE_SERVICE_ENDPOINT";

/// Tokens for any account's data.
const SCOPE: &str = "https://storage.azure.com/.default";

/// The version of the data plane; bearer tokens need one.
const VERSION: (HeaderName, &str) = (HeaderName::from_static("x-ms-version"), "2021-12-02");

/// What Azure says of a blob that has to be brought back from the archive first.
const ARCHIVED: &str = "BlobArchived";

/// A storage account and who asks it.
struct Account {
    endpoint: Url,
    credential: Arc<dyn TokenCredential>,
    pipeline: Pipeline,
}

/// One container of it.
pub(in super::super) struct Container<'c> {
    account: &'c Account,
    name: &'c str,
}

/// A page of a list, as the service writes it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    blobs: Blobs,
    #[serde(default)]
    next_marker: Option<String>,
}

#[derive(Deserialize)]
struct Blobs {
    #[serde(rename = "Blob", default)]
    blobs: Vec<Blob>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Blob {
    name: String,
    properties: Properties,
}

#[derive(Deserialize)]
struct Properties {
    #[serde(rename = "Content-Length")]
    bytes: u64,
}

pub(super) async fn read(asked: &[Asked<'_>]) -> Vec<Told> {
    let mut accounts: BTreeMap<&str, Vec<Asked<'_>>> = BTreeMap::new();
    for one in asked {
        if let PointSource::Container {
            storage_account, ..
        } = one.source()
        {
            accounts.entry(storage_account).or_default().push(*one);
        }
    }
    if accounts.is_empty() {
        return Vec::new();
    }
    let credential: Arc<dyn TokenCredential> = match Bearer::from_environment(SCOPE.to_owned()) {
        Ok(bearer) => Arc::new(bearer),
        Err(reason) => return asked.iter().map(|one| one.unreadable(&reason)).collect(),
    };
    let told: Vec<Vec<Told>> = futures::stream::iter(accounts)
        .map(|(name, asked)| in_account(name, credential.clone(), asked))
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    told.into_iter().flatten().collect()
}

async fn in_account(
    name: &str,
    credential: Arc<dyn TokenCredential>,
    asked: Vec<Asked<'_>>,
) -> Vec<Told> {
    let account = match Account::new(name, credential) {
        Ok(account) => account,
        Err(reason) => return asked.iter().map(|one| one.unreadable(&reason)).collect(),
    };
    let account = &account;
    futures::stream::iter(asked)
        .map(|one| async move {
            let PointSource::Container { container, .. } = one.source() else {
                return one.unreadable("not a container");
            };
            let store = Store::Container(Container {
                account,
                name: container,
            });
            store.told(one).await
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await
}

impl Account {
    fn new(
        name: &str,
        credential: Arc<dyn TokenCredential>,
    ) -> std::result::Result<Account, String> {
        let own = || format!("https://{name}.blob.core.windows.net");
        let endpoint = std::env::var(ENDPOINT_VARIABLE).unwrap_or_else(|_| own());
        let endpoint: Url = endpoint
            .parse()
            .map_err(|error| format!("{ENDPOINT_VARIABLE} is no URL: {error}"))?;
        let (_, pipeline) = pipeline(&endpoint)?;
        Ok(Account {
            endpoint,
            credential,
            pipeline,
        })
    }

    async fn ask(&self, url: Url) -> Result<Vec<u8>> {
        let token = self.credential.get_token(&[SCOPE]).await?.token;
        let mut request = Request::new(url, Method::Get);
        request.insert_header(AUTHORIZATION, format!("Bearer {}", token.secret()));
        let (name, version) = VERSION;
        request.insert_header(name, version);
        let answer = self.pipeline.send(&Context::new(), &mut request).await?;
        Ok(answer.into_body().collect().await?.to_vec())
    }
}

impl Container<'_> {
    /// Every page, or why not.
    pub(in super::super) async fn list(
        &self,
        prefix: &str,
    ) -> std::result::Result<Vec<Object>, Refusal> {
        let mut objects = Vec::new();
        let mut marker = String::new();
        let mut seen = HashSet::new();
        loop {
            let page = self.page(prefix, &marker).await;
            let page = page.map_err(|error| self.refusal("list of blobs", &error))?;
            objects.extend(page.blobs.blobs.into_iter().map(|blob| Object {
                name: blob.name,
                bytes: blob.properties.bytes,
            }));
            marker = page.next_marker.unwrap_or_default();
            if marker.is_empty() {
                return Ok(objects);
            }
            if !seen.insert(marker.clone()) {
                let reason = "list of blobs: it leads back to a page that was read already";
                return Err(Refusal::Unreadable(reason.to_owned()));
            }
        }
    }

    async fn page(&self, prefix: &str, marker: &str) -> Result<Page> {
        let mut url = self.url("");
        let mut query = url.query_pairs_mut();
        query
            .append_pair("restype", "container")
            .append_pair("comp", "list")
            .append_pair("prefix", prefix);
        if !marker.is_empty() {
            query.append_pair("marker", marker);
        }
        drop(query);
        let text = self.account.ask(url).await?;
        let text = String::from_utf8_lossy(&text);
        // The service puts a byte order mark first.
        quick_xml::de::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
            let message = format!("the answer has another form than documented: {error}");
            Error::message(ErrorKind::DataConversion, message)
        })
    }

    pub(in super::super) async fn get(&self, name: &str) -> std::result::Result<Text, Refusal> {
        match self.account.ask(self.url(name)).await {
            Ok(text) => Ok(Text::Here(text)),
            Err(error) if code(&error) == Some(ARCHIVED) => Ok(Text::Archived),
            Err(error) => Err(self.refusal("blob", &error)),
        }
    }

    fn url(&self, blob: &str) -> Url {
        let mut url = self.account.endpoint.clone();
        if let Ok(mut steps) = url.path_segments_mut() {
            steps.pop_if_empty().push(self.name);
            steps.extend(blob.split('/').filter(|step| !step.is_empty()));
        }
        url
    }

    fn refusal(&self, action: &str, error: &Error) -> Refusal {
        match is_absent(error) && code(error) == Some("ContainerNotFound") {
            true => Refusal::Absent(format!("the container {} does not exist", self.name)),
            false => Refusal::Unreadable(reason(action, error)),
        }
    }
}

fn code(error: &Error) -> Option<&str> {
    match error.kind() {
        ErrorKind::HttpResponse { error_code, .. } => error_code.as_deref(),
        _ => None,
    }
}
