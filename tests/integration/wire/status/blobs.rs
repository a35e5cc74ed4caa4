//! The data plane of a storage account, as its reference documents the answers.

use std::collections::{BTreeMap, BTreeSet};

use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::wire::runtime;

/// What lies in the container `backups`.
#[derive(Clone, Default)]
pub struct Blobs {
    pub blobs: BTreeMap<String, Vec<u8>>,
    pub archived: BTreeSet<String>,
    pub page: usize,
    /// A prefix, or the start of a blob's name, that is refused.
    pub refused: Option<&'static str>,
}

pub async fn start(blobs: Blobs) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(blobs).mount(&server).await;
    server
}

/// The account, for a test that is not asynchronous.
pub struct Account {
    server: MockServer,
    runtime: tokio::runtime::Runtime,
}

impl Account {
    pub fn start(blobs: Blobs) -> Account {
        let runtime = runtime();
        let server = runtime.block_on(start(blobs));
        Account { server, runtime }
    }

    pub fn uri(&self) -> String {
        self.server.uri()
    }

    /// The URLs of everything that was asked so far.
    pub fn requests(&self) -> Vec<String> {
        let requests = self.runtime.block_on(self.server.received_requests());
        let url = |request: wiremock::Request| request.url.to_string();
        requests.unwrap().into_iter().map(url).collect()
    }
}

impl Blobs {
    fn list(&self, request: &Request) -> ResponseTemplate {
        let query = |wanted: &str| {
            let mut pairs = request.url.query_pairs();
            let found = pairs.find(|(name, _)| name == wanted);
            found
                .map(|(_, value)| value.into_owned())
                .unwrap_or_default()
        };
        assert_eq!(
            (query("restype"), query("comp")),
            ("container".to_owned(), "list".to_owned())
        );
        let (prefix, marker) = (query("prefix"), query("marker"));
        if self.refuses(&prefix) {
            return refusal(403, "AuthorizationPermissionMismatch");
        }
        let all: Vec<_> = self
            .blobs
            .iter()
            .filter(|(name, _)| name.starts_with(&prefix) && **name > marker)
            .collect();
        let size = if self.page == 0 {
            all.len()
        } else {
            self.page.min(all.len())
        };
        let blobs: String = all[..size]
            .iter()
            .map(|(name, body)| {
                format!(
                    "<Blob><Name>{name}</Name><Properties><Creation-Time>Wed, 25 Nov 2026 08:00:00 GMT</Creation-Time>\
                     <Content-Length>{}</Content-Length><BlobType>BlockBlob</BlobType></Properties><OrMetadata /></Blob>",
                    body.len()
                )
            })
            .collect();
        let next = match size < all.len() {
            true => format!("<NextMarker>{}</NextMarker>", all[size - 1].0),
            false => "<NextMarker />".to_owned(),
        };
        ResponseTemplate::new(200).set_body_raw(
            format!(
                "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"https://x/\" \
                 ContainerName=\"backups\"><Prefix>{prefix}</Prefix><Blobs>{blobs}</Blobs>{next}</EnumerationResults>"
            ),
            "application/xml",
        )
    }

    fn refuses(&self, name: &str) -> bool {
        self.refused
            .is_some_and(|refused| name.starts_with(refused))
    }
}

impl Respond for Blobs {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let header = |name: &str| request.headers.get(name).and_then(|it| it.to_str().ok());
        assert_eq!(header("authorization"), Some("Bearer very-secret-token"));
        assert!(header("x-ms-version").is_some());
        assert_eq!(request.method.as_str(), "GET");
        let path = request.url.path();
        if path == "/backups" {
            return self.list(request);
        }
        let Some(name) = path.strip_prefix("/backups/") else {
            return refusal(404, "ContainerNotFound");
        };
        if self.refuses(name) {
            return refusal(403, "AuthorizationPermissionMismatch");
        }
        match self.blobs.get(name) {
            Some(_) if self.archived.contains(name) => refusal(409, "BlobArchived"),
            Some(body) => ResponseTemplate::new(200).set_body_bytes(body.clone()),
            None => refusal(404, "BlobNotFound"),
        }
    }
}

fn refusal(status: u16, code: &str) -> ResponseTemplate {
    ResponseTemplate::new(status)
        .insert_header("x-ms-error-code", code)
        .set_body_raw(
            format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>very-secret-token</Message></Error>"),
            "application/xml",
        )
}
