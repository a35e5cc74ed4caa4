//! Answers that say nothing of the servers: the run is complete, or it says what it could not read
//! and ends with 3; it is never clean by mistake.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::cloud::{Cloud, refusal};
use super::estate::{Estate, NORTH, Running};
use crate::support::Output;
use crate::wire::{assert_no_secret, runtime};

/// Which requests meet with trouble.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Which {
    /// The northern subscription's list, from its first page.
    List,
    SecondPage,
    /// A server that the list leaves out.
    Server,
    Policy,
}

impl Which {
    fn has(self, request: &Request) -> bool {
        let path = request.url.path();
        let list = path.ends_with("/flexibleServers") && path.contains(NORTH);
        let mut query = request.url.query_pairs();
        match self {
            Which::List => list,
            Which::SecondPage => list && query.any(|(key, _)| key == "$skiptoken"),
            Which::Server => path.ends_with("/trains-prod"),
            Which::Policy => path.ends_with("/managementPolicies/default"),
        }
    }

    /// What it takes along.
    fn resources(self) -> &'static [&'static str] {
        match self {
            Which::List | Which::SecondPage => &["trains-prod", "timetable"],
            Which::Server => &["trains-prod"],
            Which::Policy => &["trainstore"],
        }
    }
}

/// A cloud in whose place the first so many of some requests are answered.
struct Troubled {
    cloud: Cloud,
    which: Which,
    times: usize,
    answer: ResponseTemplate,
    met: AtomicUsize,
}

const ALWAYS: usize = usize::MAX;

impl Respond for Troubled {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        if self.which.has(request) && self.met.fetch_add(1, Ordering::SeqCst) < self.times {
            return self.answer.clone();
        }
        self.cloud.respond(request)
    }
}

/// The fresh deployment, a server to a page, in trouble.
fn troubled(which: Which, times: usize, answer: ResponseTemplate) -> Running {
    let estate = Estate::deployed();
    let mut cloud = estate.cloud.clone();
    cloud.page = Some(1);
    cloud.unlisted = (which == Which::Server).then_some("trains-prod");
    estate.answering(Troubled {
        cloud,
        which,
        times,
        answer,
        met: AtomicUsize::new(0),
    })
}

/// The resources that could not be read, all for the same reason; nothing else is said.
fn unreadable(output: &Output, reason: &str) -> Vec<String> {
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let findings = findings.filter(|finding| finding["code"] != "not_compared");
    let names = findings.map(|finding| {
        assert_eq!(finding["code"], "unreadable", "{finding}");
        let message = finding["message"].as_str().unwrap();
        assert!(message.contains(reason), "{reason}: {message}");
        let (resource, _) = message.split_once(" could not be read: ").unwrap();
        resource.rsplit(' ').next().unwrap().to_owned()
    });
    names.collect()
}

fn page(text: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(text, "application/json")
}

