//! What may be sent to ARM, against servers that would take anything.

use std::sync::Arc;

use azure_core::auth::{AccessToken, TokenCredential};
use azure_core::{Context, Method, Request, Result, Url};
use azure_core_v1::time::OffsetDateTime;
use azure_mgmt_postgresql::package_flexibleserver_2024_08_01::models;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::super::super::chain;
use super::Arm;

const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";

/// Somebody who may do everything.
#[derive(Debug)]
struct Owner;

#[async_trait::async_trait]
impl TokenCredential for Owner {
    async fn get_token(&self, _scopes: &[&str]) -> Result<AccessToken> {
        Ok(AccessToken::new("token", OffsetDateTime::now_utc()))
    }

    async fn clear_cache(&self) -> Result<()> {
        Ok(())
    }
}

async fn server() -> MockServer {
    let server = MockServer::start().await;
    let empty = ResponseTemplate::new(200).set_body_string("{}");
    Mock::given(any()).respond_with(empty).mount(&server).await;
    server
}

fn arm(server: &MockServer) -> Arm {
    let url: Url = server.uri().parse().expect("a server has a URL of its own");
    let arm = Arm::new(url, "scope".to_owned(), Arc::new(Owner));
    arm.expect("HTTP can be started here")
}

/// Methods of the requests that arrived.
async fn asked(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.unwrap_or_default();
    requests.iter().map(|it| it.method.to_string()).collect()
}

/// Fails unless it was refused here, for this reason.
#[track_caller]
fn assert_refused<T>(answer: Result<T>, reason: &str) {
    let told = answer.err().map(|error| chain(&error));
    let told = told.unwrap_or_else(|| "it was sent".to_owned());
    assert!(told.contains(reason), "{told}");
}

#[tokio::test]
async fn nothing_but_a_read_leaves_the_pipeline() {
    let server = server().await;
    let arm = arm(&server);
    let url = arm.url("/subscriptions", "2022-12-01");
    let others = [
        Method::Put,
        Method::Post,
        Method::Patch,
        Method::Delete,
        Method::Head,
        Method::Options,
        Method::Connect,
        Method::Trace,
        Method::Copy,
        Method::Merge,
    ];
    for method in others {
        let mut request = Request::new(url.clone(), method);
        let answer = arm.pipeline.send(&Context::new(), &mut request).await;
        assert_refused(answer, "backstay only reads");
    }
    assert_eq!(asked(&server).await, [""; 0]);
    let answer = arm.get("/subscriptions", "2022-12-01").await;
    assert_eq!(answer.ok(), Some(serde_json::json!({})));
    assert_eq!(asked(&server).await, ["GET"]);
}

#[tokio::test]
async fn no_write_of_the_servers_client_is_sent() {
    let server = server().await;
    let arm = arm(&server);
    let servers = match arm.postgres() {
        Ok(client) => client.servers_client(),
        Err(error) => return assert_refused(Err::<(), _>(error), "a client"),
    };
    let (subscription, group, name) = (SUBSCRIPTION, "group", "server");
    let body = models::Server::new(models::TrackedResource::new("eastus".to_owned()));
    let refused = "backstay only reads";
    let create = servers.create(subscription, group, name, body).send();
    assert_refused(create.await, refused);
    let body = models::ServerForUpdate::new();
    let update = servers.update(subscription, group, name, body).send();
    assert_refused(update.await, refused);
    let delete = servers.delete(subscription, group, name).send();
    assert_refused(delete.await, refused);
    let body = models::RestartParameter::new();
    let restart = servers.restart(subscription, group, name).parameters(body);
    assert_refused(restart.send().await, refused);
    let stop = servers.stop(subscription, group, name).send();
    assert_refused(stop.await, refused);
    let start = servers.start(subscription, group, name).send();
    assert_refused(start.await, refused);
    assert_eq!(asked(&server).await, [""; 0]);
    let _ = servers.get(subscription, group, name).await;
    assert_eq!(asked(&server).await, ["GET"]);
}

#[tokio::test]
async fn no_other_host_is_asked() {
    let (own, stranger) = (server().await, server().await);
    let arm = arm(&own);
    let strangers = [
        stranger.uri(),
        stranger.uri().replace("127.0.0.1", "localhost"),
        own.uri().replace("http:", "https:"),
        own.uri().replace("127.0.0.1", "127.0.0.1.example.com"),
    ];
    for link in strangers {
        let url: Url = link.parse().expect("it is written as a URL is");
        let mut request = Request::new(url, Method::Get);
        let answer = arm.pipeline.send(&Context::new(), &mut request).await;
        assert_refused(answer, "refused to follow a link");
    }
    assert_eq!(asked(&own).await, [""; 0]);
    assert_eq!(asked(&stranger).await, [""; 0]);
}
