//! Notices of a bad status, to servers that take what is sent.

use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{Aws, Output, Workspace};
use crate::wire::runtime;

const POLICY: &str = r#"version: 1
locations:
  us: { provider: aws, region: us-east-1, account: "123456789012" }
databases:
  orders:
    engine: rds_postgres
    at: us
    id: orders
    rpo: 15min
    retention: { pitr: 14d }
    tier: non_critical
    alerts: { to: [slack:db-oncall, sns:db-oncall, email:dba@example.com], events: [stale] }
  quiet:
    engine: rds_postgres
    at: us
    id: quiet
    rpo: 15min
    tier: non_critical
    retention: { pitr: 14d }
"#;

/// Both are stale, and one has a clock that would call a channel.
fn state(newest: &str) -> String {
    let of = |database: &str| {
        json!({
            "database": database, "mechanism": "automated", "location": "us", "state": "read",
            "newest": newest, "oldest": "2026-11-11T08:00:00Z", "keeps_days": 14,
        })
    };
    json!({
        "version": 1, "taken": "2026-11-25T08:00:00Z",
        "clocks": [{ "of": "<!channel> & co", "ahead_seconds": 3600 }],
        "points": [of("orders"), of("quiet")],
    })
    .to_string()
}

const STALE: &str = "2026-11-25T07:00:00Z";

struct Receiving {
    server: MockServer,
    runtime: tokio::runtime::Runtime,
}

impl Receiving {
    /// Answers with each status once, and with the last one ever after.
    fn with(statuses: &[u16]) -> Receiving {
        let runtime = runtime();
        let server = runtime.block_on(async {
            let server = MockServer::start().await;
            for (index, status) in statuses.iter().enumerate() {
                let mock = Mock::given(method("POST")).respond_with(ResponseTemplate::new(*status));
                let priority = u8::try_from(index + 1).unwrap();
                let mock = mock.with_priority(priority);
                match index + 1 < statuses.len() {
                    true => mock.up_to_n_times(1).mount(&server).await,
                    false => mock.mount(&server).await,
                }
            }
            server
        });
        Receiving { server, runtime }
    }

    fn url(&self) -> String {
        format!("{}/services/very-secret-token", self.server.uri())
    }

    fn bodies(&self) -> Vec<String> {
        let requests = self.runtime.block_on(self.server.received_requests());
        let body = |it: &wiremock::Request| String::from_utf8_lossy(&it.body).into_owned();
        requests.unwrap().iter().map(body).collect()
    }
}

fn run(state: &str, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    let workspace = Workspace::new()
        .policy("p.yaml", POLICY)
        .file("state.json", state);
    let workspace = environment
        .iter()
        .fold(workspace, |workspace, (key, value)| {
            workspace.env(key, value)
        });
    let all = ["status", "--from", "state.json"].iter().chain(arguments);
    let output = workspace.run(all);
    for text in [&output.stdout, &output.stderr] {
        assert!(!text.contains("very-secret"), "{output:?}");
    }
    output
}

#[test]
fn slack_is_told_what_is_bad_and_calls_nobody() {
    let slack = Receiving::with(&[200]);
    let url = slack.url();
    let environment = [("BACKSTAY_SLACK_WEBHOOK", url.as_str())];
    run(
        &state(STALE),
        &environment,
        &["--notify", "slack:db-oncall"],
    )
    .expect_code(1);
    let bodies = slack.bodies();
    assert_eq!(bodies.len(), 1);
    let body: Value = serde_json::from_str(&bodies[0]).unwrap();
    let text = body["text"].as_str().unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "backstay status: 2 stale");
    assert_eq!(
        lines[1],
        "• error: `orders`, automated backups in `us`: the newest recovery point is 1h old, at most 15min are allowed (policies/p.yaml:9:10)"
    );
    assert!(lines[3].contains("&lt;!channel&gt; &amp; co"), "{text}");
    assert!(!text.contains('<'), "{text}");
}

#[test]
fn nobody_is_told_of_what_is_sound() {
    let slack = Receiving::with(&[200]);
    let url = slack.url();
    let environment = [("BACKSTAY_SLACK_WEBHOOK", url.as_str())];
    let sound = state("2026-11-25T07:55:00Z").replace("3600", "60");
    let sound: Value = serde_json::from_str(&sound).unwrap();
    let mut sound = sound;
    sound.as_object_mut().unwrap().remove("clocks");
    run(&sound.to_string(), &environment, &["--notify", "slack:x"]).expect_code(0);
    // Nor where the policy fails on nothing.
    let never = ["--notify", "slack:x", "--fail-on", "never"];
    run(&state(STALE), &environment, &never).expect_code(0);
    assert_eq!(slack.bodies(), [""; 0]);
}

#[test]
fn what_could_not_be_read_is_told() {
    let slack = Receiving::with(&[200]);
    let url = slack.url();
    let environment = [("BACKSTAY_SLACK_WEBHOOK_DB_ONCALL", url.as_str())];
    let unread = json!({ "version": 1, "taken": "2026-11-25T08:00:00Z", "points": [] });
    run(
        &unread.to_string(),
        &environment,
        &["--notify", "slack:db-oncall"],
    )
    .expect_code(3);
    assert!(slack.bodies()[0].contains("backstay status: 2 unreadable"));
}