/// All at once: some wait between their tries.
#[test]
fn what_could_not_be_read_is_said_and_ends_with_3() {
    use Which::{List, Policy, SecondPage, Server};
    let html = || ResponseTemplate::new(200).set_body_raw("<html>Sign in</html>", "text/html");
    let elsewhere = || ResponseTemplate::new(302).insert_header("Location", "https://example.com/");
    let nobody = || ResponseTemplate::new(404).set_body_string("no such page");
    let slow = || refusal(429, "TooManyRequests").insert_header("Retry-After", "1");
    let cut = r#"{"value":[{"id":"#;
    let cases = [
        (List, refusal(401, "ExpiredToken"), "HTTP 401, ExpiredToken"),
        (
            List,
            refusal(403, "AuthorizationFailed"),
            "HTTP 403, AuthorizationFailed",
        ),
        (
            List,
            refusal(404, "SubscriptionNotFound"),
            "HTTP 404, SubscriptionNotFound",
        ),
        (List, refusal(409, "Conflict"), "HTTP 409, Conflict"),
        (
            List,
            refusal(500, "InternalServerError"),
            "HTTP 500, InternalServerError",
        ),
        (List, slow(), "HTTP 429, TooManyRequests"),
        (List, nobody(), "HTTP 404, no error code"),
        (List, elsewhere(), "HTTP 302"),
        (List, html(), "list of flexible servers"),
        (List, page(cut), "list of flexible servers"),
        (
            SecondPage,
            refusal(403, "AuthorizationFailed"),
            "HTTP 403, AuthorizationFailed",
        ),
        (
            SecondPage,
            refusal(502, "BadGateway"),
            "HTTP 502, BadGateway",
        ),
        (SecondPage, page(cut), "list of flexible servers"),
        (
            Server,
            refusal(403, "AuthorizationFailed"),
            "HTTP 403, AuthorizationFailed",
        ),
        (Server, nobody(), "HTTP 404, no error code"),
        (Server, html(), "flexible server"),
        (
            Policy,
            refusal(401, "ExpiredToken"),
            "HTTP 401, ExpiredToken",
        ),
        (
            Policy,
            refusal(403, "AuthorizationFailed"),
            "HTTP 403, AuthorizationFailed",
        ),
        (
            Policy,
            refusal(404, "SubscriptionNotFound"),
            "HTTP 404, SubscriptionNotFound",
        ),
        (
            Policy,
            refusal(500, "InternalServerError"),
            "HTTP 500, InternalServerError",
        ),
        (Policy, slow(), "HTTP 429, TooManyRequests"),
        (Policy, nobody(), "HTTP 404, no error code"),
        (Policy, elsewhere(), "HTTP 302"),
        (Policy, html(), "management policy"),
        (Policy, page("{}"), "it has no rules"),
        (
            Policy,
            page(r#"{"properties":{"policy":{"rules":[{}]}}}"#),
            "a rule has no name",
        ),
    ];
    std::thread::scope(|scope| {
        for (which, answer, reason) in cases {
            scope.spawn(move || {
                let running = troubled(which, ALWAYS, answer);
                let output = running.drift(&["--format", "json"]).expect_code(3);
                assert_eq!(unreadable(&output, reason), which.resources(), "{reason}");
            });
        }
    });
}

/// All at once, since each waits for as long as it is told to.
#[test]
fn a_wait_that_is_asked_for_is_kept_and_the_answer_is_whole() {
    let second = |status| refusal(status, "SlowDown").insert_header("Retry-After", "2");
    let thousand = refusal(429, "SlowDown").insert_header("x-ms-retry-after-ms", "2000");
    let cases = [
        (Which::List, second(429)),
        (Which::SecondPage, second(429)),
        (Which::SecondPage, thousand),
        (Which::Server, second(503)),
        (Which::Policy, second(429)),
        (Which::Policy, second(503)),
    ];
    std::thread::scope(|scope| {
        for (which, answer) in cases {
            scope.spawn(move || {
                let running = troubled(which, 2, answer);
                let started = Instant::now();
                let output = running.drift(&[]).expect_code(0);
                assert_eq!(output.stdout, "");
                assert!(started.elapsed().as_secs() >= 4, "{which:?}: too early");
            });
        }
    });
}

/// A link to a stranger would tell it the token.
#[test]
fn no_link_leads_to_another_host() {
    let runtime = runtime();
    let stranger = runtime.block_on(async {
        let stranger = MockServer::start().await;
        let answer = ResponseTemplate::new(200).set_body_json(json!({ "value": [] }));
        Mock::given(any())
            .respond_with(answer)
            .mount(&stranger)
            .await;
        stranger
    });
    let link = format!("{}/subscriptions/{NORTH}/more", stranger.uri());
    let answer = page(&json!({ "value": [], "nextLink": link }).to_string());
    let running = troubled(Which::List, ALWAYS, answer);
    let output = running.drift(&["--format", "json"]).expect_code(3);
    let names = unreadable(&output, "refused to follow a link to 127.0.0.1");
    assert_eq!(names, Which::List.resources());
    let met = runtime.block_on(stranger.received_requests()).unwrap();
    assert!(met.is_empty(), "{met:?}");
}

#[test]
fn a_list_that_leads_in_a_circle_ends() {
    struct Circle(Cloud);
    impl Respond for Circle {
        fn respond(&self, request: &Request) -> ResponseTemplate {
            if !Which::List.has(request) {
                return self.0.respond(request);
            }
            let host = request.headers["host"].to_str().unwrap();
            let (path, query) = (request.url.path(), "api-version=2024-08-01&$skiptoken=1");
            let link = format!("http://{host}{path}?{query}");
            page(&json!({ "value": [], "nextLink": link }).to_string())
        }
    }
    let estate = Estate::deployed();
    let cloud = estate.cloud.clone();
    let running = estate.answering(Circle(cloud));
    let output = running.drift(&["--format", "json"]).expect_code(3);
    let names = unreadable(&output, "a page that was read already");
    assert_eq!(names, Which::List.resources());
    assert!(running.requests().len() < 10, "{:?}", running.requests());
}

#[test]
fn nobody_is_logged_in() {
    let running = Estate::deployed().logged_out().start(|_| {});
    let output = running.drift(&["--format", "json"]).expect_code(3);
    let names = unreadable(&output, "no Azure credentials");
    assert_eq!(
        names,
        // The server and its lock.
        [
            "trains-prod",
            "trains-prod",
            "timetable",
            "freight-prod",
            "trainstore",
            "trainstore/default/backups",
            "trainstore/default",
        ]
    );
    assert_eq!(running.requests(), []);
}

/// What may not be read of a server's lock says nothing of the server, and nothing is missing.
#[test]
fn a_lock_that_may_not_be_read_is_unreadable_alone() {
    let running = Estate::deployed().start(|cloud| {
        cloud.refused = Some(("/locks/backstay", 403, "AuthorizationFailed"));
    });
    let output = running.drift(&["--format", "json"]).expect_code(3);
    let names = unreadable(&output, "lock: HTTP 403, AuthorizationFailed");
    assert_eq!(names, ["trains-prod"]);
}

#[test]
fn drift_is_told_beside_what_could_not_be_read() {
    let estate = Estate::deployed();
    let mut cloud = estate.cloud.clone();
    cloud.set(
        "freight-prod",
        "/properties/backup/backupRetentionDays",
        json!(7),
    );
    let running = estate.answering(Troubled {
        cloud,
        which: Which::List,
        times: ALWAYS,
        answer: refusal(403, "AuthorizationFailed"),
        met: AtomicUsize::new(0),
    });
    let live = running.drift(&["--record", "record.json"]).expect_code(1);
    assert!(
        live.stdout
            .contains("weakened  backup.backupRetentionDays  live 7")
    );
    assert_eq!(live.stdout.matches("could not be read").count(), 2);
    assert!(
        live.stderr.contains("2 could not be read"),
        "{}",
        live.stderr
    );

    // Whoever fails on nothing is still told that the answer is not whole; then and later.
    running.drift(&["--fail-on", "never"]).expect_code(3);
    let record = std::fs::read_to_string(running.workspace.path().join("record.json")).unwrap();
    assert_no_secret(&record);
    let again = running.drift(&["--from", "record.json"]).expect_code(1);
    assert_eq!(live.stdout, again.stdout);
}
