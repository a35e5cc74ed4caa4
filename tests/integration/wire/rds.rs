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

/// Pages of instances, and refusals of some calls.
struct Rds {
    calls: AtomicUsize,
    refusal: Refusal,
    pages: usize,
    instance: fn(usize) -> String,
}

/// Which calls are told to slow down.
enum Refusal {
    Never,
    /// Of each ten calls the first, fourth and seventh.
    ThreeInTen(u16, &'static str),
    /// All, with the least wait that a service can ask for.
    Always,
}

const IDENTITY: &str = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
    <GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult>\
    </GetCallerIdentityResponse>";

fn slow_down(status: u16, code: &str) -> ResponseTemplate {
    let body = format!(
        "<ErrorResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\"><Error><Type>Sender</Type>\
         <Code>{code}</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"
    );
    xml(status, &body)
}

impl Respond for Rds {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) % 10;
        match self.refusal {
            Refusal::ThreeInTen(status, code) if [0, 3, 6].contains(&call) => {
                return slow_down(status, code);
            }
            Refusal::Always => {
                return slow_down(400, "Throttling").insert_header("x-amz-retry-after", "1");
            }
            Refusal::Never | Refusal::ThreeInTen(..) => {}
        }
        let body = String::from_utf8_lossy(&request.body).into_owned();
        if body.contains("Action=GetCallerIdentity") {
            return xml(200, IDENTITY);
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
    let rds = Rds {
        calls: AtomicUsize::new(0),
        refusal: Refusal::Never,
        pages: 1,
        instance: modifying,
    };
    let observed = against(POLICY, rds).expect_code(0);
    let State::Found(found) = observed.state("orders") else {
        panic!("{:?}", observed.state("orders"));
    };
    assert_eq!(found.live["BackupRetentionPeriod"], json!(7));
    assert_eq!(found.pending, Some(json!({ "BackupRetentionPeriod": 21 })));
    assert_eq!(found.busy.as_deref(), Some("modifying"));
    let rows = observed.output.stdout.lines();
    let kinds: Vec<_> = rows
        .filter_map(|row| row.split_whitespace().next())
        .collect();
    assert!(
        kinds.contains(&"pending") && kinds.contains(&"in_flight"),
        "{kinds:?}"
    );
}

/// The last page has the one that the policy names, as the policy asks for it.
fn one_of_many(page: usize) -> String {
    let id = match page {
        19 => "orders".to_owned(),
        page => format!("other-{page}"),
    };
    format!(
        "<DBInstance><DBInstanceIdentifier>{id}</DBInstanceIdentifier>\
         <DBInstanceStatus>available</DBInstanceStatus><Engine>postgres</Engine>\
         <BackupRetentionPeriod>21</BackupRetentionPeriod><CopyTagsToSnapshot>true</CopyTagsToSnapshot>\
         <DeletionProtection>true</DeletionProtection><StorageEncrypted>true</StorageEncrypted>\
         </DBInstance>"
    )
}

fn twenty_pages(refusal: Refusal) -> super::Observed {
    let rds = Rds {
        calls: AtomicUsize::new(0),
        refusal,
        pages: 20,
        instance: one_of_many,
    };
    against(POLICY, rds)
}

#[rstest::rstest]
#[case(400, "Throttling")]
#[case(429, "TooManyRequestsException")]
fn throttling_makes_it_slower_and_no_less_complete(
    #[case] status: u16,
    #[case] code: &'static str,
) {
    let observed = twenty_pages(Refusal::ThreeInTen(status, code)).expect_code(0);
    assert_eq!(observed.output.stdout, "");
    assert!(matches!(observed.state("orders"), State::Found(_)));
}

#[test]
fn an_endless_refusal_is_unreadable_and_not_missing() {
    let observed = twenty_pages(Refusal::Always).expect_code(3);
    let reason = observed.reason("orders");
    assert!(
        reason.contains("sts:GetCallerIdentity: Throttling"),
        "{reason}"
    );
    assert!(observed.output.stdout.contains("unreadable"));
}
