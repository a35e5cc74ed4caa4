//! HTTP for both generations of the Azure SDK: rustls, no redirects, bounded answers.

use std::time::Duration;

use azure_core::error::ErrorKind;
use azure_core::{Error, Method, Response, Result, StatusCode, Url};
use azure_core_v1::Bytes;
use futures::stream;
use reqwest::header::HeaderMap;

use super::super::{chain, patience};

const CONNECT: Duration = Duration::from_secs(10);
const READ: Duration = Duration::from_secs(60);

/// The longest wait that a server may ask for, in seconds; and the headers in which azure_core heeds
/// one, with their parts of a second.
const LONGEST_WAIT: u64 = 30;
const WAITS: [(&str, u64); 3] = [
    ("retry-after", 1),
    ("retry-after-ms", 1_000),
    ("x-ms-retry-after-ms", 1_000),
];

/// A page of servers has less than a megabyte.
const ANSWER_BYTES: usize = 64 << 20;

fn client() -> std::result::Result<reqwest::Client, String> {
    // reqwest is built without a provider; a second call is refused and changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(patience::of(CONNECT))
        .timeout(patience::of(READ))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| format!("cannot start HTTP: {}", chain(&error)))
}

/// Status, headers and body of an answer.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

async fn send(request: reqwest::RequestBuilder) -> std::result::Result<Answer, String> {
    let told = |error: reqwest::Error| chain(&error);
    let mut response = request.send().await.map_err(told)?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(told)? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_BYTES {
            return Err("the answer is too long".to_owned());
        }
    }
    Ok(Answer {
        status,
        headers,
        body: body.into(),
    })
}

/// Reads from one host. The client of the flexible servers sends its token to whatever host
/// `nextLink` names, so the host is checked here, where every request passes.
#[derive(Debug)]
pub(super) struct ReadOnly {
    http: reqwest::Client,
    endpoint: Url,
}

impl ReadOnly {
    pub(super) fn new(endpoint: &Url) -> std::result::Result<ReadOnly, String> {
        Ok(ReadOnly {
            http: client()?,
            endpoint: endpoint.clone(),
        })
    }
}

#[async_trait::async_trait]
impl azure_core::HttpClient for ReadOnly {
    async fn execute_request(&self, request: &azure_core::Request) -> Result<Response> {
        let url = request.url();
        if url.origin() != self.endpoint.origin() {
            let (host, own) = (url.host_str(), self.endpoint.host_str());
            return Err(Error::message(
                ErrorKind::Other,
                format!(
                    "refused to follow a link to {}: credentials go to {} only",
                    host.unwrap_or("another host"),
                    own.unwrap_or("the endpoint")
                ),
            ));
        }
        if *request.method() != Method::Get {
            return Err(Error::message(ErrorKind::Other, "backstay only reads"));
        }
        let mut get = self.http.get(url.clone());
        for (name, value) in request.headers().iter() {
            get = get.header(name.as_str(), value.as_str());
        }
        let answer = send(get)
            .await
            .map_err(|error| Error::message(ErrorKind::Io, error))?;
        let status = StatusCode::try_from(answer.status)
            .map_err(|_| Error::message(ErrorKind::Other, "an HTTP status that does not exist"))?;
        let mut headers = azure_core::headers::Headers::new();
        for (name, value) in texts(&answer.headers) {
            headers.insert(name, value);
        }
        let body = stream::once(futures::future::ready(Ok(answer.body)));
        Ok(Response::new(status, headers, Box::pin(body)))
    }
}

/// Headers that are text. A wait is shortened to what a person would wait.
fn texts(headers: &HeaderMap) -> impl Iterator<Item = (String, String)> {
    headers.iter().filter_map(|(name, value)| {
        let mut value = value.to_str().ok()?.to_owned();
        if let Some((_, parts)) = WAITS.iter().find(|(wait, _)| name == wait) {
            let longest = LONGEST_WAIT * parts;
            let asked: u64 = value.parse().unwrap_or(longest);
            value = asked.min(longest).to_string();
        }
        Some((name.as_str().to_owned(), value))
    })
}

/// Sends what a credential asks for: its requests go to the login host or the machine's metadata
/// service, and never with a bearer token.
#[derive(Debug)]
pub(super) struct Login {
    http: reqwest::Client,
}

impl Login {
    pub(super) fn new() -> std::result::Result<Login, String> {
        Ok(Login { http: client()? })
    }
}

#[async_trait::async_trait]
impl azure_core_v1::http::HttpClient for Login {
    async fn execute_request(
        &self,
        request: &azure_core_v1::http::Request,
    ) -> azure_core_v1::Result<azure_core_v1::http::AsyncRawResponse> {
        use azure_core_v1::error::{Error, ErrorKind};
        use azure_core_v1::http::{AsyncRawResponse, Body, Method, headers::Headers};

        let url = request.url().clone();
        let send_it = match request.method() {
            Method::Get => self.http.get(url),
            Method::Post => self.http.post(url),
            _ => {
                return Err(Error::with_message(
                    ErrorKind::Other,
                    "not needed to log in",
                ));
            }
        };
        let Body::Bytes(body) = request.body().clone() else {
            return Err(Error::with_message(
                ErrorKind::Other,
                "not needed to log in",
            ));
        };
        let mut send_it = send_it.body(body);
        for (name, value) in request.headers().iter() {
            send_it = send_it.header(name.as_str(), value.as_str());
        }
        let answer = send(send_it)
            .await
            .map_err(|error| Error::with_message(ErrorKind::Io, error))?;
        let mut headers = Headers::new();
        for (name, value) in texts(&answer.headers) {
            headers.insert(name, value);
        }
        let body = stream::once(futures::future::ready(Ok(answer.body)));
        Ok(AsyncRawResponse::new(
            answer.status.into(),
            headers,
            Box::pin(body),
        ))
    }
}
