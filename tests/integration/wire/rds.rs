//! What the simulator of AWS cannot play: answers as the RDS API reference documents them.

use std::sync::atomic::{AtomicUsize, Ordering};

use backstay::observe::State;
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::{observe, runtime};

const POLICY: &str = r#"version: 1
locations:
  east: { provider: aws, region: us-east-1, account: "123456789012" }
databases:
  orders: { engine: rds_postgres, at: east, id: orders, retention: { pitr: 21d } }
"#;

const ENVIRONMENT: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "test"),
    ("AWS_SECRET_ACCESS_KEY", "very-secret-key"),
];

/// Pages of instances, of which the first answers of each ten are refused.
struct Rds {
    calls: AtomicUsize,
    /// Of ten.
    throttled: usize,
    pages: usize,
    instance: fn(usize) -> String,
}

const IDENTITY: &str = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
    <GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult>\
    </GetCallerIdentityResponse>";

const THROTTLED: &str = "<ErrorResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\"><Error>\
    <Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>";

impl Respond for Rds {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        if body.contains("Action=GetCallerIdentity") {
            return xml(200, IDENTITY);
        }
        // Spread over the ten: calls 0, 3 and 6.
        let call = self.calls.fetch_add(1, Ordering::SeqCst) % 10;
        if call.is_multiple_of(3) && call / 3 < self.throttled {
            return xml(400, THROTTLED);
        }
        let page: usize = body
            .split('&')
            .find_map(|pair| pair.strip_prefix("Marker="))
            .map_or(0, |marker| marker.parse().unwrap());
        let marker = match page + 1 < self.pages {
            true => format!("<Marker>{}</Marker>", page + 1),
            false => String::new(),
        };
        let instance = (self.instance)(page);
        xml(
            200,
            &format!(
                "<DescribeDBInstancesResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\">\
                 <DescribeDBInstancesResult><DBInstances>{instance}</DBInstances>{marker}\
                 </DescribeDBInstancesResult></DescribeDBInstancesResponse>"
            ),
        )
    }
}

fn xml(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body.to_owned(), "text/xml")
}

/// Observes one policy against this server.
fn against(policy: &str, rds: Rds) -> super::Observed {
    let runtime = runtime();
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(rds).mount(&server).await;
        server
    });
    let url = server.uri();
    let mut environment = ENVIRONMENT.to_vec();
    environment.push(("AWS_ENDPOINT_URL", &url));
    observe(policy, &environment)
}

fn modifying(_: usize) -> String {
    "<DBInstance><DBInstanceIdentifier>Orders</DBInstanceIdentifier>\
     <DBInstanceStatus>modifying</DBInstanceStatus>\
     <BackupRetentionPeriod>7</BackupRetentionPeriod>\
     <PreferredBackupWindow>3:00-03:30</PreferredBackupWindow>\
     <PendingModifiedValues><BackupRetentionPeriod>21</BackupRetentionPeriod>\
     <MasterUserPassword>very-secret-password</MasterUserPassword></PendingModifiedValues>\
     </DBInstance>"
        .to_owned()
}

#[test]
fn what_is_on_its_way_is_pending_and_busy() {
    let observed = against(
        POLICY,
        Rds {
            calls: AtomicUsize::new(0),
            throttled: 0,
            pages: 1,
            instance: modifying,
        },
    );
    let State::Found(found) = observed.state("orders") else {
        panic!("{:?}", observed.state("orders"));
    };
    assert_eq!(found.live["BackupRetentionPeriod"], json!(7));
    assert_eq!(found.pending, Some(json!({ "BackupRetentionPeriod": 21 })));
    assert_eq!(found.busy.as_deref(), Some("modifying"));
}

fn one_of_many(page: usize) -> String {
    let id = match page {
        19 => "orders".to_owned(),
        page => format!("other-{page}"),
    };
    format!(
        "<DBInstance><DBInstanceIdentifier>{id}</DBInstanceIdentifier>\
         <DBInstanceStatus>available</DBInstanceStatus></DBInstance>"
    )
}

#[test]
fn throttling_makes_it_slower_and_no_less_complete() {
    let started = std::time::Instant::now();
    let observed = against(
        POLICY,
        Rds {
            calls: AtomicUsize::new(0),
            throttled: 3,
            pages: 20,
            instance: one_of_many,
        },
    );
    assert!(matches!(observed.state("orders"), State::Found(_)));
    assert!(
        observed.stderr.contains("20 instances"),
        "{}",
        observed.stderr
    );
    eprintln!("20 pages, 3 of 10 throttled: {:?}", started.elapsed());
}

#[test]
fn an_endless_refusal_is_unreadable_and_not_missing() {
    // Nothing listens here.
    let mut environment = ENVIRONMENT.to_vec();
    environment.push(("AWS_ENDPOINT_URL", "http://127.0.0.1:9"));
    let observed = observe(POLICY, &environment);
    let reason = observed.reason("orders");
    assert!(reason.contains("sts:GetCallerIdentity"), "{reason}");
}
