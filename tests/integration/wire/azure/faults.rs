//! Every kind of resource in trouble at once: what is asked of ARM, whatever it is, is repeated where
//! that helps, and is never taken for clean, missing or drifted where it says nothing.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use wiremock::{Request, Respond, ResponseTemplate};

use super::access::deployed;
use super::cloud::{Cloud, refusal};
use crate::support::Output;

/// A cloud in whose place an answer stands: at the first request for each path, or at every one.
struct Troubled {
    cloud: Cloud,
    answer: ResponseTemplate,
    seen: Arc<Mutex<BTreeSet<String>>>,
    times: Times,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Times {
    Once,
    Always,
}

impl Respond for Troubled {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let path = request.url.path().to_ascii_lowercase();
        let first = self.seen.lock().unwrap().insert(path);
        match first || self.times == Times::Always {
            true => self.answer.clone(),
            false => self.cloud.respond(request),
        }
    }
}

fn drift(answer: ResponseTemplate, times: Times) -> (i32, Output, usize) {
    let estate = deployed();
    let cloud = estate.cloud.clone();
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let running = estate.answering(Troubled {
        cloud,
        answer,
        seen: seen.clone(),
        times,
    });
    let output = running.drift(&["--format", "json"]);
    let code = output.code;
    let kinds = seen.lock().unwrap().len();
    (code, output, kinds)
}

/// The codes of the findings, but for what is never compared.
fn codes(output: &Output) -> BTreeSet<String> {
    let report: Value = serde_json::from_str(&output.stdout).expect(&output.stderr);
    let findings = report["findings"].as_array().unwrap().iter();
    let codes = findings.map(|finding| finding["code"].as_str().unwrap().to_owned());
    codes.filter(|code| code != "not_compared").collect()
}

/// All at once, since each waits.
#[test]
fn what_helps_is_repeated_for_every_kind() {
    let answers = [
        refusal(429, "TooManyRequests").insert_header("Retry-After", "1"),
        refusal(503, "ServerBusy").insert_header("Retry-After", "1"),
        refusal(500, "InternalServerError"),
    ];
    std::thread::scope(|scope| {
        for answer in answers {
            scope.spawn(move || {
                let (code, output, asked) = drift(answer, Times::Once);
                assert_eq!(codes(&output), BTreeSet::new());
                assert_eq!(code, 0);
                // As many kinds as there are, and some of them several times.
                assert!(asked > 25, "{asked}");
            });
        }
    });
}

#[test]
fn what_says_nothing_is_unreadable_for_every_kind() {
    let unreadable = BTreeSet::from(["unreadable".to_owned()]);
    let answers = [
        refusal(401, "ExpiredToken"),
        refusal(403, "AuthorizationFailed"),
        refusal(404, "SubscriptionNotFound"),
        refusal(409, "Conflict"),
        ResponseTemplate::new(404).set_body_string("no such page"),
        ResponseTemplate::new(302).insert_header("Location", "https://example.com/"),
        ResponseTemplate::new(200).set_body_raw("<html>Sign in</html>", "text/html"),
        ResponseTemplate::new(200).set_body_raw(r#"{"properties":{"#, "application/json"),
        ResponseTemplate::new(200).set_body_json(json!([])),
        ResponseTemplate::new(200).set_body_json(json!({ "properties": null })),
    ];
    std::thread::scope(|scope| {
        for answer in answers {
            let unreadable = &unreadable;
            scope.spawn(move || {
                let (code, output, _) = drift(answer, Times::Always);
                assert_eq!(&codes(&output), unreadable, "{}", output.stdout);
                assert_eq!(code, 3);
            });
        }
    });
}

/// What is there and of which nothing is told has lost what the policy asks for, or cannot be read.
#[test]
fn what_tells_nothing_of_itself_is_neither_clean_nor_missing() {
    let bare = json!({ "id": "/x", "name": "x", "location": "eastus", "properties": {} });
    let answer = ResponseTemplate::new(200).set_body_json(bare);
    let (code, output, _) = drift(answer, Times::Always);
    let codes = codes(&output);
    assert!(codes.contains("weakened"), "{codes:?}");
    assert!(!codes.contains("missing"), "{codes:?}");
    assert_eq!(code, 1);
}