#[test]
fn a_webhook_gets_the_findings() {
    let hook = Receiving::with(&[204]);
    let url = hook.url();
    let environment = [("MY_HOOK", url.as_str())];
    run(
        &state(STALE),
        &environment,
        &["--notify", "webhook:MY_HOOK"],
    )
    .expect_code(1);
    let body: Value = serde_json::from_str(&hook.bodies()[0]).unwrap();
    assert_eq!(body["version"], 1);
    assert_eq!(body["title"], "backstay status: 2 stale");
    assert_eq!(body["complete"], true);
    assert_eq!(body["now"], "2026-11-25T08:00:00Z");
    let findings = body["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 3);
    assert_eq!(findings[0]["code"], "recovery-stale");
    assert_eq!(findings[0]["place"], "policies/p.yaml:9:10");
}

#[test]
fn a_busy_receiver_is_told_again_and_a_refusal_is_told_once() {
    let busy = Receiving::with(&[503, 429, 200]);
    let url = busy.url();
    let output = run(
        &state(STALE),
        &[("HOOK", url.as_str())],
        &["--notify", "webhook:HOOK"],
    );
    assert!(!output.stderr.contains("was not told"), "{output:?}");
    assert_eq!(busy.bodies().len(), 3);
    let refusing = Receiving::with(&[404]);
    let url = refusing.url();
    let output = run(
        &state(STALE),
        &[("HOOK", url.as_str())],
        &["--notify", "webhook:HOOK"],
    );
    assert!(
        output
            .stderr
            .contains("backstay: webhook:HOOK was not told: HTTP 404"),
        "{output:?}"
    );
    assert_eq!((refusing.bodies().len(), output.code), (1, 1));
    // A redirect could lead anywhere.
    let leading = Receiving::with(&[302]);
    let url = leading.url();
    let output = run(
        &state(STALE),
        &[("HOOK", url.as_str())],
        &["--notify", "webhook:HOOK"],
    );
    assert!(output.stderr.contains("HTTP 302"), "{output:?}");
}

#[test]
fn nobody_listens() {
    let gone = Receiving::with(&[200]).url();
    let output = run(
        &state(STALE),
        &[("HOOK", gone.as_str())],
        &["--notify", "webhook:HOOK"],
    );
    assert!(
        output
            .stderr
            .contains("backstay: webhook:HOOK was not told: "),
        "{output:?}"
    );
    assert_eq!(output.code, 1);
}

#[test]
fn secrets_come_from_variables_only() {
    for (arguments, environment, told) in [
        (
            "https://hooks.slack.com/services/very-secret-token",
            [("X", "")],
            "takes no URL",
        ),
        (
            "slack:ops",
            [("X", "")],
            "BACKSTAY_SLACK_WEBHOOK is not set",
        ),
        (
            "webhook:X",
            [("X", "very-secret-token")],
            "the variable X: it holds no URL",
        ),
        (
            "webhook:X",
            [("X", "http://example.com/very-secret")],
            "not https://",
        ),
        (
            "carrier-pigeon",
            [("X", "")],
            "--notify takes policy, slack:CHANNEL",
        ),
        ("sns:topic", [("X", "")], "sns:ARN"),
    ] {
        let output = run(&state(STALE), &environment, &["--notify", arguments]).expect_code(2);
        assert!(output.stderr.contains(told), "{told}: {output:?}");
        assert_eq!(output.stdout, "");
    }
}

#[test]
fn the_policy_says_who_hears_of_which_database() {
    let slack = Receiving::with(&[200]);
    let url = slack.url();
    let sns = Receiving::with(&[400]);
    let endpoint = sns.server.uri();
    let environment = [
        ("BACKSTAY_SLACK_WEBHOOK", url.as_str()),
        ("AWS_ENDPOINT_URL_SNS", endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "123456789012"),
        ("AWS_SECRET_ACCESS_KEY", "very-secret-key"),
    ];
    let output = run(&state(STALE), &environment, &["--notify", "policy"]).expect_code(1);
    let slack = slack.bodies();
    assert_eq!(slack.len(), 1);
    assert!(
        slack[0].contains("orders") && !slack[0].contains("quiet"),
        "{slack:?}"
    );
    let sns = sns.bodies();
    assert_eq!(sns.len(), 1);
    assert!(
        sns[0].contains("TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A123456789012%3Adb-oncall"),
        "{sns:?}"
    );
    for told in [
        "sns:arn:aws:sns:us-east-1:123456789012:db-oncall was not told: sns:Publish",
        "email:dba@example.com was not told: e-mails come from the clouds' own alerts only",
    ] {
        assert!(output.stderr.contains(told), "{told}: {output:?}");
    }
}

#[test]
fn a_topic_takes_it() {
    let aws = Aws::moto();
    let arn = "arn:aws:sns:eu-west-1:123456789012:db-oncall";
    aws.query(
        "sns",
        "eu-west-1",
        &[("Action", "CreateTopic"), ("Name", "db-oncall")],
    );
    let environment = aws.environment();
    let to = format!("sns:{arn}");
    let output = run(&state(STALE), &environment, &["--notify", &to]).expect_code(1);
    assert!(!output.stderr.contains("was not told"), "{output:?}");
    let other = to.replace("db-oncall", "nobody");
    let output = run(&state(STALE), &environment, &["--notify", &other]).expect_code(1);
    assert!(
        output
            .stderr
            .contains("was not told: sns:Publish: NotFound"),
        "{output:?}"
    );
}
