//! Answers that are whole. The SDK reads XML until it ends or breaks, and takes nothing at all for an
//! empty document: half a list would report what is there as missing.

use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// A client whose answers are whole or errors, which the SDK tries again.
#[derive(Debug)]
pub(super) struct Whole(SharedHttpClient);

impl Whole {
    pub(super) fn of(client: SharedHttpClient) -> Whole {
        Whole(client)
    }
}

impl HttpClient for Whole {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Checked(self.0.http_connector(settings, components)))
    }
}

#[derive(Debug)]
struct Checked(SharedHttpConnector);

impl HttpConnector for Checked {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move { checked(answer.await?).await })
    }
}

async fn checked(mut answer: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let broken = |error| ConnectorError::io(error);
    if !answer.status().is_success() {
        return Ok(answer);
    }
    let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
    let body = ByteStream::new(body).collect().await;
    let body = body.map_err(|error| broken(error.into()))?.into_bytes();
    if !is_whole(&body) {
        return Err(broken("the answer is not whole".into()));
    }
    *answer.body_mut() = SdkBody::from(body);
    Ok(answer)
}

/// Whether XML has the end of its root. What is no XML is read strictly by the SDK, unless it is empty.
fn is_whole(body: &[u8]) -> bool {
    let body = body.trim_ascii();
    if !body.starts_with(b"<") {
        return !body.is_empty();
    }
    let Ok(text) = std::str::from_utf8(body) else {
        return false;
    };
    let mut tags = text.split('<').skip(1);
    let root = tags.find(|tag| !tag.starts_with(['?', '!']));
    let name = root.and_then(|tag| {
        tag.split(|c: char| c.is_whitespace() || "/>".contains(c))
            .next()
    });
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return false;
    };
    let ended = text.strip_suffix('>').map(str::trim_end);
    ended.is_some_and(|text| {
        text.ends_with(&format!("</{name}")) || (text.ends_with('/') && tags.next().is_none())
    })
}

#[cfg(test)]
#[test]
fn half_an_answer_is_not_whole() {
    let whole: [&str; 7] = [
        "<A/>",
        "<A b=\"c\" />\n",
        "<A></A>",
        "<?xml version=\"1.0\"?>\n<!-- x -->\n<A xmlns=\"n\"><B><A/></B></A >\n",
        "{}",
        "{\"half\":",
        "token",
    ];
    for text in whole {
        assert!(is_whole(text.as_bytes()), "{text}");
    }
    let text = "<?xml version=\"1.0\"?><A xmlns=\"n\"><B><C/></B><B/><AA></AA></A>";
    for end in 0..text.len() {
        assert!(!is_whole(&text.as_bytes()[..end]), "{}", &text[..end]);
    }
}
